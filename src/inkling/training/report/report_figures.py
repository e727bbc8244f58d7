"""The figures of a report: each with its title, its caption and the function that draws it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from inkling.training import augment
from inkling.training.data.mnist import Mnist
from inkling.training.recipe import Augmentation, Recipe, stages_of
from inkling.training.report import image_plots, metric_plots, style
from inkling.training.report.measurements import Measurements
from inkling.training.report.network_views import NetworkView
from inkling.training.report.robustness import RobustnessCurve

MAX_WEIGHT_MAPS = 128
ERRORS_PER_FIGURE = 25
SQUARE_IN = (5.0, 4.7)  # inches
SECTIONS = LEARNING, ERRORS, CONFIDENCE, ROBUSTNESS, NETWORK, AUGMENTATION = (
    "Learning curves",
    "Errors",
    "Confidence and calibration",
    "Robustness",
    "Inside the network",
    "Augmentation",
)


@dataclass(frozen=True)
class FigureSpec:
    """One figure, before it is drawn."""

    name: str  # of its file, without suffix
    section: str
    title: str  # the finding
    caption: str  # how to read it
    draw: Callable[[Axes], Axes]
    size_in: tuple[float, float] = style.HALF

    @property
    def wide(self) -> bool:
        """Whether it takes the page's whole width."""
        return self.size_in[0] > style.HALF[0]


def model_figures(found: Measurements, network: NetworkView | None, mnist: Mnist) -> list[FigureSpec]:
    """The figures that show one model alone."""
    figures = [*learning_figures([found]), *error_figures(found), *confidence_figures(found)]
    if network is not None:
        figures += network_figures(found, network)
    if found.subject.recipe is not None and not found.subject.recipe.augmentation.is_none:
        figures.append(augmentation_figure(found.subject.recipe, mnist))
    return figures


def shared_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """The figures that compare several models; for one alone, its robustness."""
    if len(found) == 1:
        return robustness_figures(found)
    return [*learning_figures(found), *comparison_figures(found), *robustness_figures(found)]


