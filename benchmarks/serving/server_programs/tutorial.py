"""A server as in tutorials: Flask's own server, Keras, and `model.predict` for each image.

    python tutorial.py

The network is `ann-tutorial`, with 101,770 parameters, as in most tutorials. The image is only resized to 28x28.
"""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from flask import Flask, request
from PIL import Image

MODEL = Path(__file__).parents[3] / "src" / "inkling" / "models" / "bundles" / "ann-tutorial" / "model.keras"

app = Flask(__name__)
model = keras.models.load_model(MODEL, compile=False)


@app.post("/read")
def read() -> dict[str, object]:
    content = request.files["file"].read() if request.files else request.get_data()
    small = Image.open(io.BytesIO(content)).convert("L").resize((28, 28))
    tile = 1 - np.asarray(small, np.float32) / 255  # (28, 28), 1 = ink
    found = model.predict(tile[None], verbose=0)[0]  # (10,)
    return {"digit": int(found.argmax()), "confidence": round(float(found.max()), 4)}


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a log line per request would slow it down further
    app.run(port=int(os.environ.get("PORT", "8000")))
