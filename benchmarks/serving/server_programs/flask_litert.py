"""Flask and LiteRT on gunicorn: the server and framework of inkling, without any of its code.

gunicorn --workers 2 --threads 4 flask_litert:app
"""

from __future__ import annotations

from flask import Flask, request
from network import answer

app = Flask(__name__)


@app.post("/read")
def read() -> dict[str, object]:
    return answer(request.get_data())
