"""The figures of a report, each with a title, a caption and a plot function."""

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
    """One figure to draw."""

    name: str  # file name without suffix
    section: str
    title: str  # the finding
    caption: str  # how to read the figure
    draw: Callable[[Axes], Axes]
    size_in: tuple[float, float] = style.HALF

    @property
    def wide(self) -> bool:
        """Whether it takes the full width of the page."""
        return self.size_in[0] > style.HALF[0]


def model_figures(found: Measurements, network: NetworkView | None, mnist: Mnist) -> list[FigureSpec]:
    """The figures about a single model."""
    figures = [*learning_figures([found]), *error_figures(found), *confidence_figures(found)]
    if network is not None:
        figures += network_figures(found, network)
    if found.subject.recipe is not None and not found.subject.recipe.augmentation.is_none:
        figures.append(augmentation_figure(found.subject.recipe, mnist))
    return figures


def shared_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """The figures that compare several models; for a single model, its robustness."""
    if len(found) == 1:
        return robustness_figures(found)
    return [*learning_figures(found), *comparison_figures(found), *robustness_figures(found)]


def learning_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Loss and error by epoch: training and validation for one run, only validation for several."""
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
        # A model's index in `found` selects its color, so the color is the same even if other models have no history.
        colours = tuple(style.SERIES[k % len(style.SERIES)] for k, m in enumerate(found) if m.subject.history)
    losses = {name: [row[f"{prefix}loss"] for row in rows] for name, (rows, prefix) in lines.items()}
    errors = {name: [1 - row[f"{prefix}accuracy"] for row in rows] for name, (rows, prefix) in lines.items()}
    best = min(errors, key=lambda name: errors[name][-1])
    error_title = (
        f"Final validation error: {errors['validation'][-1]:.2%}"
        if single
        else f"{best} has the lowest final validation error: {errors[best][-1]:.2%}"
    )
    borders = stage_borders(next(m for m in found if m.subject.history)) if single else []
    plot = partial(metric_plots.learning_curves, borders=borders)
    return [
        FigureSpec(
            "learning-loss", LEARNING, f"Cross-entropy by epoch{'' if single else ', validation'}",
            "The validation images are held-out training images. With augmentation or label smoothing, the training "
            "task is harder and the training curve is above the validation curve."
            + (" Dashed lines: start of a training stage." if borders else ""),
            partial(plot, lines=losses, what="cross-entropy", colours=colours),
        ),
        FigureSpec(
            "learning-error", LEARNING, error_title,
            "Share of misread images by epoch, on a logarithmic scale.",
            partial(plot, lines=errors, what="error", percent=True, colours=colours),
        ),
    ]  # fmt: skip


def stage_borders(found: Measurements) -> list[int]:
    """The last epoch of each training stage except the last; [] for a recipe without stages."""
    made_by = found.subject.recipe
    if made_by is None:
        return []
    ends = itertools.accumulate(stage.epochs for stage in stages_of(made_by))
    return [last for last in ends if last < len(found.subject.history)]


def error_figures(found: Measurements) -> list[FigureSpec]:
    """Confusion matrix, errors by digit, and the most confident errors."""
    counts = found.confusion
    wrong = counts - np.diag(np.diag(counts))
    label, read = divmod(int(wrong.argmax()), 10)
    most = f", most often {label} as {read}" if wrong.any() else ""
    hardest = min(found.per_class, key=lambda row: row["recall"])
    figures = [
        FigureSpec(
            "confusion", ERRORS, f"{wrong.sum():,} of {len(found.labels):,} misread{most}",
            "Confusion matrix. Rows: label. Columns: prediction. The gray numbers on the diagonal are right; darker "
            "cells are more frequent mistakes.",
            partial(metric_plots.confusion_matrix, counts=counts), SQUARE_IN,
        ),
        FigureSpec(
            "per-class", ERRORS, f"{hardest['digit']} is missed most often: {1 - hardest['recall']:.1%}",
            "Missed: images of this digit that were read as another one (1 - recall). "
            "Wrong: predictions of this digit for images of another one (1 - precision).",
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
                "Below each tile: label, prediction and confidence.",
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
            "reliability", CONFIDENCE, f"Calibration error: {before:.2%}, after calibration {after:.2%}",
            "Reliability diagram. On the diagonal, accuracy equals confidence. The temperature "
            f"{bundle.temperature:g} was fitted on validation images. Bars: 95% intervals; bins with fewer than "
            f"{metric_plots.MIN_BIN_COUNT} digits are left out.",
            partial(
                metric_plots.reliability_diagram, lines={"uncalibrated": found.bins_before, "calibrated": found.bins}
            ),
        ),
        FigureSpec(
            "reliability-shifted", CONFIDENCE, _shifted_title(found),
            f"Reliability diagrams on {shifted.summary['n']:,} digits unlike MNIST's, where {found.subject.label} has "
            f"{shifted.summary['accuracy']:.1%} accuracy, and on the test digits. Below the diagonal, a network is "
            "overconfident.",
            partial(
                metric_plots.reliability_diagram, lines={"test digits": found.bins, shifted.name: shifted.bins},
                colours=style.SERIES,
            ),
        ),
        FigureSpec(
            "confidence", CONFIDENCE, f"{at_sure.coverage:.2%} of the digits are sure",
            "Histogram of confidence, with counts on a logarithmic scale.",
            partial(
                metric_plots.confidence_histogram, confidence=found.probs.max(1),
                right=found.probs.argmax(1) == found.labels, sure_at=bundle.sure_at,
            ),
        ),
        FigureSpec(
            "coverage", CONFIDENCE,
            f"{at_sure.error:.2%} of the sure digits are wrong" if at_sure.n else
            "No digit is sure",
            "Risk-coverage curve. With a higher sure_at, fewer digits are answered (to the left), with fewer errors. "
            "Shaded: 95% intervals. Dot: the bundle's sure_at.",
            partial(metric_plots.risk_coverage, lines={found.subject.label: (found.risk_coverage, at_sure)}),
        ),
    ]  # fmt: skip


def comparison_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Errors by digit, risk-coverage curves and reliability diagrams of several models."""
    best = max(found, key=lambda m: m.summary["accuracy"])
    return [
        FigureSpec(
            "compared-digits", ERRORS, f"{best.subject.label} makes the fewest mistakes",
            "Share of each digit that was missed (1 - recall).",
            partial(metric_plots.compared_class_errors, lines={m.subject.label: m.per_class for m in found}),
        ),
        FigureSpec(
            "compared-coverage", CONFIDENCE, "Error falls with coverage",
            "Risk-coverage curves: error of the answered digits as sure_at varies. Dots: the sure_at of each bundle.",
            partial(
                metric_plots.risk_coverage, lines={m.subject.label: (m.risk_coverage, m.at_sure) for m in found}
            ),
        ),
        FigureSpec(
            "compared-reliability", CONFIDENCE, "Accuracy by calibrated confidence",
            "Reliability diagrams: on the diagonal, confidence equals accuracy. Bars: 95% intervals.",
            partial(
                metric_plots.reliability_diagram, lines={m.subject.label: m.bins for m in found}, colours=style.SERIES
            ),
        ),
        FigureSpec(
            "compared-shifted", CONFIDENCE, f"The same on {found[0].shifted.name}",
            f"Reliability diagrams on {found[0].shifted.summary['n']:,} digits unlike MNIST's. Below the diagonal, a "
            "network is overconfident.",
            partial(
                metric_plots.reliability_diagram, lines={m.subject.label: m.shifted.bins for m in found},
                colours=style.SERIES,
            ),
        ),
    ]  # fmt: skip