def learning_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Loss and error by epoch: training and validation of one run, validation alone of several."""
    histories = {m.subject.label: m.subject.history for m in found if m.subject.history}
    if not histories:
        return []
    single = len(histories) == 1
    if single:
        (rows,) = histories.values()
        lines = {"training": (rows, ""), "validation": (rows, "val_")}
        colours: tuple[str, ...] = style.SERIES
    else:
        lines = {label: (rows, "val_") for label, rows in histories.items()}
        # A model keeps its colour where some others have no history.
        colours = tuple(style.SERIES[k % len(style.SERIES)] for k, m in enumerate(found) if m.subject.history)
    losses = {name: [row[f"{prefix}loss"] for row in rows] for name, (rows, prefix) in lines.items()}
    errors = {name: [1 - row[f"{prefix}accuracy"] for row in rows] for name, (rows, prefix) in lines.items()}
    best = min(errors, key=lambda name: errors[name][-1])
    error_title = (
        f"Error ended at {errors['validation'][-1]:.2%} of validation images"
        if single
        else f"{best} ended lowest, at {errors[best][-1]:.2%}, validation"
    )
    borders = stage_borders(next(m for m in found if m.subject.history)) if single else []
    plot = partial(metric_plots.learning_curves, borders=borders)
    return [
        FigureSpec(
            "learning-loss", LEARNING, f"Cross-entropy by epoch{'' if single else ', validation'}",
            "Validation images are training images held back. Augmentation and label smoothing make the training task "
            "harder: then the training curve lies above the validation curve."
            + (" Dashed: a new stage of training begins." if borders else ""),
            partial(plot, lines=losses, what="cross-entropy", colours=colours),
        ),
        FigureSpec(
            "learning-error", LEARNING, error_title,
            "The part of the images read wrongly, by epoch, on a logarithmic scale.",
            partial(plot, lines=errors, what="error", percent=True, colours=colours),
        ),
    ]  # fmt: skip


def stage_borders(found: Measurements) -> list[int]:
    """The last epoch of each stage of its training but the last; [] for a recipe without stages."""
    made_by = found.subject.recipe
    if made_by is None:
        return []
    ends = itertools.accumulate(stage.epochs for stage in stages_of(made_by))
    return [last for last in ends if last < len(found.subject.history)]


def error_figures(found: Measurements) -> list[FigureSpec]:
    """Confusion matrix, errors by digit, the most confident errors."""
    counts = found.confusion
    wrong = counts - np.diag(np.diag(counts))
    label, read = divmod(int(wrong.argmax()), 10)
    most = f": most often {label} read as {read}" if wrong.any() else ""
    hardest = min(found.per_class, key=lambda row: row["recall"])
    figures = [
        FigureSpec(
            "confusion", ERRORS, f"{wrong.sum():,} of {len(found.labels):,} wrong{most}",
            "Confusion matrix. Rows: the label. Columns: what was read. The diagonal, in grey, was read right; "
            "the darker a mistake, the more frequent it is.",
            partial(metric_plots.confusion_matrix, counts=counts), SQUARE_IN,
        ),
        FigureSpec(
            "per-class", ERRORS, f"{hardest['digit']} is missed most: {1 - hardest['recall']:.1%}",
            "Missed: digits of this class that were read as another (1 - recall). "
            "Wrong: readings of this class that were another (1 - precision).",
            partial(metric_plots.class_errors, rows=found.per_class), SQUARE_IN,
        ),
    ]  # fmt: skip
    for start in range(0, len(found.worst), ERRORS_PER_FIGURE):
        chosen = found.worst[start : start + ERRORS_PER_FIGURE]
        draw = partial(
            image_plots.misread_tiles, images=found.images[chosen], details=[found.mistake(int(i)) for i in chosen]
        )
        figures.append(
            FigureSpec(
                f"mistakes-{start // ERRORS_PER_FIGURE + 1}", ERRORS,
                f"The most confident mistakes, {start + 1} to {start + len(chosen)}",
                "Below each tile: its label, what was read, and the confidence.",
                draw, (style.HALF[0], 0.5 + 1.17 * -(-len(chosen) // 5)),
            )
        )  # fmt: skip
    return figures


def confidence_figures(found: Measurements) -> list[FigureSpec]:
    """Reliability diagram before and after temperature scaling, histogram of confidence, risk-coverage curve."""
    before, after = found.summary["calibration_error"], found.summary["calibration_error_calibrated"]
    at_sure, bundle, shifted = found.at_sure, found.subject.bundle, found.shifted
    return [
        FigureSpec(
            "reliability", CONFIDENCE, f"Calibration error {before:.2%}, scaled {after:.2%}",
            "Reliability diagram. On the diagonal, of the digits read with 80% confidence 80% are right. Temperature "
            f"{bundle.temperature:g} was fitted on validation images. Bars: 95% intervals; bins with fewer than "
            f"{metric_plots.MIN_BIN_COUNT} digits are left out.",
            partial(
                metric_plots.reliability_diagram, lines={"uncalibrated": found.bins_before, "scaled": found.bins}
            ),
        ),
        FigureSpec(
            "reliability-shifted", CONFIDENCE, _shifted_title(found),
            f"Reliability diagram on {shifted.summary['n']:,} digits unlike MNIST's, of which {found.subject.label} "
            f"reads {shifted.summary['accuracy']:.1%} right, beside that on the test digits. Below the diagonal a "
            "network is surer than it is right.",
            partial(
                metric_plots.reliability_diagram, lines={"test digits": found.bins, shifted.name: shifted.bins},
                colours=style.SERIES,
            ),
        ),
        FigureSpec(
            "confidence", CONFIDENCE, f"{at_sure.coverage:.2%} of the digits are read surely",
            "Histogram of confidence, counts on a logarithmic scale.",
            partial(
                metric_plots.confidence_histogram, confidence=found.probs.max(1),
                right=found.probs.argmax(1) == found.labels, sure_at=bundle.sure_at,
            ),
        ),
        FigureSpec(
            "coverage", CONFIDENCE,
            f"Of those answered surely, {at_sure.error:.2%} are wrong" if at_sure.n else
            "No digit is sure enough to be answered",
            "Risk-coverage curve. Raise sure_at and fewer digits are answered (to the left), with fewer errors among "
            "them. Shaded: 95% intervals. The dot is where the bundle's own sure_at stands.",
            partial(metric_plots.risk_coverage, lines={found.subject.label: (found.risk_coverage, at_sure)}),
        ),
    ]  # fmt: skip


def comparison_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Errors by digit, risk-coverage curves and reliability diagrams of several models."""
    best = max(found, key=lambda m: m.summary["accuracy"])
    return [
        FigureSpec(
            "compared-digits", ERRORS, f"{best.subject.label} makes the fewest mistakes",
            "The part of each digit that was missed (1 - recall).",
            partial(metric_plots.compared_class_errors, lines={m.subject.label: m.per_class for m in found}),
        ),
        FigureSpec(
            "compared-coverage", CONFIDENCE, "Error falls as the doubtful are left out",
            "Risk-coverage curves: error among the digits answered, as sure_at moves. Dots: each bundle's own sure_at.",
            partial(
                metric_plots.risk_coverage, lines={m.subject.label: (m.risk_coverage, m.at_sure) for m in found}
            ),
        ),
        FigureSpec(
            "compared-reliability", CONFIDENCE, "Confidence against accuracy, after scaling",
            "Reliability diagrams: on the diagonal, confidence equals accuracy. Bars: 95% intervals.",
            partial(
                metric_plots.reliability_diagram, lines={m.subject.label: m.bins for m in found}, colours=style.SERIES
            ),
        ),
        FigureSpec(
            "compared-shifted", CONFIDENCE, f"The same on {found[0].shifted.name}",
            f"Reliability diagrams on {found[0].shifted.summary['n']:,} digits unlike MNIST's. Below the diagonal a "
            "network is surer than it is right.",
            partial(
                metric_plots.reliability_diagram, lines={m.subject.label: m.shifted.bins for m in found},
                colours=style.SERIES,
            ),
        ),
    ]  # fmt: skip


