"""Meaningless scribbles. Each function takes a random generator and returns a `Drawing`.

None should look like a digit: there is no plain circle (0), single stroke (1), short curve with two or three bends (2,
3, 5, 7) or double loop (8).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.rendering.stroke_rendering import Drawing, ellipse, fitted, smooth_line, straight

Scribble = Callable[[np.random.Generator], Drawing]


def tangle(rng: np.random.Generator) -> Drawing:
    """One smooth line through 10 to 15 random points."""
    return Drawing(fitted(smooth_line(rng.random((int(rng.integers(10, 16)), 2)))))


def zigzag(rng: np.random.Generator) -> Drawing:
    n = int(rng.integers(6, 13))
    x = np.linspace(0, 1, n) + rng.normal(0, 0.02, n)
    y = np.where(np.arange(n) % 2, 1.0, 0.0) * rng.uniform(0.35, 0.9) + rng.normal(0, 0.05, n)
    corners = _turned(np.stack([x, y], axis=1), rng)
    return Drawing(fitted(straight(*(tuple(corner) for corner in corners))))


def spiral(rng: np.random.Generator) -> Drawing:
    turns = rng.uniform(2.3, 4.5)
    t = np.linspace(0.1, 1, 150)
    angle = rng.choice([-1, 1]) * 2 * np.pi * turns * t + rng.uniform(0, 2 * np.pi)
    flat = rng.uniform(0.7, 1.0)
    return Drawing(fitted(np.stack([t * np.cos(angle), flat * t * np.sin(angle)], axis=1)))


def blot(rng: np.random.Generator) -> Drawing:
    """An ink blot with a few splashes."""
    drops = [_drop(0.5, 0.5, rng.uniform(0.28, 0.4), rng)]
    for _ in range(int(rng.integers(1, 5))):
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.5)
        drops.append(_drop(0.5 + far * np.cos(angle), 0.5 + far * np.sin(angle), rng.uniform(0.05, 0.12), rng))
    return Drawing((), fitted(*drops))


def hatching(rng: np.random.Generator) -> Drawing:
    """Parallel strokes, four to nine."""
    n = int(rng.integers(4, 10))
    lines = [
        straight((x + rng.normal(0, 0.02), rng.uniform(0, 0.15)), (x + rng.normal(0, 0.02), rng.uniform(0.85, 1)))
        for x in np.linspace(0, rng.uniform(0.7, 1.3), n)
    ]
    return Drawing(_turned_together(lines, rng))


def crossed_hatching(rng: np.random.Generator) -> Drawing:
    n = int(rng.integers(3, 6))
    lines = [straight((x, 0), (x + rng.normal(0, 0.03), 1)) for x in np.linspace(0.1, 0.9, n)]
    lines += [straight((0, y), (1, y + rng.normal(0, 0.03))) for y in np.linspace(0.1, 0.9, n)]
    return Drawing(_turned_together(lines, rng))


def waves(rng: np.random.Generator) -> Drawing:
    """One or two wavy lines."""
    x = np.linspace(0, 1, 120)
    high, periods = rng.uniform(0.07, 0.2), rng.uniform(2.6, 5)
    one = np.stack([x, high * np.sin(2 * np.pi * periods * x + rng.uniform(0, 6.3))], axis=1)
    lines = [one, one + np.array([0, rng.uniform(0.25, 0.4)])] if rng.random() < 0.4 else [one]
    return Drawing(fitted(*lines))


def coil(rng: np.random.Generator) -> Drawing:
    """Loops in a row, as in a writing exercise."""
    loops = int(rng.integers(4, 8))
    t = np.linspace(0, 2 * np.pi * loops, 40 * loops)
    step, high = rng.uniform(0.16, 0.3), rng.uniform(0.6, 1.3) + 0.2 * np.sin(t / rng.uniform(2, 5))
    return Drawing(fitted(np.stack([step * t / 3 + 0.4 * np.cos(t), high * 0.5 * np.sin(t)], axis=1)))


def signature(rng: np.random.Generator) -> Drawing:
    """A flourish and a line under it."""
    n = int(rng.integers(9, 15))
    x = np.sort(rng.uniform(0, 1.4, n)) + rng.normal(0, 0.06, n)
    name = smooth_line(np.stack([x, rng.uniform(0, 0.6, n)], axis=1))
    under = smooth_line(np.array([[0.1, 0.75], [0.9, 0.7 + rng.normal(0, 0.04)], [0.4, 0.85], [1.3, 0.8]]))
    return Drawing(fitted(name, under))


def ball(rng: np.random.Generator) -> Drawing:
    """Circular scribbling: five to eight rotated ellipses."""
    rounds = []
    for angle in np.cumsum(rng.uniform(0.4, 0.9, int(rng.integers(5, 9)))):
        wide, narrow = rng.uniform(0.38, 0.5), rng.uniform(0.08, 0.28)
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        rounds.append(ellipse(0, 0, wide, narrow) @ rotation + rng.normal(0, 0.04, 2))
    return Drawing(fitted(*rounds))


def burst(rng: np.random.Generator) -> Drawing:
    """Lines from one point in all directions."""
    rays = int(rng.integers(6, 12))
    angles = np.linspace(0, 2 * np.pi, rays, endpoint=False) + rng.normal(0, 0.12, rays)
    return Drawing(
        fitted(*(straight((0, 0), (r * np.cos(a), r * np.sin(a))) for a in angles for r in [rng.uniform(0.6, 1)]))
    )


def splotchy_line(rng: np.random.Generator) -> Drawing:
    """A curved line with blots, as from a leaking pen."""
    places = np.stack([np.linspace(0, 1, 8), rng.uniform(0, 0.7, 8)], axis=1)
    drops = [_drop(x, y, rng.uniform(0.05, 0.1), rng) for x, y in places[rng.permutation(8)[:5]]]
    line, *drops = fitted(smooth_line(places), *drops)
    return Drawing((line,), tuple(drops))


def rubbed_out(rng: np.random.Generator) -> Drawing:
    """Dense back-and-forth strokes, such as those that obliterate text."""
    n = int(rng.integers(14, 26))
    y = np.linspace(0, rng.uniform(0.5, 1), n)
    x = np.where(np.arange(n) % 2, 1.0, 0.0) + rng.normal(0, 0.07, n)
    return Drawing(_turned_together([straight(*zip(x, y, strict=True))], rng))


def rings(rng: np.random.Generator) -> Drawing:
    """Three or four circles, linked or nested."""
    n = int(rng.integers(3, 5))
    if rng.random() < 0.5:
        return Drawing(fitted(*(ellipse(0, 0, r, r * rng.uniform(0.85, 1.1)) for r in np.linspace(0.25, 1, n))))
    return Drawing(fitted(*(ellipse(1.3 * k, rng.uniform(-0.6, 0.6), 1) for k in range(n))))


SCRIBBLES: dict[str, Scribble] = {
    each.__name__: each for each in (
        tangle, zigzag, spiral, blot, hatching, crossed_hatching, waves, coil, signature, ball, burst,
        splotchy_line, rubbed_out, rings,
    )
}  # fmt: skip


def _drop(x: float, y: float, r: float, rng: np.random.Generator) -> np.ndarray:
    around = ellipse(0, 0, 1)[:-1:4] * rng.uniform(0.7, 1.3, (10, 1))
    return smooth_line(around * r + (x, y), closed=True)


def _turned(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, np.pi)
    return points @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _turned_together(lines: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    cuts = np.cumsum([len(line) for line in lines])[:-1]
    return fitted(*np.split(_turned(np.vstack(lines), rng), cuts))
