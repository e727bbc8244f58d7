"""The paper of synthetic lines."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.training.synthetic_lines import paper
from inkling.training.synthetic_lines.handwriting import HEIGHT

SHAPE = (90, 200)
SHARES = ("RULED", "SQUARED", "FRAMED", "PATTERNED", "SHADED")


def everything(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "rules": paper.rules(SHAPE, 60.0, rng),
        "edges": paper.edges(SHAPE, rng),
        "pattern": paper.pattern(SHAPE, rng),
        "shade": paper.shade(SHAPE, rng) - 1,
    }


def test_plain_paper_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for share in SHARES:
        monkeypatch.setattr(paper, share, 0.0)
    assert not any(drawn.any() for drawn in everything(0).values())


def test_every_kind_of_paper_is_within_its_range(monkeypatch: pytest.MonkeyPatch) -> None:
    for share in SHARES:
        monkeypatch.setattr(paper, share, 1.0)
    shown = dict.fromkeys(("rules", "edges", "pattern", "shade"), 0)
    for seed in range(40):
        for name, drawn in everything(seed).items():
            assert drawn.shape == SHAPE
            assert drawn.dtype == np.float32
            assert drawn.max() <= 1
            assert drawn.min() >= (0 if name in ("rules", "edges") else -0.9)
            shown[name] += bool(drawn.any())
    assert min(shown.values()) > 30, "some may be outside the picture"


def test_neighbouring_rows_stay_at_the_edges() -> None:
    top, baseline = 30.0, 30.0 + HEIGHT
    changed = 0
    for seed in range(10):
        ink = np.zeros((110, 200), np.float32)
        paper.neighbours(ink, [np.ones((HEIGHT, 15), np.float32)], top, baseline, np.random.default_rng(seed))
        assert not ink[int(0.7 * top) + 1 : -int(0.7 * (110 - baseline)) - 1].any()
        changed += bool(ink.any())
    assert changed > 5
