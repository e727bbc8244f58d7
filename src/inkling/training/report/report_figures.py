"""Numbers -> plates: each figure of the page with its title, caption and how it is drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from inkling.training import augment
from inkling.training.data.mnist import Mnist
from inkling.training.recipe import Augmentation, Recipe
from inkling.training.report import image_plots, metric_plots, style
from inkling.training.report.measurements import Measurements, RiskCoverage
from inkling.training.report.network_views import NetworkView
from inkling.training.report.robustness import RobustnessCurve

MOST_WEIGHTS = 128
LEARNING, MISTAKES, CONFIDENCE, ROBUSTNESS, INSIDE, AUGMENTATION = (
    "How it learnt",
    "What it gets wrong",
    "How sure it is",
    "How much it bears",
    "What is inside",
    "What it was taught with",
)


@dataclass(frozen=True)
class FigureSpec:
    """One figure."""

    name: str  # of its file, without suffix
    section: str
    title: str  # what is seen
    caption: str  # how to read it
    draw: Callable[[Axes], Axes]
    size_in: tuple[float, float] = style.HALF

    @property
    def wide(self) -> bool:
        """Whether it takes the page's whole width."""
        return self.size_in[0] > style.HALF[0]


def model_figures(found: Measurements, inside: NetworkView | None, mnist: Mnist) -> list[FigureSpec]:
    """The figures that show one model alone."""
    plates = [*learning_figures([found]), *error_figures(found), *confidence_figures(found)]
    if inside is not None:
        plates += network_figures(found, inside)
    if found.subject.recipe is not None and not found.subject.recipe.augmentation.is_none:
        plates.append(augmentation_figure(found.subject.recipe, mnist))
    return plates


def comparison_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """The figures that show several models together; robustness also for one alone."""
    alone = len(found) == 1
    return [*([] if alone else [*learning_figures(found), *compared_figures(found)]), *robustness_figures(found)]


