"""Gradio and LiteRT, without the queue (one request instead of two), mounted so that uvicorn can start two workers.

uvicorn --workers 2 --no-access-log gradio_litert:app
"""

from __future__ import annotations

import gradio
from fastapi import FastAPI
from network import as_answer, probs, tile
from PIL import Image


def read(image: Image.Image) -> dict[str, object]:
    return as_answer(probs(tile(image)[None])[0])


with gradio.Blocks() as demo:
    picture = gradio.Image(type="pil", image_mode="L")
    answer = gradio.JSON()
    gradio.Button("Read").click(read, picture, answer, api_name="read", queue=False)

app = gradio.mount_gradio_app(FastAPI(), demo, path="/")
