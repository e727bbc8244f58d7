"""Hard examples for a network that judges cuts: the segments that decide how rows of digits are read.

Rows of the run's own digits are cut into segmentation graphs once. Before each epoch the network classifies them as it
now is. Where the paths that read what was written use a segment more, or less, often than all paths together do, the
network should judge that segment differently: the gradient of the row's likelihood, as in the discriminative training
of graph transformer networks (LeCun, Bottou, Bengio, Haffner 1998, section VI). Such segments are shown the most often,
as the digit that the paths to the text read there or as none, each as often as these paths say.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.training import augment
from inkling.training.nondigits import NO_DIGIT
from inkling.training.over_segmentation.crf import COSTS, HOPELESS, Row, all_paths, paths_for_text, to_vector
from inkling.training.over_segmentation.synthetic_rows import ALONE, COPY, UnclassifiedGraph, cut_image, write_row
from inkling.training.recipe import Recipe

SHOWN_OF_ROW = 2.0  # segments an epoch shows for each row, on average
LONGEST = 4  # digits in a row
SHARES = {"close": 0.2, "some touch": 0.25, "all touch": 0.4, ALONE: 0.15}  # of the rows that are no copies
EASY = 0.05  # how often a segment is shown whose reading is as it should be, beside one that is all wrong

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) uint8 tiles -> prediction
Pieces = tuple[np.ndarray, np.ndarray]  # (K, 28, 28) uint8 tiles and (K,) uint8 labels, NO_DIGIT for no digit


@dataclass(frozen=True)
class CutRow:
    """A row's graphs, with tiles as uint8, and what was written."""

    text: list[int]
    graphs: list[UnclassifiedGraph]


def n_per_epoch(recipe: Recipe, n_digits: int) -> int:
    """How many pieces an epoch shows beside `n_digits` digits."""
    return round(recipe.mined * n_digits)


def cut_rows(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> list[CutRow]:
    """A run's rows, made of its own (N, 28, 28) uint8 training digits."""
    n = round(n_per_epoch(recipe, len(images)) / SHOWN_OF_ROW)
    shares = {kind: share * (1 - recipe.copies) for kind, share in SHARES.items()} | {COPY: recipe.copies}
    kinds = np.random.default_rng((recipe.seed, 0x5E6)).choice(list(shares), size=n, p=list(shares.values()))

    def make(i: int) -> CutRow:
        rng = np.random.default_rng((recipe.seed, 0x5E6, i))
        image, text = write_row(str(kinds[i]), images, labels, rng, longest=LONGEST)
        return CutRow(text, [replace(graph, tiles=as_bytes(graph.tiles)) for graph in cut_image(image)])

    with ThreadPoolExecutor(augment.thread_count()) as pool:
        return list(pool.map(make, range(n)))


def as_bytes(tiles: np.ndarray) -> np.ndarray:
    """(N, 28, 28) float32 in 0..1 -> uint8."""
    return np.asarray(np.rint(tiles * 255), np.uint8)


def mine(rows: list[CutRow], classify: Classify, n: int, rng: np.random.Generator) -> Pieces:
    """`n` segments of the rows as the network classifies them now, the more often the more they matter."""
    tiles = np.concatenate([graph.tiles for row in rows for graph in row.graphs])
    prediction = classify(tiles)
    labels, weights = np.full((len(tiles), NO_DIGIT + 1), 0.0), np.zeros(len(tiles))
    done = 0
    for row in rows:
        of_row = sum(len(graph.tiles) for graph in row.graphs)
        here = slice(done, done + of_row)
        lesson = lesson_of(row, Prediction(prediction.probs[here], prediction.not_digit[here]))
        if lesson is not None:
            labels[here], weights[here] = lesson
        done += of_row
    chosen = rng.choice(len(tiles), n, p=weights / weights.sum())
    up_to = np.cumsum(labels[chosen], axis=1)
    drawn = (up_to < rng.random((n, 1)) * up_to[:, -1:]).sum(axis=1)
    return tiles[chosen], drawn.astype(np.uint8)


def lesson_of(row: CutRow, prediction: Prediction) -> tuple[np.ndarray, np.ndarray] | None:
    """What a row's A segments should be, (A, 11) parts of 1, and how much it matters, (A,); None if it is hopeless."""
    arcs, done = [], 0
    for graph in row.graphs:
        here = slice(done, done + len(graph.tiles))
        arcs.append(graph.with_prediction(Prediction(prediction.probs[here], prediction.not_digit[here])))
        done += len(graph.tiles)
    costs = to_vector(COSTS)
    scores = [one.scores(costs) for one in arcs]
    found = [all_paths(one, score) for one, score in zip(arcs, scores, strict=True)]
    log_sum, shares = paths_for_text(Row("", arcs, row.text), scores)
    if not shares or sum(log_all for log_all, _ in found) - log_sum > HOPELESS:
        return None
    used = np.concatenate([share for _, share in found])  # (A,): share in all paths
    right = np.concatenate(shares) @ np.eye(NO_DIGIT + 1)[row.text]  # (A, 11): share in those to the text, by digit
    often = right.sum(axis=1)
    right[:, NO_DIGIT] = np.maximum(used - often, 0)
    weight = np.abs(used - often) + EASY * np.maximum(used, often)
    return right / np.maximum(right.sum(axis=1, keepdims=True), 1e-9), weight
