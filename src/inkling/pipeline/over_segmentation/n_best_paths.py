"""The n best paths through a segmentation graph, and the n best combinations of several: dynamic programming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inkling.pipeline.config.over_segmentation import RANKING

N_BEST = RANKING.n_best


@dataclass(frozen=True)
class GraphPath:
    """One segmentation of a part of the image."""

    score: float  # logarithm of the probability of its most probable digits, less its costs
    log_weight: float  # the same without the probabilities that tell the ten digits apart
    glyph_numbers: tuple[int, ...]  # in reading order
    digits: tuple[int, ...]  # the most probable ones of these glyphs

    def then(self, other: GraphPath, *, cost: float = 0.0) -> GraphPath:
        """This path and the other after it, at a cost."""
        return GraphPath(
            self.score + other.score - cost,
            self.log_weight + other.log_weight - cost,
            self.glyph_numbers + other.glyph_numbers,
            self.digits + other.digits,
        )


@dataclass(frozen=True)
class Arc:
    """A segment of a graph whose nodes are numbered from left to right."""

    start: int
    end: int
    cost: float  # nats
    path: GraphPath  # the segment read as one digit


EMPTY_PATH = GraphPath(0.0, 0.0, (), ())


def keep_best(paths: Sequence[GraphPath]) -> list[GraphPath]:
    """The best paths that read differently, sorted; the same digits cut a little otherwise are not kept twice."""
    found: dict[tuple[int, ...], GraphPath] = {}
    for path in sorted(paths, key=lambda path: -path.score):
        found.setdefault(path.digits, path)
        if len(found) == N_BEST:
            break
    return list(found.values())


def best_paths(arcs: Sequence[Arc], *, last: int) -> list[GraphPath]:
    """The best paths from node 0 to node `last`, sorted; none where no arcs lead there. All arcs lead to the right."""
    at_node: list[list[GraphPath]] = [[] for _ in range(last + 1)]
    at_node[0] = [EMPTY_PATH]
    for arc in sorted(arcs, key=lambda arc: arc.end):  # so all paths to a node are known before one leaves it
        longer = [path.then(arc.path, cost=arc.cost) for path in at_node[arc.start]]
        at_node[arc.end] = keep_best(at_node[arc.end] + longer)
    return at_node[last]


def best_path_for_text(arcs: Sequence[Arc], text: Sequence[int], *, last: int) -> GraphPath | None:
    """The best path from node 0 to node `last` whose digits are `text`; None where there is none."""
    at_state: dict[tuple[int, int], GraphPath] = {(0, 0): EMPTY_PATH}  # by node and number of digits read
    for arc in sorted(arcs, key=lambda arc: arc.end):
        for n, digit in enumerate(text):
            path = at_state.get((arc.start, n)) if arc.path.digits == (digit,) else None
            if path is not None:
                longer = path.then(arc.path, cost=arc.cost)
                known = at_state.get((arc.end, n + 1))
                if known is None or longer.score > known.score:
                    at_state[arc.end, n + 1] = longer
    return at_state.get((last, len(text)))


def best_combinations(choices: Sequence[Sequence[GraphPath]]) -> list[tuple[GraphPath, ...]]:
    """For each of several groups its best paths, sorted -> the best combinations of one path a group, sorted."""
    found: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    open_choices = [(i, paths) for i, paths in enumerate(choices) if len(paths) > 1]
    for _, paths in open_choices:
        longer = [(score + path.score, (*chosen, i)) for score, chosen in found for i, path in enumerate(paths)]
        found = sorted(longer, key=lambda each: -each[0])[:N_BEST]
    groups = [i for i, _ in open_choices]
    picks = [dict(zip(groups, chosen, strict=True)) for _, chosen in found]
    return [tuple(paths[pick.get(i, 0)] for i, paths in enumerate(choices)) for pick in picks]
