"""Random signs and small drawings that are neither letters nor digits.

Excluded because a person could mistake them for a digit: circle and square (0), plain bar, bracket and slash (1), right
angle and greater-than (7), brace (3), infinity (8), a single quarter note (6, 9).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.rendering.stroke_rendering import Drawing, Points, ellipse, fitted, smooth_line, straight

Symbol = Callable[[np.random.Generator], Drawing]
PI = np.pi


def cross(rng: np.random.Generator) -> Drawing:
    return Drawing(fitted(straight((0, 0), (1, 1)), straight((1, rng.uniform(0, 0.2)), (0, rng.uniform(0.8, 1)))))


def tick(rng: np.random.Generator) -> Drawing:
    low = rng.uniform(0.25, 0.4)
    return Drawing(
        fitted(smooth_line(np.array([[0, 0.5], [low * 0.6, 0.75], [low, 0.9], [0.7, 0.35], [1, 0]]), steps=8))
    )


def heart(rng: np.random.Generator) -> Drawing:
    t = np.linspace(0, 2 * PI, 90)
    y = -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t) + np.cos(4 * t)
    return _perhaps_filled(np.stack([16 * np.sin(t) ** 3, y], axis=1), rng)


def star(rng: np.random.Generator) -> Drawing:
    """A pentagram in one line."""
    return Drawing(fitted(straight(*(_round(2 * k / 5) for k in range(6)))))


def outlined_star(rng: np.random.Generator) -> Drawing:
    points, inner = int(rng.integers(5, 8)), rng.uniform(0.4, 0.55)
    corners = [_round(k / (2 * points), inner if k % 2 else 1.0) for k in range(2 * points + 1)]
    return _perhaps_filled(straight(*corners), rng)


def arrow(rng: np.random.Generator) -> Drawing:
    head = rng.uniform(0.28, 0.4)
    lines = [straight((0, 0), (1, 0)), straight((1 - head, -head * 0.8), (1, 0), (1 - head, head * 0.8))]
    if rng.random() < 0.3:
        lines.append(straight((head, -head * 0.8), (0, 0), (head, head * 0.8)))
    return Drawing(_rotated(lines, rng.choice([0, 0.5, 1, 1.5, rng.uniform(0, 2)]) * PI))


def triangle(rng: np.random.Generator) -> Drawing:
    top = rng.uniform(0.3, 0.7)
    return Drawing(_rotated([straight((0, 1), (top, 0), (1, 1), (0, 1))], rng.choice([0, PI])))


def lightning(rng: np.random.Generator) -> Drawing:
    return _perhaps_filled(
        straight((0.55, 0), (0.1, 0.55), (0.45, 0.52), (0.25, 1), (0.8, 0.38), (0.45, 0.42), (0.55, 0)), rng
    )


def plus(rng: np.random.Generator) -> Drawing:
    at = rng.uniform(0.42, 0.58)
    return Drawing(fitted(straight((0, at), (1, at)), straight((0.5, 0), (0.5, 1))))


def hash_sign(rng: np.random.Generator) -> Drawing:
    lean = rng.uniform(0, 0.2)
    upright = [straight((x + lean, 0), (x, 1)) for x in (0.3, 0.65)]
    return Drawing(fitted(*upright, *(straight((0, y), (1, y)) for y in (0.33, 0.68))))


def equals(rng: np.random.Generator) -> Drawing:
    gap = rng.uniform(0.25, 0.4)
    lines = [straight((0, gap * k), (1, gap * k)) for k in range(3 if rng.random() < 0.3 else 2)]
    return Drawing(fitted(*lines))


def face(rng: np.random.Generator) -> Drawing:
    """Eyes and a mouth in a circle; happy, sad or neutral."""
    bend = rng.choice([-0.18, 0.0, 0.2])
    mouth = smooth_line(np.array([[0.3, 0.68], [0.5, 0.68 + bend], [0.7, 0.68]]))
    eyes = [_dot(0.35, 0.38), _dot(0.65, 0.38)]
    return Drawing((ellipse(0.5, 0.5, 0.5), mouth), tuple(eyes))


def cat(rng: np.random.Generator) -> Drawing:
    ears = [straight((0.14, 0.3), (0.12, 0), (0.38, 0.14)), straight((0.62, 0.14), (0.88, 0), (0.86, 0.3))]
    whiskers = [
        straight((x, 0.6), (x + side, 0.6 + d)) for x, side in ((0.35, -0.4), (0.65, 0.4)) for d in (-0.08, 0.08)
    ]
    return Drawing(
        (ellipse(0.5, 0.55, 0.45), *ears, *whiskers), (_dot(0.35, 0.45), _dot(0.65, 0.45), _dot(0.5, 0.58, 0.03))
    )


def house(rng: np.random.Generator) -> Drawing:
    walls = straight((0.1, 0.4), (0.1, 1), (0.9, 1), (0.9, 0.4))
    door = rng.uniform(0.2, 0.55)
    lines = [
        walls,
        straight((0, 0.45), (0.5, 0), (1, 0.45)),
        straight((door, 1), (door, 0.65), (door + 0.2, 0.65), (door + 0.2, 1)),
    ]
    return Drawing(fitted(*lines))


def tree(rng: np.random.Generator) -> Drawing:
    if rng.random() < 0.5:
        tiers = [
            straight((0.5 - w, y + 0.3), (0.5, y), (0.5 + w, y + 0.3), (0.5 - w, y + 0.3))
            for y, w in ((0, 0.22), (0.22, 0.3), (0.44, 0.38))
        ]
        return Drawing(fitted(*tiers, straight((0.5, 0.74), (0.5, 1))))
    crown = _cloud(0.35, 0.33, rng)
    return Drawing(fitted(crown, straight((0.45, 0.65), (0.42, 1)), straight((0.55, 0.65), (0.58, 1))))


def flower(rng: np.random.Generator) -> Drawing:
    petals = int(rng.integers(5, 8))
    around = [
        ellipse(0.5 + 0.22 * np.cos(a), 0.32 + 0.22 * np.sin(a), 0.1)
        for a in np.linspace(0, 2 * PI, petals, endpoint=False)
    ]
    leaf = smooth_line(np.array([[0.5, 0.8], [0.65, 0.68], [0.75, 0.7], [0.5, 0.8]]))
    return Drawing((*around, ellipse(0.5, 0.32, 0.11), straight((0.5, 0.55), (0.5, 1)), leaf))


def sun(rng: np.random.Generator) -> Drawing:
    rays = int(rng.integers(7, 11))
    lines = [straight(_round(k / rays, 0.32), _round(k / rays, 0.52)) for k in range(rays)]
    return Drawing(fitted(ellipse(0, 0, 0.24), *lines))


def fish(rng: np.random.Generator) -> Drawing:
    x = np.linspace(0, 1, 40)
    back = np.stack([x, 0.28 * np.sin(PI * np.minimum(x / 0.75, 1.25))], axis=1)
    body = np.vstack([back, (back * (1, -1))[::-1]])
    tail = straight((1, body[:, 1].max() * 0.6), (1, -body[:, 1].max() * 0.6))
    line, end, eye = fitted(body, tail, _dot(0.2, -0.06, 0.035))
    return Drawing((line, end), (eye,))


def cup(rng: np.random.Generator) -> Drawing:
    steam = [smooth_line(np.array([[x, 0.3], [x + 0.05, 0.2], [x - 0.03, 0.1], [x + 0.03, 0]])) for x in (0.25, 0.5)]
    return Drawing(
        fitted(
            straight((0, 0.4), (0.1, 1), (0.65, 1), (0.75, 0.4), (0, 0.4)),
            ellipse(0.74, 0.62, 0.18, start=-PI / 2, end=PI / 2),
            *steam,
        )
    )


def stick_figure(rng: np.random.Generator) -> Drawing:
    arms = rng.uniform(0.3, 0.55)
    lines = [
        straight((0.5, 0.3), (0.5, 0.68)),
        straight((0.2, arms), (0.5, 0.4), (0.8, arms)),
        straight((0.25, 1), (0.5, 0.68), (0.75, 1)),
    ]
    return Drawing((ellipse(0.5, 0.16, 0.14), *lines))


def envelope(rng: np.random.Generator) -> Drawing:
    high = rng.uniform(0.6, 0.75)
    return Drawing(
        fitted(straight((0, 0), (1, 0), (1, high), (0, high), (0, 0)), straight((0, 0), (0.5, high * 0.6), (1, 0)))
    )


def clock(rng: np.random.Generator) -> Drawing:
    a, b = rng.uniform(0, 1, 2)
    return Drawing(
        fitted(
            ellipse(0, 0, 1),
            straight((0, 0), _round(a, 0.5)),
            straight((0, 0), _round(b, 0.75)),
            *(straight(_round(k / 4, 0.85), _round(k / 4, 1)) for k in range(4)),
        )
    )


def quavers(rng: np.random.Generator) -> Drawing:
    """Two beamed notes."""
    heads = [ellipse(0.15, 0.9, 0.15, 0.1), ellipse(0.8, 0.8, 0.15, 0.1)]
    return Drawing(
        (
            straight((0.29, 0.9), (0.29, 0.12)),
            straight((0.94, 0.8), (0.94, 0)),
            straight((0.29, 0.12), (0.94, 0)),
            straight((0.29, 0.22), (0.94, 0.1)),
        ),
        tuple(heads),
    )


def clef(rng: np.random.Generator) -> Drawing:
    """An approximate treble clef."""
    x = [0.45, 0.55, 0.62, 0.45, 0.3, 0.45, 0.62, 0.55, 0.44, 0.5, 0.57, 0.45, 0.36]
    y = [0.6, 0.52, 0.62, 0.7, 0.58, 0.4, 0.2, 0, 0.15, 0.5, 0.88, 1, 0.9]
    staves = [straight((0.05, y), (0.95, y)) for y in (0.25, 0.4, 0.55, 0.7)]
    return Drawing(fitted(smooth_line(np.stack([x, y], axis=1)), *staves))


def umbrella(rng: np.random.Generator) -> Drawing:
    edge = [ellipse(x, 0.5, 1 / 6, 0.08, start=PI, end=2 * PI) for x in (1 / 6, 0.5, 5 / 6)]
    hook = ellipse(0.6, 0.9, 0.1, start=PI, end=0)
    return Drawing((ellipse(0.5, 0.5, 0.5, start=PI, end=2 * PI), *edge, straight((0.5, 0), (0.5, 0.9)), hook))


def flag(rng: np.random.Generator) -> Drawing:
    x = np.linspace(0.1, 0.9, 30)
    wave = 0.05 * np.sin(9 * x)
    top, bottom = np.stack([x, 0.1 + wave], axis=1), np.stack([x, 0.5 + wave], axis=1)
    return Drawing(
        (
            straight((0.1, 0), (0.1, 1)),
            top,
            bottom,
            straight((0.9, top[-1, 1]), (0.9, bottom[-1, 1])),
            straight((0.1, 0.3), (0.9, 0.3)),
        )
    )


def cloud(rng: np.random.Generator) -> Drawing:
    drops = [straight((x, 0.75), (x - 0.05, 1)) for x in (0.3, 0.5, 0.7)]
    return Drawing(fitted(_cloud(0.4, 0.4, rng) * (1, 0.75), *drops))


def dots(rng: np.random.Generator) -> Drawing:
    """Three to six points, close enough to be one drawing."""
    n = int(rng.integers(3, 7))
    return Drawing(
        (),
        fitted(
            *(_dot(0.3 * (k % 3) + rng.normal(0, 0.03), 0.3 * (k // 3) + rng.normal(0, 0.03), 0.07) for k in range(n))
        ),
    )


SYMBOLS: dict[str, Symbol] = {
    each.__name__: each for each in (
        cross, tick, heart, star, outlined_star, arrow, triangle, lightning, plus, hash_sign, equals, face, cat,
        house, tree, flower, sun, fish, cup, stick_figure, envelope, clock, quavers, clef, umbrella, flag,
        cloud, dots,
    )
}  # fmt: skip


def _round(part: float, r: float = 1.0) -> tuple[float, float]:
    """A point on a circle of radius r, at the fraction `part` of a turn from the top."""
    return r * float(np.sin(2 * PI * part)), -r * float(np.cos(2 * PI * part))


def _dot(x: float, y: float, r: float = 0.05) -> Points:
    return ellipse(x, y, r)[:-1]


def _cloud(y: float, r: float, rng: np.random.Generator) -> Points:
    t = np.linspace(0, 2 * PI, 120)
    bumps = r * (1 + 0.16 * np.abs(np.sin(t * rng.integers(6, 10) / 2)))
    return np.stack([0.5 + bumps * np.cos(t), y + bumps * np.sin(t)], axis=1)


def _perhaps_filled(outline: Points, rng: np.random.Generator) -> Drawing:
    (line,) = fitted(outline)
    return Drawing((line,), (line,) if rng.random() < 0.35 else ())


def _rotated(lines: list[Points], angle: float) -> tuple[Points, ...]:
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return fitted(*(line @ rotation for line in lines))
