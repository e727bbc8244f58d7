"""The prices of cutting ink, fitted to rows of digits: python -m inkling.training.over_segmentation.cut_costs [MODEL]

The prices are those under which the texts that were written are the most probable, whichever cuts lead there: see
`crf`. Half of the validation digits is fitted to; the other half says what came of it.
`inkling.pipeline.over_segmentation.ranking` has the prices as constants.
"""

from __future__ import annotations

from collections.abc import Sequence

import click
import numpy as np

from inkling.pipeline.reader import Reader
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.over_segmentation.crf import HOPELESS, NEVER, Arcs, Row, every_way, ways_to
from inkling.training.over_segmentation.synthetic_rows import PRICES, current_prices, cut, written

PULL = 1e-3  # of each price, squared, towards 0

Prices = np.ndarray  # (6,) nats, in the order of rows.PRICES


def lattices_of(reader: Reader, picture: np.ndarray) -> list[Arcs]:
    """(H, W) uint8 -> its lattices, read, in reading order."""
    return [cuts.read(reader.classify(cuts.tiles)) for cuts in cut(picture)]


def loss(prices: Prices, row: Row) -> tuple[float, np.ndarray]:
    """(6,) prices -> negative log probability of the row's text, nats, and its gradient (6,); 0 if it has no way."""
    scores = [arcs.scores(prices) for arcs in row.lattices]  # (A, 10) each
    total, gradient = 0.0, np.zeros(len(prices))
    for arcs, score in zip(row.lattices, scores, strict=True):
        log_sum, share = every_way(arcs, score)
        total += log_sum
        gradient += share @ arcs.features
    log_sum, shares = ways_to(row, scores)
    if not shares or total - log_sum > HOPELESS:
        return (HOPELESS if shares else 0.0), np.zeros(len(prices))
    for arcs, share in zip(row.lattices, shares, strict=True):
        gradient -= share.sum(axis=1) @ arcs.features
    return total - log_sum, gradient


def fit(rows: Sequence[Row], begin: Prices) -> Prices:
    """Rows and (6,) prices to begin with -> the (6,) prices under which the texts are the most probable."""
    from scipy.optimize import minimize

    def mean(prices: Prices) -> tuple[float, np.ndarray]:
        losses, gradients = zip(*(loss(prices, row) for row in rows), strict=True)
        return float(np.mean(losses) + PULL * prices @ prices), np.mean(gradients, axis=0) + 2 * PULL * prices

    return np.asarray(minimize(mean, begin, jac=True, method="L-BFGS-B", options={"maxiter": 30}).x)


def best_text(row: Row, prices: Prices) -> list[int]:
    """The digits of the best way."""
    text: list[int] = []
    for arcs in row.lattices:
        scores = arcs.log_probs.max(axis=1) + arcs.features @ prices
        ways: list[tuple[float, list[int]]] = [(NEVER, [])] * (arcs.last + 1)
        ways[0] = (0.0, [])
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            score = ways[start][0] + scores[i]
            if score > ways[end][0]:
                ways[end] = (score, [*ways[start][1], int(arcs.log_probs[i].argmax())])
        text += ways[-1][1]
    return text


def exact(rows: Sequence[Row], prices: Prices) -> dict[str, float]:
    """Share of the rows read exactly, by kind."""
    kinds = dict.fromkeys(row.kind for row in rows)
    right = {kind: [best_text(row, prices) == row.text for row in rows if row.kind == kind] for kind in kinds}
    return {kind: float(np.mean(each)) for kind, each in right.items()}


@click.command()
@click.argument("model", required=False)
@click.option("--rows", "n", default=600, show_default=True, help="Rows of each kind to fit to, and to judge by.")
@click.option("--seed", default=0, show_default=True)
def main(model: str | None, n: int, seed: int) -> None:
    """Fits the prices to MODEL and prints them beside what they are now."""
    mnist = load_mnist()
    _, chosen = split_indices(mnist.y_train, 5000, 0)
    reader = Reader(model)
    halves = []
    for half in (0, 1):
        images, labels = mnist.x_train[chosen[half::2]], mnist.y_train[chosen[half::2]]
        rng = np.random.default_rng((seed, half))
        halves.append(
            [Row(kind, lattices_of(reader, picture), text) for kind, picture, text in written(n, images, labels, rng)]
        )
    now = current_prices()
    fitted = fit(halves[0], now)
    for name, before, after in zip(PRICES, now, fitted, strict=True):
        click.echo(f"{name:8} {before:5.2f} -> {after:5.2f}")
    before, after = exact(halves[1], now), exact(halves[1], fitted)
    for kind in before:
        click.echo(f"{kind:12} {before[kind]:6.1%} -> {after[kind]:6.1%} of {n} rows exact")


if __name__ == "__main__":
    main()
