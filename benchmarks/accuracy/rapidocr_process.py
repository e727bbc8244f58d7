"""Read images with RapidOCR, digits only, in a separate Python environment with RapidOCR and without inkling.

    python rapidocr_process.py ENGINE

ENGINE is the package: `rapidocr` (version 3.10, PP-OCRv6) or `rapidocr_onnxruntime` (version 1.4, PP-OCRv4). When
ready, the program prints its version. Then it answers each line of JSON, {"lines": true, "paths": [...]}, with a line
{"texts": [...], "cpu_s": 1.5}. With `lines`, it detects text lines first; otherwise the whole image is one line. It
uses one thread.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import cv2
import numpy as np


class DigitsOnly:
    """A decoder that outputs only the ten digits: the probabilities of other characters are set to 0."""

    def __init__(self, decoder) -> None:
        self._decoder = decoder
        self._allowed = np.array([i == 0 or c in "0123456789" for i, c in enumerate(decoder.character)])  # 0 is blank

    def __call__(self, probs, *args, **options):
        return self._decoder(np.where(self._allowed, probs, 0), *args, **options)


def current():
    """A function from a BGR image and `lines` to the text, with the package rapidocr."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={**threads, "Global.text_score": 0.0, "Global.log_level": "error"})
    recogniser = engine._load_rec_model()
    recogniser.postprocess_op = DigitsOnly(recogniser.postprocess_op)
    return lambda image, lines: "".join(engine(image, use_det=lines, use_cls=False).txts or ())


def earlier():
    """The same function with the package rapidocr-onnxruntime."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1, text_score=0.0)
    engine.text_rec.postprocess_op = DigitsOnly(engine.text_rec.postprocess_op)

    def read(image, lines: bool) -> str:
        found, _ = engine(image, use_det=lines, use_cls=False, use_rec=True)
        return "".join(each[1] if lines else each[0] for each in found or [])

    return read


def main() -> None:
    package = sys.argv[1]
    cv2.setNumThreads(1)
    read = {"rapidocr": current, "rapidocr_onnxruntime": earlier}[package]()
    print(importlib.metadata.version(package.replace("_", "-")), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        start = time.process_time()
        texts = [read(cv2.imread(path), task["lines"]) for path in task["paths"]]
        print(json.dumps({"texts": texts, "cpu_s": time.process_time() - start}), flush=True)


if __name__ == "__main__":
    main()
