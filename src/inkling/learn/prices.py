"""The prices of cutting ink, fitted to rows of digits: python -m inkling.learn.prices [MODEL]

A way through the lattices of a row is as probable as the exponential of its score: the probabilities of its digits,
less its prices. The prices are those under which the texts that were written are the most probable, whichever cuts
lead there: a conditional random field with hidden cuts, or the discriminative forward training of graph transformer
networks (LeCun, Bottou, Bengio, Haffner 1998, section VI). Half of the validation digits is fitted to; the other half
says what came of it. `inkling.road.parting` has the prices as constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
import cv2
import numpy as np

from inkling.learn import data, touching
from inkling.quiet import quiet_stderr
from inkling.road import parting
from inkling.road.glyphs import Glyphs
from inkling.road.lattice import Segment
from inkling.road.model import Judgement
from inkling.road.reader import Reader
from inkling.road.tile import make_tiles

LONGEST = 6  # digits in a row
KINDS = {"close": 0.0, "some touch": 0.4, "all touch": 1.0}  # share of neighbours that touch
NAMES = ("FIRM", "CUT", "LIKELY", "JOIN", "WIDER", "LOWER")  # the prices, as `parting` names them
PULL = 1e-3  # of each price, squared, towards 0
WORST = 20.0  # nats: a row whose text is less probable than this teaches nothing more
ENLARGED = 6  # times: a digit that stands alone
_NEVER = -1e9

Written = tuple[str, np.ndarray, list[int]]  # kind, (H, W) uint8 dark on light, text


@dataclass(frozen=True)
class Arcs:
    """The segments of one lattice, sorted by their end, as numbers."""

    last: int  # node
    start: np.ndarray  # (A,) nodes
    end: np.ndarray  # (A,) nodes
    log_probs: np.ndarray  # (A, 10), of each digit
    features: np.ndarray  # (A, 6), what the prices are multiplied with


@dataclass(frozen=True)
class Row:
    """A picture's lattices in reading order, and what was written."""

    kind: str
    lattices: list[Arcs]
    text: list[int]


