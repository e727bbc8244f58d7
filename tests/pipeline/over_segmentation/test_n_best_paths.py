import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.pipeline.over_segmentation.n_best_paths import (
    KEPT,
    Arc,
    GraphPath,
    n_best_paths,
    through,
    to_text,
    together,
)


def way(score: float, *members: int) -> GraphPath:
    return GraphPath(score, score - 1, members, members)


def test_the_best_way_through_is_the_cheapest_sum() -> None:
    arcs = [Arc(0, 2, 0.0, way(-5, 0)), Arc(0, 1, 1.0, way(-1, 1)), Arc(1, 2, 0.0, way(-1, 2))]
    first, second = through(arcs, last=2)
    assert (first.score, first.members, first.log_weight) == (-3, (1, 2), -5)
    assert (second.score, second.members) == (-5, (0,))


def test_no_arcs_no_way() -> None:
    assert through([Arc(0, 1, 0.0, way(-1, 0))], last=2) == []


def test_the_same_digits_cut_otherwise_are_kept_once() -> None:
    ways = [GraphPath(-2, 0, (0,), (7,)), GraphPath(-1, 0, (1,), (7,)), GraphPath(-3, 0, (2,), (1,))]
    assert [each.members for each in n_best_paths(ways)] == [(1,), (2,)]


scores = st.floats(-20, 0)


def test_the_best_way_to_a_text() -> None:
    arcs = [
        Arc(0, 2, 0.0, way(-1, 4)),
        Arc(0, 1, 0.5, way(-3, 1)),
        Arc(0, 1, 1.0, way(-2, 1)),
        Arc(1, 2, 0.0, way(-2, 1)),
    ]
    found = to_text(arcs, (1, 1), last=2)
    assert found is not None
    assert (found.score, found.digits) == (-5, (1, 1))
    assert to_text(arcs, (1,), last=2) is None
    assert to_text(arcs, (1, 1, 1), last=2) is None
    assert to_text(arcs, (), last=2) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), scores, scores), max_size=14))
def test_ways_through_are_those_of_trying_all(drawn: list[tuple[int, int, float, float]]) -> None:
    last = 5
    arcs = [
        Arc(start, start + step, -price, way(score, number))
        for number, (start, step, score, price) in enumerate(drawn)
        if start + step <= last
    ]

    def all_from(node: int) -> list[float]:
        if node == last:
            return [0.0]
        leaving = [arc for arc in arcs if arc.start == node]
        return [arc.way.score - arc.price + rest for arc in leaving for rest in all_from(arc.end)]

    expected = sorted(all_from(0), reverse=True)[:KEPT]
    found = [each.score for each in through(arcs, last=last)]
    assert len(found) == len(expected)
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected, strict=True))


@settings(deadline=None)
@given(st.lists(st.lists(scores, min_size=1, max_size=4), max_size=4))
def test_combinations_are_those_of_trying_all(drawn: list[list[float]]) -> None:
    units = [[way(score, i) for i, score in enumerate(sorted(unit, reverse=True))] for unit in drawn]
    expected = sorted((sum(each.score for each in chosen) for chosen in itertools.product(*units)), reverse=True)
    found = [sum(each.score for each in chosen) for chosen in together(units)]
    assert len(found) == min(KEPT, len(expected))
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected[:KEPT], strict=True))


def test_a_thousand_units_are_combined() -> None:
    units = [[way(-0.1, 0)] for _ in range(900)] + [[way(-0.1, 0), way(-0.5, 1)] for _ in range(100)]
    first, second, *_ = together(units)
    assert all(each.members == (0,) for each in first)
    assert sum(each.members == (1,) for each in second) == 1
