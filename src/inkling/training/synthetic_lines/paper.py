"""The paper of a line: ruled lines, graph-paper squares, frames, patterns, shade, and parts of neighboring rows."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.training.synthetic_lines.handwriting import HEIGHT

RULED = 0.38  # share of lines on or near a ruled line; most lines in cells have none
SQUARED = 0.13  # share on graph paper or paper with columns; most are lines without cells
FRAMED = 0.14  # share with parts of a frame at the edges
PATTERNED = 0.5  # share on patterned paper
SHADED = 0.4  # share in uneven light
NEIGHBOURS = 0.15  # share with parts of the rows above or below

Rng = np.random.Generator


def rules(shape: tuple[int, int], baseline: float, rng: Rng) -> np.ndarray:
    """Printed or ruled lines across the text -> (h, w) float32 darkness, 0..1. `baseline`: y of the digits' bottom."""
    w = shape[1]
    lines = np.zeros(shape, np.float32)
    if rng.random() < RULED:
        y = round(baseline + rng.normal(0.02, 0.12) * HEIGHT)
        if rng.random() < 0.12:  # through the digits
            y = round(baseline - rng.uniform(0.1, 1.0) * HEIGHT)
        thick, dark = int(rng.integers(1, 5)), float(rng.uniform(0.25, 1))
        fall = round(rng.normal(0, 0.015) * w)
        cv2.line(lines, (0, y), (w, y + fall), (dark,), thick, cv2.LINE_AA)
        if rng.random() < 0.3:
            other = y - round(HEIGHT * rng.uniform(1, 1.6))
            cv2.line(lines, (0, other), (w, other + fall), (dark,), thick, cv2.LINE_AA)
        if rng.random() < 0.1:  # dotted
            lines[:, :: int(rng.integers(2, 5))] = 0
    if rng.random() < SQUARED:
        _squares(lines, rng)
    return lines


