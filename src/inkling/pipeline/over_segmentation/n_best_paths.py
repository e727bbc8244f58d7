"""The best ways through a lattice of segments, and the best combinations of several: dynamic programming, k best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KEPT = 5  # ways that are kept wherever some are compared


@dataclass(frozen=True)
class GraphPath:
    """One way to read a part of the picture."""

    score: float  # logarithm of the probability of its most probable digits, less the price of its cuts
    log_weight: float  # the same without the probabilities that tell the ten digits apart
    members: tuple[int, ...]  # numbers of its glyphs, in reading order
    digits: tuple[int, ...]  # the most probable ones of these glyphs

    def then(self, other: GraphPath, *, price: float = 0.0) -> GraphPath:
        """This way and the other after it, for a price."""
        return GraphPath(
            self.score + other.score - price,
            self.log_weight + other.log_weight - price,
            self.members + other.members,
            self.digits + other.digits,
        )


@dataclass(frozen=True)
class Arc:
    """A segment of a lattice whose nodes are numbered from left to right."""

    start: int
    end: int
    price: float  # in nats
    way: GraphPath  # to read the segment


NOTHING = GraphPath(0.0, 0.0, (), ())


def n_best_paths(ways: Sequence[GraphPath]) -> list[GraphPath]:
    """The best ways that read differently, sorted; the same digits cut a little otherwise are not kept twice."""
    found: dict[tuple[int, ...], GraphPath] = {}
    for way in sorted(ways, key=lambda way: -way.score):
        found.setdefault(way.digits, way)
        if len(found) == KEPT:
            break
    return list(found.values())


def through(arcs: Sequence[Arc], *, last: int) -> list[GraphPath]:
    """The best ways from node 0 to node `last`, sorted; none where no arcs lead there. Arcs lead from left to right."""
    arrived: list[list[GraphPath]] = [[] for _ in range(last + 1)]
    arrived[0] = [NOTHING]
    for arc in sorted(arcs, key=lambda arc: arc.end):  # so all ways to a node are known before one leaves it
        longer = [way.then(arc.way, price=arc.price) for way in arrived[arc.start]]
        arrived[arc.end] = n_best_paths(arrived[arc.end] + longer)
    return arrived[last]


def to_text(arcs: Sequence[Arc], text: Sequence[int], *, last: int) -> GraphPath | None:
    """The best way from node 0 to node `last` whose digits are `text`; None where there is none."""
    arrived: dict[tuple[int, int], GraphPath] = {(0, 0): NOTHING}  # node and number of digits read
    for arc in sorted(arcs, key=lambda arc: arc.end):
        for n, digit in enumerate(text):
            way = arrived.get((arc.start, n)) if arc.way.digits == (digit,) else None
            if way is not None:
                longer = way.then(arc.way, price=arc.price)
                known = arrived.get((arc.end, n + 1))
                if known is None or longer.score > known.score:
                    arrived[arc.end, n + 1] = longer
    return arrived.get((last, len(text)))


def together(units: Sequence[Sequence[GraphPath]]) -> list[tuple[GraphPath, ...]]:
    """The best ways of each of several units, each sorted -> the best combinations of one way a unit, sorted."""
    found: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    spans = [(i, unit) for i, unit in enumerate(units) if len(unit) > 1]
    for _, unit in spans:
        longer = [(score + way.score, (*chosen, i)) for score, chosen in found for i, way in enumerate(unit)]
        found = sorted(longer, key=lambda each: -each[0])[:KEPT]
    return [tuple(_picked(units, dict(zip((i for i, _ in spans), chosen, strict=True)))) for _, chosen in found]


def _picked(units: Sequence[Sequence[GraphPath]], chosen: dict[int, int]) -> list[GraphPath]:
    return [unit[chosen.get(i, 0)] for i, unit in enumerate(units)]
