"""Fit the costs of cutting ink to a network and rows of digits, and write them into its bundle.

    python -m inkling.training.over_segmentation.cut_costs [MODEL] [--write]   fit, print, write
    python -m inkling.training.over_segmentation.cut_costs [MODEL] --keep --write   write without a fit

The fitted costs are those under which the texts that were written are the most probable, whichever cuts lead there: see
`crf`. Half of MNIST's validation digits is fitted to; the other half says what came of it. Those of the packaged `cnn`
were fitted to it so, on rows of validation digits, and rounded to two digits. `--keep` takes the costs that the bundle
has, or `crf.INITIAL` where it has none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
import numpy as np

from inkling.models import registry
from inkling.models.bundle import Bundle, CutCosts
from inkling.pipeline.reader import Reader
from inkling.training.checkpoint import write_text
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.over_segmentation.crf import (
    FITTED,
    HOPELESS,
    INITIAL,
    LOG_ZERO,
    Arcs,
    Row,
    all_paths,
    paths_for_text,
    to_vector,
    with_vector,
)
from inkling.training.over_segmentation.synthetic_rows import cut_image, write_rows

PULL = 1e-3  # of each cost, squared, towards 0

CostVector = np.ndarray  # (6,) nats, in the order of FITTED


def read_graphs(reader: Reader, image: np.ndarray) -> list[Arcs]:
    """(H, W) uint8 -> its segmentation graphs, classified, in reading order."""
    return [graph.with_prediction(reader.classify(graph.tiles)) for graph in cut_image(image)]


def loss(costs: CostVector, row: Row) -> tuple[float, np.ndarray]:
    """(6,) costs -> negative log probability of the row's text, nats, and its gradient (6,); 0 if no path reads it."""
    scores = [arcs.scores(costs) for arcs in row.graphs]  # (A, 10) each
    total, gradient = 0.0, np.zeros(len(costs))
    for arcs, score in zip(row.graphs, scores, strict=True):
        log_sum, share = all_paths(arcs, score)
        total += log_sum
        gradient += share @ arcs.features
    log_sum, shares = paths_for_text(row, scores)
    if not shares or total - log_sum > HOPELESS:
        return (HOPELESS if shares else 0.0), np.zeros(len(costs))
    for arcs, of_text in zip(row.graphs, shares, strict=True):
        gradient -= of_text.sum(axis=1) @ arcs.features
    return total - log_sum, gradient


def fit(rows: Sequence[Row], start: CostVector) -> CostVector:
    """Rows and (6,) costs to start from -> the (6,) costs under which the texts are the most probable."""
    from scipy.optimize import minimize

    def mean(costs: CostVector) -> tuple[float, np.ndarray]:
        losses, gradients = zip(*(loss(costs, row) for row in rows), strict=True)
        return float(np.mean(losses) + PULL * costs @ costs), np.mean(gradients, axis=0) + 2 * PULL * costs

    return np.asarray(minimize(mean, start, jac=True, method="L-BFGS-B", options={"maxiter": 30}).x)


def best_path_text(row: Row, costs: CostVector) -> list[int]:
    """The digits of the best path."""
    text: list[int] = []
    for arcs in row.graphs:
        scores = arcs.log_probs.max(axis=1) + arcs.features @ costs
        best: list[tuple[float, list[int]]] = [(LOG_ZERO, [])] * (arcs.last + 1)
        best[0] = (0.0, [])
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            score = best[start][0] + scores[i]
            if score > best[end][0]:
                best[end] = (score, [*best[start][1], int(arcs.log_probs[i].argmax())])
        text += best[-1][1]
    return text


def exact(rows: Sequence[Row], costs: CostVector) -> dict[str, float]:
    """Share of the rows read exactly, by kind."""
    kinds = dict.fromkeys(row.kind for row in rows)
    right = {kind: [best_path_text(row, costs) == row.text for row in rows if row.kind == kind] for kind in kinds}
    return {kind: float(np.mean(each)) for kind, each in right.items()}


def write(bundle: Bundle, costs: CutCosts) -> None:
    """Put the costs into the bundle's manifest, which changes nothing else there."""
    manifest = {**bundle.manifest, "cut_costs": asdict(costs)}
    write_text(bundle.path / "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


@click.command()
@click.argument("model", required=False)
@click.option("--rows", "n", default=600, show_default=True, help="Rows of each kind to fit to, and to judge by.")
@click.option("--seed", default=0, show_default=True)
@click.option("--keep", is_flag=True, help="Fit nothing: take the costs that the bundle has, or the initial ones.")
@click.option("--write", "is_written", is_flag=True, help="Write the costs into the bundle's manifest.")
def main(model: str | None, n: int, seed: int, keep: bool, is_written: bool) -> None:
    """Fits the costs to MODEL and prints them beside those it has."""
    bundle = registry.find(model)
    costs = bundle.cut_costs or INITIAL
    if not keep:
        costs = with_vector(INITIAL, fitted_to(bundle, to_vector(costs), n, seed))
    if is_written:
        write(bundle, costs)
        click.echo(bundle.path / "manifest.json")


def fitted_to(bundle: Bundle, start: CostVector, n: int, seed: int) -> CostVector:
    """Fit (6,) costs to a network, rounded to two digits; print them, and what share of other rows they read."""
    mnist = load_mnist()
    _, chosen = split_indices(mnist.y_train, 5000, 0)
    reader = Reader(bundle.path)
    halves = []
    for half in (0, 1):
        digits = mnist.x_train[chosen[half::2]], mnist.y_train[chosen[half::2]]
        made = write_rows(n, *digits, np.random.default_rng((seed, half)))
        halves.append([Row(kind, read_graphs(reader, image), text) for kind, image, text in made])
    fitted = np.array([float(f"{cost:.2g}") for cost in fit(halves[0], start)])
    for name, before, after in zip(FITTED, start, fitted, strict=True):
        click.echo(f"{name:15} {before:5.2f} -> {after:5.2f}")
    shares = exact(halves[1], start), exact(halves[1], fitted)
    for kind in shares[0]:
        click.echo(f"{kind:12} {shares[0][kind]:6.1%} -> {shares[1][kind]:6.1%} of {n} rows exact")
    return fitted


if __name__ == "__main__":
    main()
