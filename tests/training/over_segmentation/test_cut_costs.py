"""learn.prices and learn.crf: the conditional random field over lattices, against counting every way by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from inkling import Reader
from inkling.training.over_segmentation import cut_costs, synthetic_rows
from inkling.training.over_segmentation.crf import Arcs, Row, ways_to

RNG = np.random.default_rng(5)


def arcs(pairs: list[tuple[int, int]]) -> Arcs:
    start, end = np.array(sorted(pairs, key=lambda pair: pair[1])).T
    probs = RNG.dirichlet(np.ones(10), len(pairs))
    return Arcs(int(end.max()), start, end, np.log(probs), RNG.normal(size=(len(pairs), len(synthetic_rows.PRICES))))


def paths(lattice: Arcs, node: int = 0) -> list[list[int]]:
    if node == lattice.last:
        return [[]]
    ways = [(i, end) for i, (start, end) in enumerate(zip(lattice.start, lattice.end, strict=True)) if start == node]
    return [[i, *rest] for i, end in ways for rest in paths(lattice, end)]


def ways_by_hand(row: Row, weights: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every text up to three digits -> the sum over its ways of exp(score)."""
    found: dict[tuple[int, ...], float] = {}
    for chosen in itertools.product(*(paths(lattice) for lattice in row.lattices)):
        members = [(lattice, i) for lattice, path in zip(row.lattices, chosen, strict=True) for i in path]
        for text in itertools.product(range(10), repeat=len(members)):
            score = sum(
                lattice.log_probs[i, d] + lattice.features[i] @ weights
                for (lattice, i), d in zip(members, text, strict=True)
            )
            found[text] = found.get(text, 0.0) + float(np.exp(score))
    return found


@pytest.fixture(scope="module")
def row() -> Row:
    return Row("", [arcs([(0, 1), (1, 2), (0, 2)]), arcs([(0, 1)])], [4, 7])


def test_loss_is_that_of_counting_every_way(row: Row) -> None:
    weights = RNG.normal(size=6) * 0.3
    every = ways_by_hand(row, weights)
    assert cut_costs.loss(weights, row)[0] == pytest.approx(np.log(sum(every.values()) / every[4, 7]))


def test_gradient_is_the_slope_of_the_loss(row: Row) -> None:
    weights = RNG.normal(size=6) * 0.3
    gradient = cut_costs.loss(weights, row)[1]
    for i, step in enumerate(np.eye(6) * 1e-5):
        slope = (cut_costs.loss(weights + step, row)[0] - cut_costs.loss(weights - step, row)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, abs=1e-5)


def test_a_text_that_no_way_reads_teaches_nothing(row: Row) -> None:
    unreadable = Row("", row.lattices, [1, 2, 3, 4])
    loss, gradient = cut_costs.loss(np.zeros(6), unreadable)
    assert loss == 0
    assert not gradient.any()


def test_shares_say_which_digit_of_the_text_a_segment_is(row: Row) -> None:
    scores = [lattice.log_probs for lattice in row.lattices]
    _, shares = ways_to(row, scores)
    assert [share.shape for share in shares] == [(3, 2), (1, 2)]
    assert np.concatenate(shares).sum(axis=0) == pytest.approx([1, 1])  # each digit is read once, by some segment
    assert shares[1][0] == pytest.approx([0, 1])  # the last lattice is one segment, so it reads the last digit


@pytest.mark.learn
def test_fitting_makes_the_text_more_probable(row: Row) -> None:
    begin = np.zeros(6)
    fitted = cut_costs.fit([row], begin)
    assert cut_costs.loss(fitted, row)[0] < cut_costs.loss(begin, row)[0]


@pytest.mark.slow
def test_best_text_is_what_the_reader_reads(digits: tuple[np.ndarray, np.ndarray]) -> None:
    """The fit judges by the very score that the road uses."""
    reader = Reader("cnn")
    now = synthetic_rows.current_prices()
    made = list(synthetic_rows.written(4, *digits, np.random.default_rng(3)))
    same = []
    for kind, picture, text in made:
        ours = cut_costs.best_text(Row(kind, cut_costs.lattices_of(reader, picture), text), now)
        same.append("".join(map(str, ours)) == reader.read(picture).text.replace("\n", ""))
    assert np.mean(same) >= 0.8  # the road leaves out what it refuses, and doubts less