def learning_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Loss and error by epoch: training against validation of one run, validation alone of several."""
    runs = {m.subject.label: m.subject.history for m in found if m.subject.history}
    if not runs:
        return []

    def lines(one: str, all_: str, *, error: bool) -> dict[str, list[float]]:
        def take(rows: list[dict[str, float]], key: str) -> list[float]:
            return [1 - row[key] if error else row[key] for row in rows]

        if len(runs) == 1:
            (rows,) = runs.values()
            return {"training": take(rows, one), "validation": take(rows, all_)}
        return {label: take(rows, all_) for label, rows in runs.items()}

    # A model keeps its colour where some others have no history.
    own = [k for k, m in enumerate(found) if m.subject.history]
    colours = style.SERIES if len(runs) == 1 else [style.SERIES[k % len(style.SERIES)] for k in own]
    losses = lines("loss", "val_loss", error=False)
    errors = lines("accuracy", "val_accuracy", error=True)
    of = "" if len(runs) == 1 else ", validation"
    best = min(errors.items(), key=lambda item: item[1][-1])
    last = {name: values[-1] for name, values in errors.items()}
    note = (
        "Validation images are training images held back. Where training changes its images or smooths its labels, "
        "the training curve lies above the validation curve: it is the harder task."
    )
    title = (
        f"Error ended at {last['validation']:.2%}"
        if len(runs) == 1
        else f"{best[0]} ended lowest, at {best[1][-1]:.2%}"
    )
    return [
        FigureSpec(
            "learning-loss", LEARNING, f"Cross-entropy by epoch{of}", note,
            lambda ax: metric_plots.learning_curves(ax, losses, what="cross-entropy", colours=colours),
        ),
        FigureSpec(
            "learning-error", LEARNING, f"{title}{' of validation images' if len(runs) == 1 else of}",
            "The part of the images read wrongly, by epoch, on a scale where each factor takes the same height.",
            lambda ax: metric_plots.learning_curves(ax, errors, what="read wrong", percent=True, colours=colours),
        ),
    ]  # fmt: skip


def error_figures(found: Measurements) -> list[FigureSpec]:
    """Confusion matrix, errors by digit, the worst mistakes."""
    counts = found.confusion
    n_wrong = int(counts.sum() - np.trace(counts))
    off = counts - np.diag(np.diag(counts))
    label, read = divmod(int(off.argmax()), 10)
    hardest = max(found.per_class, key=lambda row: 1 - row["recall"])
    most = f": most often {label} read as {read}" if n_wrong else ""
    plates = [
        FigureSpec(
            "confusion", MISTAKES, f"{n_wrong:,} of {len(found.labels):,} wrong{most}",
            "Rows: what the digit is. Columns: what was read. The diagonal, in grey, was read right; "
            "the darker a mistake, the more frequent it is.",
            lambda ax: metric_plots.confusion_matrix(ax, counts), (5.0, 4.7),
        ),
        FigureSpec(
            "per-class", MISTAKES, f"{hardest['digit']} is missed most: {1 - hardest['recall']:.1%}",
            "Missed: digits of this class that were read as another (1 - recall). "
            "Wrong: readings of this class that were another (1 - precision).",
            lambda ax: metric_plots.compared_class_errors(ax, found.per_class), (5.0, 4.7),
        ),
    ]  # fmt: skip
    half = 25
    for part in range(0, len(found.worst), half):
        chosen = found.worst[part : part + half]
        notes = [found.mistake(int(i)) for i in chosen]
        height = 0.5 + 1.17 * -(-len(chosen) // 5)
        ranks = f"{part + 1} to {part + len(chosen)}"
        plates.append(
            FigureSpec(
                f"mistakes-{part // half + 1}", MISTAKES,
                f"The most confident mistakes, {ranks}",
                "Below each tile: its label, what was read, how sure the network was of it.",
                _mistakes(found.images[chosen], notes), (5.0, height),
            )
        )  # fmt: skip
    return plates


def confidence_figures(found: Measurements) -> list[FigureSpec]:
    """Reliability before and after scaling, the spread of confidence, coverage against error."""
    before, after = found.summary["calibration_error"], found.summary["calibration_error_calibrated"]
    right = found.probs.argmax(1) == found.labels
    at = found.at_sure
    return [
        FigureSpec(
            "reliability", CONFIDENCE, f"Calibration error {before:.2%}, scaled {after:.2%}",
            f"On the diagonal, of the digits read with 80% confidence 80% are right. Temperature "
            f"{found.subject.bundle.temperature:g} was fitted on validation images. Bars: 95% intervals; bins with "
            f"fewer than {metric_plots.FEW} digits are left out.",
            lambda ax: metric_plots.reliability_diagram(ax, {"as the network says": found.bins_before, "scaled": found.bins}),  # noqa: E501
        ),
        FigureSpec(
            "confidence", CONFIDENCE, f"{at.coverage:.2%} of the digits are read surely",
            "How many digits were read with which confidence. Each line stands for ten times the one below.",
            lambda ax: metric_plots.confidence_histogram(ax, found.probs.max(1), right, sure_at=found.subject.bundle.sure_at),  # noqa: E501
        ),
        FigureSpec(
            "coverage", CONFIDENCE, _coverage_title(at),
            "Raise sure_at and fewer digits are answered (to the left), with fewer errors among them. "
            "Shaded: 95% intervals. The dot is where the bundle's own sure_at stands.",
            lambda ax: metric_plots.risk_coverage(ax, {found.subject.label: (found.thresholds, at)}),
        ),
    ]  # fmt: skip


def compared_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """Coverage, reliability and errors by digit of several models."""
    best = min(found, key=lambda m: 1 - m.summary["accuracy"])
    title = f"{best.subject.label} makes the fewest mistakes"
    by_digit = {m.subject.label: m.per_class for m in found}
    by_coverage = {m.subject.label: (m.thresholds, m.at_sure) for m in found}
    by_bins = {m.subject.label: m.bins for m in found}
    return [
        FigureSpec(
            "compared-digits", MISTAKES, title, "The part of each digit that was missed (1 - recall).",
            lambda ax: metric_plots.class_errors_compared(ax, by_digit),
        ),
        FigureSpec(
            "compared-coverage", CONFIDENCE, "Error falls as the doubtful are left out",
            "Wrong among the digits answered, as sure_at moves. Dots: each bundle's own sure_at.",
            lambda ax: metric_plots.risk_coverage(ax, by_coverage),
        ),
        FigureSpec(
            "compared-reliability", CONFIDENCE, "Confidence against accuracy, after scaling",
            "On the diagonal a network is right as often as it says. Bars: 95% intervals.",
            lambda ax: metric_plots.reliability_diagram(ax, by_bins, colours=style.SERIES),
        ),
    ]  # fmt: skip


def robustness_figures(found: Sequence[Measurements]) -> list[FigureSpec]:
    """A figure for each distortion."""
    plates = []
    for k, first in enumerate(found[0].robustness):
        lines = {m.subject.label: m.robustness[k] for m in found}
        note = f"Accuracy on the same {first.n:,} test images at each level, drawn with a fixed seed. "
        if first.name in ("shift", "contrast"):
            note += "In a photo the road undoes most of this before the network sees it."
        plates.append(
            FigureSpec(f"robustness-{first.name}", ROBUSTNESS, _robustness_title(lines), note, _robustness(lines))
        )
    return plates


def network_figures(found: Measurements, inside: NetworkView) -> list[FigureSpec]:
    """First-layer weights and the last hidden layer in two dimensions."""
    labels = found.labels[found.subset]
    missed = (found.probs.argmax(1) != found.labels)[found.subset]
    shown, votes = inside.first[:MOST_WEIGHTS], inside.votes[:MOST_WEIGHTS]
    dense = inside.first_kind == "dense"
    columns = 16 if dense else 12
    rows = -(-len(shown) // columns)
    sorted_by = (
        " A number begins the units that raise this digit most, the strongest first." if (votes >= 0).any() else ""
    )
    words = (
        f"The first layer: {len(shown)} units, each a picture of 28x28 weights"
        if dense
        else f"The first layer: {len(shown)} kernels of {shown.shape[1]}x{shown.shape[2]} weights"
    )
    pca, tsne = inside.pca, inside.tsne
    part = sum(inside.explained)
    plates = [
        FigureSpec(
            "weights", INSIDE, words,
            f"Blue: ink here speaks for the unit. Orange: against it. Paper: it does not matter.{sorted_by}",
            lambda ax: image_plots.weight_maps(ax, shown, votes, columns=columns),
            (style.WHOLE[0], 0.8 + 9.7 * rows / columns),
        )
    ]  # fmt: skip
    ringed = "Each dot is a test image, coloured by its label; ringed ones were read wrongly."
    square = (5.0, 4.8)
    return [
        *plates,
        FigureSpec(
            "hidden-pca", INSIDE, f"Last hidden layer: two directions hold {part:.0%}",
            f"Principal components of the last hidden layer for {len(labels):,} test images. {ringed}",
            lambda ax: metric_plots.embedding_scatter(ax, pca, labels, missed), square,
        ),
        FigureSpec(
            "hidden-tsne", INSIDE, "Neighbours in the last hidden layer",
            f"The same by t-SNE: who is near whom is true, distances between groups are not. {ringed}",
            lambda ax: metric_plots.embedding_scatter(ax, tsne, labels, missed), square,
        ),
    ]  # fmt: skip


def augmentation_figure(how: Recipe, mnist: Mnist) -> FigureSpec:
    """Tiles as each part of the recipe's augmentation changes them, and as all do together."""
    rows = augmentation_rows(how, mnist)
    return FigureSpec(
        "augmentation", AUGMENTATION, "The same digits, as training may see them",
        "Above, as they are; then each kind of change alone, as far as the recipe lets it go at random; "
        "at the bottom all together, as the network saw them.",
        lambda ax: image_plots.tile_rows(ax, rows), (style.WHOLE[0], 0.7 + 0.72 * len(rows)),
    )  # fmt: skip


