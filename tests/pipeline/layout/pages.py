"""Generated pictures of numbers on paper: ruled lines, combs, tilt, photographs of a sheet on a desk."""

import cv2
import numpy as np


def number(text: str, *, height: int = 40, thickness: int = 3, gap: int = 14) -> np.ndarray:
    """(h, w) uint8 mask, 255 = ink, cropped to the digits."""
    scale = height / 21  # a Hershey digit has a height of 21 at scale 1
    canvas = np.zeros((3 * height, (height + gap) * (len(text) + 1)), np.uint8)
    x = height // 2
    for character in text:
        cv2.putText(canvas, character, (x, 2 * height), 0, scale, (255,), thickness, cv2.LINE_AA)
        x += int(cv2.getTextSize(character, 0, scale, thickness)[0][0]) + gap
    box = cv2.boundingRect(canvas)
    return canvas[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]


def put(paper: np.ndarray, ink: np.ndarray, xy: tuple[int, int], *, level: int = 40) -> np.ndarray:
    """Draw the ink on the paper, with its top-left corner at `xy`."""
    x, y = xy
    part = paper[y : y + ink.shape[0], x : x + ink.shape[1]]
    part[:] = np.minimum(part, 255 - (ink.astype(int) * (255 - level) // 255)).astype(np.uint8)
    return paper


def blank(width: int, height: int, *, level: int = 235) -> np.ndarray:
    return np.full((height, width), level, np.uint8)


def comb(cells: list[str], *, side: int = 60, level: int = 60, gap: int = 0, margin: int = 20) -> np.ndarray:
    """A row of boxes with the given content; "x" crosses a box out."""
    paper = blank(2 * margin + len(cells) * (side + gap), side + 2 * margin)
    for i, text in enumerate(cells):
        x = margin + i * (side + gap)
        cv2.rectangle(paper, (x, margin), (x + side, margin + side), (level,), 2)
        if text == "x":
            cv2.line(paper, (x + 12, margin + 12), (x + side - 12, margin + side - 12), (40,), 3, cv2.LINE_AA)
            cv2.line(paper, (x + side - 12, margin + 12), (x + 12, margin + side - 12), (40,), 3, cv2.LINE_AA)
        elif text:
            ink = number(text, height=round(0.6 * side))
            put(paper, ink, (x + (side - ink.shape[1]) // 2, margin + (side - ink.shape[0]) // 2))
    return paper


def tilted(picture: np.ndarray, degrees: float, *, paper: int = 235) -> np.ndarray:
    """The picture, rotated clockwise on paper large enough for it."""
    h, w = picture.shape
    cos, sin = abs(np.cos(np.deg2rad(degrees))), abs(np.sin(np.deg2rad(degrees)))
    size_wh = int(w * cos + h * sin), int(h * cos + w * sin)
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), -degrees, 1)
    turn[:, 2] += np.array(size_wh) / 2 - np.array([w, h]) / 2
    return np.asarray(cv2.warpAffine(picture, turn, size_wh, borderValue=(paper,)))


def photographed(
    sheet: np.ndarray, *, desk: int = 70, size_wh: tuple[int, int] = (1600, 1200), seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A photograph of a sheet on a desk, at an angle in uneven light; and (3, 3) sheet pixels -> photograph pixels."""
    rng = np.random.default_rng(seed)
    w, h = size_wh
    corners = np.array([[0.15, 0.12], [0.86, 0.12], [0.86, 0.88], [0.15, 0.88]]) + rng.uniform(-0.06, 0.06, (4, 2))
    corners = (corners * [w, h]).astype(np.float32)
    source = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * np.float32([sheet.shape[1], sheet.shape[0]])
    matrix = cv2.getPerspectiveTransform(source, corners)
    picture = np.full((h, w), desk, np.float32)
    cv2.warpPerspective(sheet.astype(np.float32), matrix, size_wh, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    y, x = np.mgrid[:h, :w]
    light = 0.75 + 0.25 * np.cos((x / w - rng.uniform()) * 2) * np.cos((y / h - rng.uniform()) * 2)
    picture = cv2.GaussianBlur(picture * light.astype(np.float32), (0, 0), 1) + rng.normal(0, 3, (h, w))
    return np.clip(picture, 0, 255).astype(np.uint8), matrix
