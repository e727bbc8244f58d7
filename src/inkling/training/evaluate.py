"""Evaluate a bundle on a data set. Needs no TensorFlow: it evaluates the LiteRT network that the pipeline runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkling import scores
from inkling.errors import BadBundle, BadPicture, NotFound
from inkling.hands.lesson import label_of
from inkling.models.bundle import MNIST_TEST, Bundle
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.decode import SUFFIXES
from inkling.pipeline.reader import Mode, Reader
from inkling.training import evaluation_count, recipe
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.digit_task import DigitTask, scores_of
from inkling.training.line_task import LineTask
from inkling.training.recipe import Recipe


def evaluate_mnist(bundle: Bundle, mnist: Mnist, *, data: str = MNIST_TEST) -> dict[str, Any]:
    """Evaluates the network alone on the 10,000 test images, which are already normalized. Counts as a look.

    With `data` "mnist-validation", evaluates it on the images that its training held out. Raises BadBundle if these
    are unknown.
    """
    if data == MNIST_TEST:
        evaluation_count.count_look(bundle)
        tiles, labels = as_input(mnist.x_test), mnist.y_test
    else:
        task = DigitTask(recipe_of(bundle), mnist)
        tiles, labels = task.x_val, task.y_val
    confusion = scores.confusion_matrix(Classifier(bundle)(tiles).argmax(1), labels)  # (N, 28, 28) -> (N, 10)
    return {
        "model": {"name": bundle.name, "version": bundle.version},
        "data": data,
        **({"test_looks": bundle.test_looks} if data == MNIST_TEST else {}),
        **scores_of(bundle, tiles, labels),
        "per_class": scores.per_class(confusion),
        "mistakes": scores.mistakes(confusion),
        "confusion": confusion.tolist(),
    }


def evaluate_lines(bundle: Bundle, mnist: Mnist, *, data: str = MNIST_TEST) -> dict[str, Any]:
    """Evaluates the line network alone on synthetic lines of test digits, the same for every network. Counts as a look.

    With `data` "mnist-validation", evaluates it on lines of the digits that its training held out. Raises BadBundle if
    the manifest has no recipe.
    """
    task = LineTask(recipe_of(bundle), mnist)
    if data == MNIST_TEST:
        evaluation_count.count_look(bundle)
    return {
        "model": {"name": bundle.name, "version": bundle.version},
        "data": f"lines of {data}",
        **({"test_looks": bundle.test_looks} if data == MNIST_TEST else {}),
        **(task.test_scores(bundle) if data == MNIST_TEST else task.scores_of(bundle, task.validation)),
        "per_class": [],
        "mistakes": [],
    }


def recipe_of(bundle: Bundle) -> Recipe:
    """The recipe of a bundle's last stage. Raises BadBundle if the manifest has no recipe."""
    if "recipe" not in bundle.manifest:
        raise BadBundle(
            f"{bundle.path} has no recipe in its manifest, so the held-out images are unknown; expected a bundle with "
            "a recipe. Evaluate it on mnist-test or on a folder of pictures."
        )
    return recipe.stages_of(recipe.from_table(bundle.manifest["recipe"]))[-1]


def evaluate_folder(
    reader: Reader, folder: Path, *, mode: Mode = "auto", progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Evaluates the whole pipeline on the images of a folder and its subfolders.

    A reading is right if its text equals the label. Images that cannot be opened count as wrong and are listed. Raises
    NotFound when there is no labeled image.
    """
    paths = labelled_images(folder)
    pairs: Counter[tuple[str, str]] = Counter()  # (label, text read)
    outcomes: Counter[str] = Counter()
    failures = []
    for n, path in enumerate(paths, 1):
        label = label_of(path)
        try:
            reading = reader.read(path, mode=mode)
        except BadPicture as error:
            outcomes["failed"] += 1
            pairs[label, "(failed)"] += 1
            failures.append({"source": str(path), "kind": error.kind, "error": str(error)})
        else:
            outcomes[reading.outcome] += 1
            pairs[label, reading.text.replace("\n", "/")] += 1
        if progress:
            progress(n, len(paths))
    right = sum(n for (label, text), n in pairs.items() if label == text)
    low, high = scores.wilson_interval(right, len(paths))
    wrong = Counter({pair: n for pair, n in pairs.items() if pair[0] != pair[1]})
    return {
        "model": {"name": reader.bundle.name, "version": reader.bundle.version},
        "data": str(folder),
        "mode": mode,
        "n": len(paths),
        "accuracy": round(right / len(paths), 6),
        "accuracy_95": [round(low, 6), round(high, 6)],
        "outcomes": dict(sorted(outcomes.items())),
        "per_class": _per_label(pairs),
        "mistakes": [{"label": label, "read": text, "n": n} for (label, text), n in wrong.most_common(10)],
        "failures": failures,
    }


def labelled_images(folder: Path) -> list[Path]:
    """Pictures named LABEL__anything (digits as label), with subfolders, in order. Raises NotFound if there is none."""
    if not folder.is_dir():
        raise NotFound(
            f"{folder} is not a folder; expected mnist-test, mnist-validation or a folder of pictures. Check the path."
        )
    paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES and label_of(p).isdigit()]
    if not paths:
        raise NotFound(
            f"{folder} has no picture named like 7__anything.png; the label is the part before "
            "'__'. Rename the pictures."
        )
    return paths


def _per_label(pairs: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    # One row per label: one per digit, as for MNIST, if every label is one digit. The precision of longer texts means
    # little.
    rows = []
    for label in sorted({label for label, _ in pairs}, key=lambda text: (len(text), text)):
        n = sum(count for (true, _), count in pairs.items() if true == label)
        named = sum(count for (_, text), count in pairs.items() if text == label)
        hits = pairs[label, label]
        rows.append(
            {
                "digit": label,
                "n": n,
                "precision": hits / max(named, 1),
                "recall": hits / n,
                "f1": 2 * hits / (n + named),
            }
        )
    return rows