def augmentation_rows(how: Recipe, mnist: Mnist) -> dict[str, np.ndarray]:
    """Name -> (12, 28, 28) float32 tiles; the same digits in each row."""
    labels = mnist.y_train
    wanted = [1, 7, 1, 7, 0, 2, 3, 4, 5, 6, 8, 9]  # continental forms exist of 1 and 7 only
    taken: list[int] = []
    for digit in wanted:
        taken.append(next(int(i) for i in np.flatnonzero(labels == digit) if int(i) not in taken))
    images, digits = mnist.x_train[taken], labels[taken]
    rows = {"as they are": images.astype(np.float32) / np.float32(255)}
    everything = how.augmentation
    for each in dataclasses.fields(Augmentation):
        amount = getattr(everything, each.name)
        if amount and each.name != "elastic_sigma":
            alone = Augmentation(**{each.name: amount, "elastic_sigma": everything.elastic_sigma})
            if each.name == "continental":
                alone = dataclasses.replace(alone, continental=1.0)  # to show it, not to wait for it
            rows[each.name] = augment.augment(images, digits, alone, np.random.default_rng(how.seed))
    if len(rows) > 2:
        rows["all together"] = augment.augment(images, digits, everything, np.random.default_rng(how.seed))
    return rows


def _mistakes(images: np.ndarray, notes: list[dict[str, float]]) -> Callable[[Axes], Axes]:
    return lambda ax: image_plots.misread_tiles(ax, images, notes)


def _robustness(lines: dict[str, RobustnessCurve]) -> Callable[[Axes], Axes]:
    return lambda ax: metric_plots.robustness_curves(ax, lines)


def _robustness_title(lines: dict[str, RobustnessCurve]) -> str:
    # The last level but one: bad enough to tell, not so bad that nobody could read it.
    label, curve = max(lines.items(), key=lambda item: item[1].accuracy[-2])
    words, rate = curve.phrase.format(curve.levels[-2]), curve.accuracy[-2]
    if len(lines) > 1:
        return f"{words}: {label} keeps most, {rate:.1%}"
    before, after = f"{curve.accuracy[curve.levels.index(0)]:.1%}", f"{rate:.1%}"
    return f"{words}: still {after}" if before == after else f"{words}: {before} becomes {after}"


def _coverage_title(at: RiskCoverage) -> str:
    if at.n == 0:
        return "No digit is sure enough to be answered"
    return f"Of those answered surely, {at.error:.2%} are wrong"
