"""FastAPI and LiteRT on uvicorn.

    uvicorn --workers 2 --no-access-log fastapi_litert:app

The work takes half a millisecond, so `/read` is `async def`: the thread of a `def` route would cost more than it saves.
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
