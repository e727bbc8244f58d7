"""The capture of a line: resolution, contrast, noise, compression, residual tilt, scans in black and white."""

from __future__ import annotations

import cv2
import numpy as np

BILEVEL = 0.1  # share of pictures in black and white
JPEG = 0.45  # share of the gray pictures that are compressed as JPEG
TILTED = 0.35  # share with a residual tilt like the one that the layout stage leaves

Rng = np.random.Generator


def capture(paper: np.ndarray, rng: Rng) -> np.ndarray:
    """(h, w) float32 brightness, 0 = black, 1 = white -> (h', w') uint8"""
    h, w = paper.shape
    scale = rng.uniform(0.4, 1.0) if rng.random() < 0.75 else rng.uniform(0.27, 0.5)
    if rng.random() < TILTED:
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.normal(0, 1.8), 1)
        turn[0, 1] += rng.normal(0, 0.03)
        paper = cv2.warpAffine(paper, turn, (w, h), borderMode=cv2.BORDER_REPLICATE)
    if scale < 0.95:
        paper = cv2.resize(paper, (max(8, int(w * scale)), max(12, int(h * scale))), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.25:
        paper = cv2.GaussianBlur(paper, (0, 0), rng.uniform(0.3, 1.0))
    if rng.random() < BILEVEL:
        noisy = paper + rng.standard_normal(paper.shape, np.float32) * np.float32(rng.uniform(0, 0.12))
        high, low = np.percentile(noisy, [75, 2])
        return np.asarray(np.where(noisy > low + rng.uniform(0.35, 0.7) * (high - low), 255, 0), np.uint8)
    contrast, black = rng.uniform(0.5, 1), rng.uniform(0, 0.2)
    paper = paper * np.float32(contrast) + np.float32(black)
    paper = paper + rng.standard_normal(paper.shape, np.float32) * np.float32(rng.uniform(0, 0.05))
    image = np.asarray(np.clip(paper, 0, 1) * 255, np.uint8)
    if rng.random() < JPEG:
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])[1]
        image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return image