def edges(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """Parts of a frame, or black bars, along the picture's edges -> (h, w) float32 darkness, 0..1."""
    h, w = shape
    lines = np.zeros(shape, np.float32)
    if rng.random() > FRAMED:
        return lines
    thick, dark = int(rng.integers(1, 6)), float(rng.uniform(0.3, 1))
    if rng.random() < 0.2:  # the edge of a page, a bar of a form
        thick, dark = int(rng.integers(6, 24)), float(rng.uniform(0.6, 1))
    inset = rng.integers(0, 6, 4)
    ends = [((0, inset[0]), (w, inset[0])), ((0, h - 1 - inset[1]), (w, h - 1 - inset[1]))]
    ends += [((inset[2], 0), (inset[2], h)), ((w - 1 - inset[3], 0), (w - 1 - inset[3], h))]
    for start, end in ends:
        if rng.random() < 0.4:
            cv2.line(lines, tuple(map(int, start)), tuple(map(int, end)), (dark,), thick)
    return lines


def _squares(lines: np.ndarray, rng: Rng) -> None:
    h, w = lines.shape
    thick, dark = int(rng.integers(1, 3)), float(rng.uniform(0.15, 0.8))
    step = HEIGHT * rng.uniform(0.3, 1.3)
    tilt = rng.normal(0, 0.01)
    for x in np.arange(rng.uniform(0, step), w, step):
        cv2.line(lines, (int(x), 0), (int(x + tilt * h), h), (dark,), thick, cv2.LINE_AA)
    if rng.random() < 0.75:
        for y in np.arange(rng.uniform(0, step), h, step):
            cv2.line(lines, (0, int(y)), (w, int(y - tilt * w)), (dark,), thick, cv2.LINE_AA)


def pattern(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """The background print of checks and the grain of paper -> (h, w) float32 darkness, about 0..0.5."""
    h, w = shape
    texture = np.zeros(shape, np.float32)
    if rng.random() > PATTERNED:
        return texture
    kind, strength = rng.random(), float(rng.uniform(0.05, 0.4))
    if kind < 0.4:  # guilloche: fine curves
        along = np.arange(0, w + 8, 8)
        common, pitch = rng.uniform(0.005, 0.06), rng.uniform(0.02, 0.2)
        for i in range(int(rng.integers(4, 25))):
            phase = i * pitch * 6.3 if rng.random() < 0.7 else rng.uniform(0, 6.3)
            y = (
                rng.uniform(-20, h + 20)
                + rng.normal(0, 0.2) * along
                + rng.uniform(3, 30) * np.sin(common * along + phase)
            )
            points = np.stack([along, y], axis=1).astype(np.int32)
            cv2.polylines(texture, [points], False, (strength,), int(rng.integers(1, 3)), cv2.LINE_AA)
    elif kind < 0.6:  # a grid of dots
        step = int(rng.integers(3, 9))
        texture[::step, ::step] = 2 * strength
        if rng.random() < 0.5:
            texture[step // 2 :: step, step // 2 :: step] = 2 * strength
        texture = np.asarray(cv2.GaussianBlur(texture, (3, 3), 0))
    elif kind < 0.72:  # hatching
        step, slope = int(rng.integers(4, 14)), rng.uniform(-1, 1)
        for x in range(-h, w + h, step):
            cv2.line(texture, (x, 0), (int(x + slope * h), h), (strength,), 1, cv2.LINE_AA)
    elif kind < 0.86:  # pale letters in the background
        for _ in range(int(rng.integers(1, 5))):
            corner = int(rng.integers(-20, w)), int(rng.integers(0, h + 30))
            text = "".join(chr(int(rng.integers(65, 91))) for _ in range(int(rng.integers(1, 5))))
            cv2.putText(
                texture,
                text,
                corner,
                int(rng.integers(0, 8)),
                float(rng.uniform(0.6, 3)),
                (strength,),
                int(rng.integers(1, 7)),
                cv2.LINE_AA,
            )
    else:  # clouds
        nodes = rng.normal(0, 1, (max(2, h // 8), max(2, w // 8))).astype(np.float32)
        texture = cv2.resize(nodes, (w, h), interpolation=cv2.INTER_CUBIC) * np.float32(strength / 5)
    return np.asarray(texture, np.float32)


def neighbours(ink: np.ndarray, others: list[np.ndarray], top: float, baseline: float, rng: Rng) -> None:
    """Adds parts of the rows above and below at the edges of (h, w) ink, in place; they do not belong to the text."""
    h, w = ink.shape
    for edge in (0, 1):
        room = top if edge == 0 else h - baseline
        deep = round(room * rng.uniform(0.2, 0.7))  # visible height, in pixels
        if deep < 3 or rng.random() < 0.4:
            continue
        x = int(rng.integers(-10, max(1, w // 2)))
        while x < w:
            other = others[int(rng.integers(len(others)))]
            part = other[-deep:] if edge == 0 else other[:deep]
            if len(part) == deep and x + part.shape[1] > 0:
                y = 0 if edge == 0 else h - deep
                left = max(0, -x)
                target = ink[y : y + deep, x + left : x + part.shape[1]]
                np.maximum(target, part[:, left : left + target.shape[1]], out=target)
            x += part.shape[1] + int(rng.integers(2, HEIGHT))


def shade(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """Uneven light: (h, w) float32 factors close to 1."""
    h, w = shape
    light = np.ones(shape, np.float32)
    if rng.random() < SHADED:
        across = np.linspace(-1, 1, w, dtype=np.float32)[None] * np.float32(rng.normal(0, 0.12))
        down = np.linspace(-1, 1, h, dtype=np.float32)[:, None] * np.float32(rng.normal(0, 0.12))
        light += across + down
        if rng.random() < 0.15:  # the edge of a shadow
            x = rng.uniform(0, w)
            soft = rng.uniform(2, 30)
            dark = 1 + np.tanh((np.arange(w, dtype=np.float32)[None] - x) / soft)  # 0..2
            light *= 1 - np.float32(rng.uniform(0.05, 0.2)) * dark
    return light
