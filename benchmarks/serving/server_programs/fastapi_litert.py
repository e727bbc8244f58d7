"""FastAPI and LiteRT on uvicorn.

    uvicorn --workers 2 --no-access-log fastapi_litert:app

Half a millisecond of work: handing it to a thread, as a `def` route would, costs more than it frees.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, UploadFile
from network import answer

app = FastAPI()


@app.post("/read")
async def read(request: Request) -> dict[str, object]:
    return answer(await request.body())


@app.post("/form")
def form(file: UploadFile) -> dict[str, object]:
    return answer(file.file.read())