def written(
    n: int, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray, list[int]]]:
    """`n` rows of each kind and as many digits alone: kind, (H, W) uint8 dark on light, text."""
    for kind, share in KINDS.items():
        for _ in range(n):
            picked = rng.integers(len(images), size=rng.integers(2, LONGEST + 1))
            ink = touching.write(images[picked], rng, share=share).max(axis=0)
            yield kind, np.asarray(255 - np.rint(255 * ink), np.uint8), labels[picked].tolist()
    for i in rng.integers(len(images), size=n):
        large = cv2.resize(images[i], None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        yield "alone", 255 - np.pad(large, 4 * ENLARGED), [int(labels[i])]


def lattices_of(reader: Reader, picture: np.ndarray) -> list[Arcs]:
    """The lattices of a picture if each glyph is doubted that can be."""
    one = reader.prepare(picture)
    glyphs, found = one.glyphs, []
    boxes = [glyph.box_xywh for glyph in glyphs.flat]
    stretches = parting.in_stretches(glyphs, [w <= parting.WIDEST * h for _, _, w, h in boxes])
    for stretch, lattice in zip(stretches, parting.make_lattices(glyphs, stretches), strict=True):
        alone = [Segment(0, 1, None, 0, 1.0, glyphs.flat[stretch.numbers[0]])]
        segments = sorted(lattice.segments, key=lambda segment: segment.end) if lattice else alone
        parts = Glyphs([[segment.glyph for segment in segments]], glyphs.labels, glyphs.corner_xy)
        judgement = reader.judge(make_tiles(one.ink, parts))
        start, end = np.array([(segment.start, segment.end) for segment in segments]).T
        log_probs = np.log(np.maximum(judgement.probs, parting.LEAST))
        found.append(Arcs(int(end[-1]), start, end, log_probs, features(segments, judgement)))
    return found


def features(segments: Sequence[Segment], judgement: Judgement) -> np.ndarray:
    """(A, 6): by how much each price in NAMES raises the score of a segment."""
    w, h = np.array([segment.glyph.box_xywh[2:] for segment in segments], float).T
    likely = np.array([np.nan if segment.likely is None else segment.likely for segment in segments])
    columns = (
        np.log(np.maximum(1 - judgement.not_digit, parting.LEAST)),
        -np.isfinite(likely).astype(float),
        np.nan_to_num(likely),
        -np.array([segment.gaps for segment in segments], float),
        -np.maximum(w / h - parting.USUAL_WIDTH, 0),
        -np.maximum(parting.USUAL_HEIGHT - np.array([segment.height for segment in segments]), 0),
    )
    return np.stack(columns, axis=1)


def loss(prices: np.ndarray, row: Row) -> tuple[float, np.ndarray]:
    """(6,) prices -> negative log probability of the row's text, nats, and its gradient (6,); 0 if it has no way."""
    scores = [arcs.log_probs + (arcs.features @ prices)[:, None] for arcs in row.lattices]  # (A, 10) each
    total, gradient = 0.0, np.zeros(len(prices))
    for arcs, score in zip(row.lattices, scores, strict=True):
        log_sum, share = every_way(arcs, score)
        total += log_sum
        gradient += share @ arcs.features
    log_sum, shares = ways_to(row, scores)
    if not shares or total - log_sum > WORST:
        return (WORST if shares else 0.0), np.zeros(len(prices))
    for arcs, share in zip(row.lattices, shares, strict=True):
        gradient -= share @ arcs.features
    return total - log_sum, gradient


def every_way(arcs: Arcs, scores: np.ndarray) -> tuple[float, np.ndarray]:
    """(A, 10) scores -> logarithm of the sum over all ways with all digits, and (A,) how often each arc is on one."""
    of_arc = np.logaddexp.reduce(scores, axis=1)
    before, after = np.full(arcs.last + 1, _NEVER), np.full(arcs.last + 1, _NEVER)
    before[0] = after[-1] = 0.0
    for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
        before[end] = np.logaddexp(before[end], before[start] + of_arc[i])
    for i in reversed(range(len(of_arc))):
        start, end = arcs.start[i], arcs.end[i]
        after[start] = np.logaddexp(after[start], of_arc[i] + after[end])
    return float(before[-1]), np.exp(before[arcs.start] + of_arc + after[arcs.end] - before[-1])


def ways_to(row: Row, scores: Sequence[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """The same over the ways that read the row's text; no shares if there is none."""
    n, fronts = len(row.text), []
    front = np.full(n + 1, _NEVER)  # by how many digits have been read
    front[0] = 0.0
    for arcs, score in zip(row.lattices, scores, strict=True):
        before, of_text = np.full((arcs.last + 1, n + 1), _NEVER), score[:, row.text]  # (A, n)
        before[0] = front
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            before[end, 1:] = np.logaddexp(before[end, 1:], before[start, :-1] + of_text[i])
        fronts.append(before)
        front = before[-1]
    log_sum = float(front[n])
    if log_sum < _NEVER / 2:
        return log_sum, []
    back, shares = np.full(n + 1, _NEVER), []
    back[n] = 0.0
    for arcs, score, before in zip(row.lattices[::-1], scores[::-1], fronts[::-1], strict=True):
        after, of_text = np.full((arcs.last + 1, n + 1), _NEVER), score[:, row.text]
        after[-1], share = back, np.zeros(len(score))
        for i in reversed(range(len(score))):
            start, end = arcs.start[i], arcs.end[i]
            through = of_text[i] + after[end, 1:]
            after[start, :-1] = np.logaddexp(after[start, :-1], through)
            share[i] = np.exp(before[start, :-1] + through - log_sum).sum()
        shares.append(share)
        back = after[0]
    return log_sum, shares[::-1]


def fit(rows: Sequence[Row], begin: np.ndarray) -> np.ndarray:
    """Rows and (6,) prices to begin with -> the (6,) prices under which the texts are the most probable."""
    from scipy.optimize import minimize

    def mean(prices: np.ndarray) -> tuple[float, np.ndarray]:
        losses, gradients = zip(*(loss(prices, row) for row in rows), strict=True)
        return float(np.mean(losses) + PULL * prices @ prices), np.mean(gradients, axis=0) + 2 * PULL * prices

    return np.asarray(minimize(mean, begin, jac=True, method="L-BFGS-B", options={"maxiter": 30}).x)


def best_text(row: Row, prices: np.ndarray) -> list[int]:
    """The digits of the best way."""
    text: list[int] = []
    for arcs in row.lattices:
        scores = arcs.log_probs.max(axis=1) + arcs.features @ prices
        ways: list[tuple[float, list[int]]] = [(_NEVER, [])] * (arcs.last + 1)
        ways[0] = (0.0, [])
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            score = ways[start][0] + scores[i]
            if score > ways[end][0]:
                ways[end] = (score, [*ways[start][1], int(arcs.log_probs[i].argmax())])
        text += ways[-1][1]
    return text


def exact(rows: Sequence[Row], prices: np.ndarray) -> dict[str, float]:
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
    mnist = data.load()
    _, chosen = data.split(mnist.y_train, 5000, 0)
    with quiet_stderr():
        reader = Reader(model)
    halves = []
    for half in (0, 1):
        images, labels = mnist.x_train[chosen[half::2]], mnist.y_train[chosen[half::2]]
        rng = np.random.default_rng((seed, half))
        halves.append(
            [Row(kind, lattices_of(reader, picture), text) for kind, picture, text in written(n, images, labels, rng)]
        )
    now = np.array([getattr(parting, name) for name in NAMES])
    fitted = fit(halves[0], now)
    for name, before, after in zip(NAMES, now, fitted, strict=True):
        click.echo(f"{name:8} {before:5.2f} -> {after:5.2f}")
    before, after = exact(halves[1], now), exact(halves[1], fitted)
    for kind in before:
        click.echo(f"{kind:12} {before[kind]:6.1%} -> {after[kind]:6.1%} of {n} rows exact")


if __name__ == "__main__":
    main()