def robustness_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """A figure for each distortion."""
    figures = []
    for k, first in enumerate(found[0].robustness):
        lines = {m.subject.label: m.robustness[k] for m in found}
        note = f"Accuracy on the same {first.n:,} test images at each level, with a fixed seed."
        if first.name in ("shift", "contrast"):
            note += " In a photo the pipeline undoes most of this before the network sees it."
        draw = partial(metric_plots.robustness_curves, lines=lines)
        figures.append(FigureSpec(f"robustness-{first.name}", ROBUSTNESS, _robustness_title(lines), note, draw))
    return figures


def network_figures(found: Measurements, network: NetworkView) -> list[FigureSpec]:
    """First-layer weights, and the last hidden layer in two dimensions."""
    weights, votes = network.first_weights[:MAX_WEIGHT_MAPS], network.votes[:MAX_WEIGHT_MAPS]
    n, height, width = weights.shape
    columns, words = (16, f"{n} units, each with 28x28 weights") if network.is_dense else (
        12, f"{n} kernels of {height}x{width} weights"
    )  # fmt: skip
    sorting = (
        " A number begins the units that raise this digit most, the strongest first." if (votes >= 0).any() else ""
    )
    labels = found.labels[found.subset]
    scatter = partial(
        metric_plots.embedding_scatter, labels=labels, wrong=(found.probs.argmax(1) != found.labels)[found.subset]
    )
    ringed = "Each dot is a test image, coloured by its label; ringed ones were read wrongly."
    return [
        FigureSpec(
            "weights", NETWORK, f"The first layer: {words}",
            f"Blue: ink here raises the unit. Orange: it lowers it. Paper: no effect.{sorting}",
            partial(image_plots.weight_maps, weights=weights, votes=votes, columns=columns),
            (style.WHOLE[0], 0.8 + 9.7 * -(-n // columns) / columns),
        ),
        FigureSpec(
            "hidden-pca", NETWORK, f"Last hidden layer: two directions hold {sum(network.explained_variance):.0%}",
            f"The first two principal components of the last hidden layer, {len(labels):,} test images. {ringed}",
            partial(scatter, xy=network.pca), (5.0, 4.8),
        ),
        FigureSpec(
            "hidden-tsne", NETWORK, "Neighbours in the last hidden layer",
            f"The same by t-SNE: neighbours are meaningful, distances between groups are not. {ringed}",
            partial(scatter, xy=network.tsne), (5.0, 4.8),
        ),
    ]  # fmt: skip


def augmentation_figure(recipe: Recipe, mnist: Mnist) -> FigureSpec:
    """Tiles as each part of the recipe's augmentation changes them, and as all parts do together."""
    rows = augmentation_rows(recipe, mnist)
    return FigureSpec(
        "augmentation", AUGMENTATION, "The same digits, as training may see them",
        "Top: the originals. Then each kind of change alone, at random strengths up to the recipe's limit. "
        "Bottom: all together, as in training.",
        partial(image_plots.tile_rows, rows=rows), (style.WHOLE[0], 0.7 + 0.72 * len(rows)),
    )  # fmt: skip


def augmentation_rows(recipe: Recipe, mnist: Mnist) -> dict[str, np.ndarray]:
    """Name -> (12, 28, 28) float32 tiles; the same digits in each row."""
    taken: list[int] = []
    for digit in (1, 7, 1, 7, 0, 2, 3, 4, 5, 6, 8, 9):  # continental forms exist of 1 and 7 only
        taken.append(next(int(i) for i in np.flatnonzero(mnist.y_train == digit) if int(i) not in taken))
    images, labels = mnist.x_train[taken], mnist.y_train[taken]

    def augmented(how: Augmentation) -> np.ndarray:
        return augment.augment(images, labels, how, np.random.default_rng(recipe.seed))

    rows = {"as they are": images.astype(np.float32) / np.float32(255)}
    full = recipe.augmentation
    for field in dataclasses.fields(Augmentation):
        amount = getattr(full, field.name)
        if amount and field.name != "elastic_sigma":
            if field.name == "continental":
                amount = 1.0  # every digit, so that the change shows
            rows[field.name] = augmented(Augmentation(**{field.name: amount, "elastic_sigma": full.elastic_sigma}))
    if len(rows) > 2:
        rows["all together"] = augmented(full)
    return rows


def _shifted_title(found: Measurements) -> str:
    at_sure = found.shifted.at_sure
    if not at_sure.n:
        return f"On {found.shifted.name} nothing is read surely"
    return f"On {found.shifted.name} {at_sure.coverage:.1%} are read surely, {at_sure.error:.2%} of these wrong"


def _robustness_title(lines: dict[str, RobustnessCurve]) -> str:
    # The last level but one: bad enough to tell models apart, not so bad that nobody could read it.
    label, curve = max(lines.items(), key=lambda item: item[1].accuracy[-2])
    words, rate = curve.phrase.format(curve.levels[-2]), curve.accuracy[-2]
    if len(lines) > 1:
        return f"{words}: {label} keeps most, {rate:.1%}"
    before, after = f"{curve.accuracy[curve.levels.index(0)]:.1%}", f"{rate:.1%}"
    return f"{words}: still {after}" if before == after else f"{words}: {before} becomes {after}"
