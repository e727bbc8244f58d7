"""BentoML and LiteRT with two workers and adaptive batching, its best-known feature.

bentoml serve bentoml_litert:Digits
"""

from __future__ import annotations

import bentoml
import numpy as np
from network import WORKERS, as_answer, probs, tile
from PIL import Image


@bentoml.service(workers=WORKERS, traffic={"timeout": 10}, logging={"access": {"enabled": False}})
class Digits:
    def __init__(self) -> None:
        probs(np.zeros((1, 28, 28), np.float32))

    @bentoml.api(route="/read", batchable=True, max_batch_size=8, max_latency_ms=100)
    def read(self, images: list[Image.Image]) -> list[dict[str, object]]:
        return [as_answer(each) for each in probs(np.stack([tile(image) for image in images]))]