def robustness_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """One figure per distortion."""
    figures = []
    for k, first in enumerate(found[0].robustness):
        lines = {m.subject.label: m.robustness[k] for m in found}
        note = f"Accuracy on the same {first.n:,} test images at each level, with a fixed seed."
        if first.name in ("shift", "contrast"):
            note += " In photos, the pipeline corrects most of this before the network sees it."
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
        " Units are sorted by the digit that they raise most (numbers), strongest first." if (votes >= 0).any() else ""
    )
    labels = found.labels[found.subset]
    scatter = partial(
        metric_plots.embedding_scatter, labels=labels, wrong=(found.probs.argmax(1) != found.labels)[found.subset]
    )
    ringed = "Each dot is a test image, colored by its label; ringed dots are misread."
    return [
        FigureSpec(
            "weights", NETWORK, f"The first layer: {words}",
            f"Blue: ink here raises the unit's value. Orange: ink lowers it. Background color: no effect.{sorting}",
            partial(image_plots.weight_maps, weights=weights, votes=votes, columns=columns),
            (style.WHOLE[0], 0.8 + 9.7 * -(-n // columns) / columns),
        ),
        FigureSpec(
            "hidden-pca", NETWORK, f"Last hidden layer: two components explain {sum(network.explained_variance):.0%}",
            f"The first two principal components of the last hidden layer for {len(labels):,} test images. {ringed}",
            partial(scatter, xy=network.pca), (5.0, 4.8),
        ),
        FigureSpec(
            "hidden-tsne", NETWORK, "Neighbors in the last hidden layer",
            f"The same layer by t-SNE: neighbors are meaningful, distances between groups are not. {ringed}",
            partial(scatter, xy=network.tsne), (5.0, 4.8),
        ),
    ]  # fmt: skip


def augmentation_figure(recipe: Recipe, mnist: Mnist) -> FigureSpec:
    """Tiles changed by each part of the recipe's augmentation, and by all parts together."""
    rows = augmentation_rows(recipe, mnist)
    return FigureSpec(
        "augmentation", AUGMENTATION, "Examples of augmented digits",
        "Top: the originals. Then each kind of change alone, with random strength up to the recipe's limit. "
        "Bottom: all changes together, as in training.",
        partial(image_plots.tile_rows, rows=rows), (style.WHOLE[0], 0.7 + 0.72 * len(rows)),
    )  # fmt: skip


def augmentation_rows(recipe: Recipe, mnist: Mnist) -> dict[str, np.ndarray]:
    """Name -> (12, 28, 28) float32 tiles; the same digits in each row."""
    taken: list[int] = []
    for digit in (1, 7, 1, 7, 0, 2, 3, 4, 5, 6, 8, 9):  # an extra 1 and 7, which have continental forms
        taken.append(next(int(i) for i in np.flatnonzero(mnist.y_train == digit) if int(i) not in taken))
    images, labels = mnist.x_train[taken], mnist.y_train[taken]

    def augmented(how: Augmentation) -> np.ndarray:
        return augment.augment(images, labels, how, np.random.default_rng(recipe.seed))

    rows = {"original": images.astype(np.float32) / np.float32(255)}
    full = recipe.augmentation
    for field in dataclasses.fields(Augmentation):
        amount = getattr(full, field.name)
        if amount and field.name != "elastic_sigma":
            if field.name == "continental":
                amount = 1.0  # change every digit, so that the effect is visible
            rows[field.name] = augmented(Augmentation(**{field.name: amount, "elastic_sigma": full.elastic_sigma}))
    if len(rows) > 2:
        rows["all together"] = augmented(full)
    return rows


def _shifted_title(found: Measurements) -> str:
    at_sure = found.shifted.at_sure
    if not at_sure.n:
        return f"On {found.shifted.name}, no digit is sure"
    return f"On {found.shifted.name}, {at_sure.coverage:.1%} are sure, {at_sure.error:.2%} of these wrong"


def _robustness_title(lines: dict[str, RobustnessCurve]) -> str:
    # The second strongest level: it distinguishes models, and the digits are still legible.
    label, curve = max(lines.items(), key=lambda item: item[1].accuracy[-2])
    words, rate = curve.phrase.format(curve.levels[-2]), curve.accuracy[-2]
    if len(lines) > 1:
        return f"{words}: {label} is most accurate, {rate:.1%}"
    before, after = f"{curve.accuracy[curve.levels.index(0)]:.1%}", f"{rate:.1%}"
    return f"{words}: still {after}" if before == after else f"{words}: accuracy {before} \N{RIGHTWARDS ARROW} {after}"
