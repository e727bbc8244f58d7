"""LitServe and LiteRT with two workers and batching, as its documentation recommends for throughput.

    python litserve_litert.py

The image is sent as base64 in JSON, as in LitServe's examples.
"""

from __future__ import annotations

import base64

import litserve
import numpy as np
from network import PORT, WORKERS, as_answer, decoded, probs


class Digits(litserve.LitAPI):
    def setup(self, device: str) -> None:
        probs(np.zeros((1, 28, 28), np.float32))

    def decode_request(self, request) -> np.ndarray:  # type: ignore[no-untyped-def]  # LitServe reads annotations
        return decoded(base64.b64decode(request["image"]))

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.stack(inputs)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return probs(x)

    def unbatch(self, output: np.ndarray) -> list[np.ndarray]:
        return list(output)

    def encode_response(self, output: np.ndarray) -> dict[str, object]:
        return as_answer(output)


if __name__ == "__main__":
    api = Digits(api_path="/read", max_batch_size=8, batch_timeout=0.001)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=WORKERS)
    server.run(host="127.0.0.1", port=PORT, num_api_servers=1, generate_client_file=False, log_level="error")
