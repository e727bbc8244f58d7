import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.pipeline.over_segmentation.n_best_paths import (
    N_BEST,
    Arc,
    GraphPath,
    best_combinations,
    best_path_for_text,
    best_paths,
    keep_best,
)


def path(score: float, *numbers: int) -> GraphPath:
    return GraphPath(score, score - 1, numbers, numbers)


def test_the_best_path_has_the_largest_sum() -> None:
    arcs = [Arc(0, 2, 0.0, path(-5, 0)), Arc(0, 1, 1.0, path(-1, 1)), Arc(1, 2, 0.0, path(-1, 2))]
    first, second = best_paths(arcs, last=2)
    assert (first.score, first.glyph_numbers, first.log_weight) == (-3, (1, 2), -5)
    assert (second.score, second.glyph_numbers) == (-5, (0,))


def test_no_arcs_no_path() -> None:
    assert best_paths([Arc(0, 1, 0.0, path(-1, 0))], last=2) == []


def test_the_same_digits_cut_otherwise_are_kept_once() -> None:
    paths = [GraphPath(-2, 0, (0,), (7,)), GraphPath(-1, 0, (1,), (7,)), GraphPath(-3, 0, (2,), (1,))]
    assert [each.glyph_numbers for each in keep_best(paths)] == [(1,), (2,)]


scores = st.floats(-20, 0)


def test_the_best_path_for_a_text() -> None:
    arcs = [
        Arc(0, 2, 0.0, path(-1, 4)),
        Arc(0, 1, 0.5, path(-3, 1)),
        Arc(0, 1, 1.0, path(-2, 1)),
        Arc(1, 2, 0.0, path(-2, 1)),
    ]
    found = best_path_for_text(arcs, (1, 1), last=2)
    assert found is not None
    assert (found.score, found.digits) == (-5, (1, 1))
    assert best_path_for_text(arcs, (1,), last=2) is None
    assert best_path_for_text(arcs, (1, 1, 1), last=2) is None
    assert best_path_for_text(arcs, (), last=2) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), scores, scores), max_size=14))
def test_best_paths_are_those_of_trying_all(drawn: list[tuple[int, int, float, float]]) -> None:
    last = 5
    arcs = [
        Arc(start, start + step, -cost, path(score, number))
        for number, (start, step, score, cost) in enumerate(drawn)
        if start + step <= last
    ]

    def all_from(node: int) -> list[float]:
        if node == last:
            return [0.0]
        leaving = [arc for arc in arcs if arc.start == node]
        return [arc.path.score - arc.cost + rest for arc in leaving for rest in all_from(arc.end)]

    expected = sorted(all_from(0), reverse=True)[:N_BEST]
    found = [each.score for each in best_paths(arcs, last=last)]
    assert len(found) == len(expected)
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected, strict=True))


@settings(deadline=None)
@given(st.lists(st.lists(scores, min_size=1, max_size=4), max_size=4))
def test_combinations_are_those_of_trying_all(drawn: list[list[float]]) -> None:
    groups = [[path(score, i) for i, score in enumerate(sorted(group, reverse=True))] for group in drawn]
    expected = sorted((sum(each.score for each in chosen) for chosen in itertools.product(*groups)), reverse=True)
    found = [sum(each.score for each in chosen) for chosen in best_combinations(groups)]
    assert len(found) == min(N_BEST, len(expected))
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected[:N_BEST], strict=True))


def test_a_thousand_groups_are_combined() -> None:
    groups = [[path(-0.1, 0)] for _ in range(900)] + [[path(-0.1, 0), path(-0.5, 1)] for _ in range(100)]
    first, second, *_ = best_combinations(groups)
    assert all(each.glyph_numbers == (0,) for each in first)
    assert sum(each.glyph_numbers == (1,) for each in second) == 1
