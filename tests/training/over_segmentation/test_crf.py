"""The conditional random field over segmentation graphs, against counting every path by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from inkling.training.over_segmentation.crf import FITTED, Arcs, Row, all_paths, paths_for_text

RNG = np.random.default_rng(5)


def arcs(pairs: list[tuple[int, int]]) -> Arcs:
    start, end = np.array(sorted(pairs, key=lambda pair: pair[1])).T
    probs = RNG.dirichlet(np.ones(10), len(pairs))
    return Arcs(int(end.max()), start, end, np.log(probs), RNG.normal(size=(len(pairs), len(FITTED))))


def paths(graph: Arcs, node: int = 0) -> list[list[int]]:
    if node == graph.last:
        return [[]]
    arcs = [(i, end) for i, (start, end) in enumerate(zip(graph.start, graph.end, strict=True)) if start == node]
    return [[i, *rest] for i, end in arcs for rest in paths(graph, end)]


def paths_by_hand(row: Row, weights: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every text up to three digits -> the sum over its paths of exp(score)."""
    found: dict[tuple[int, ...], float] = {}
    for chosen in itertools.product(*(paths(graph) for graph in row.graphs)):
        segments = [(graph, i) for graph, path in zip(row.graphs, chosen, strict=True) for i in path]
        for text in itertools.product(range(10), repeat=len(segments)):
            score = sum(
                graph.log_probs[i, d] + graph.features[i] @ weights
                for (graph, i), d in zip(segments, text, strict=True)
            )
            found[text] = found.get(text, 0.0) + float(np.exp(score))
    return found


@pytest.fixture(scope="module")
def row() -> Row:
    return Row("", [arcs([(0, 1), (1, 2), (0, 2)]), arcs([(0, 1)])], [4, 7])


def test_sums_are_those_of_counting_every_path(row: Row) -> None:
    weights = RNG.normal(size=6) * 0.3
    every = paths_by_hand(row, weights)
    scores = [graph.scores(weights) for graph in row.graphs]
    total = sum(all_paths(graph, score)[0] for graph, score in zip(row.graphs, scores, strict=True))
    assert total == pytest.approx(np.log(sum(every.values())))
    assert paths_for_text(row, scores)[0] == pytest.approx(np.log(every[4, 7]))


def test_a_segment_has_the_share_of_the_paths_through_it(row: Row) -> None:
    graph = row.graphs[0]
    for i in range(3):
        without = graph.log_probs.copy()
        without[i] = -1e3
        kept = np.exp(all_paths(graph, without)[0] - all_paths(graph, graph.log_probs)[0])
        assert all_paths(graph, graph.log_probs)[1][i] == pytest.approx(1 - kept)


def test_no_path_reads_a_text_that_is_too_long(row: Row) -> None:
    _, shares = paths_for_text(Row("", row.graphs, [1, 2, 3, 4]), [graph.log_probs for graph in row.graphs])
    assert shares == []


def test_shares_say_which_digit_of_the_text_a_segment_is(row: Row) -> None:
    scores = [graph.log_probs for graph in row.graphs]
    _, shares = paths_for_text(row, scores)
    assert [share.shape for share in shares] == [(3, 2), (1, 2)]
    assert np.concatenate(shares).sum(axis=0) == pytest.approx([1, 1])  # each digit is read once, by some segment
    assert shares[1][0] == pytest.approx([0, 1])  # the last graph is one segment, so it reads the last digit
