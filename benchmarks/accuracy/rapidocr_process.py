"""Read images with RapidOCR, digits only, in a Python of its own that has RapidOCR and nothing of inkling.

    python rapidocr_process.py ENGINE

ENGINE is the package: `rapidocr` (PP-OCRv6 in its 3.10) or `rapidocr_onnxruntime` (PP-OCRv4 in its 1.4). Once ready
it prints its version. Then it answers each line of JSON, {"lines": true, "paths": [...]}, with a line,
{"texts": [...], "cpu_s": 1.5}. With `lines` it detects lines of text first; without, the whole image is one line.
It uses one thread.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time

import cv2
import numpy as np


class DigitsOnly:
    """A decoder that can give no character but the ten digits: the others' probabilities are set to 0."""

    def __init__(self, decoder) -> None:
        self._decoder = decoder
        self._allowed = np.array([i == 0 or c in "0123456789" for i, c in enumerate(decoder.character)])  # 0 is blank

    def __call__(self, probs, *args, **options):
        return self._decoder(np.where(self._allowed, probs, 0), *args, **options)


def current():
    """A function from a BGR image to its text, by the package rapidocr."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={**threads, "Global.text_score": 0.0, "Global.log_level": "error"})
    recogniser = engine._load_rec_model()
    recogniser.postprocess_op = DigitsOnly(recogniser.postprocess_op)
    return lambda image, lines: "".join(engine(image, use_det=lines, use_cls=False).txts or ())


def earlier():
    """The same by the package rapidocr-onnxruntime."""
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
