"""Measure the light step of teaching a hand: 20 synthetic writers with odd shapes, one correction, poisoned lessons.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.accuracy.hands [--first 20] [--hands 20] [--each 200]

A hand is taught with 20 images of each digit and tested with 200 others of each. If at least half of a hand's digits of
one kind are misread, up to five corrections of that digit are taught, each on its own, and ten more are read. Digits
without an odd shape are MNIST's training images; the guards use its validation images, which are never learned. Writes
hands.json, and its numbers into docs/hands.md.

Hands 0 to 19 are for tuning the penalty and weights of `inkling.hands.light_teaching`: `--first 0` prints their scores
and writes nothing. Hands from 20 on are for measurements. The command above uses one thread, because waiting threads
also take CPU time.
"""

from __future__ import annotations

import textwrap
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import write_json
from benchmarks.markdown import table, write_blocks
from inkling.hands.feature_network import features_of
from inkling.hands.guards import answers
from inkling.hands.last_layer import softmax
from inkling.hands.lesson import LABELS, Lesson, as_tile
from inkling.hands.light_teaching import Taught, teach
from inkling.hands.prototypes import metric_of
from inkling.hands.replay import load_replay
from inkling.models import registry
from inkling.pipeline.normalize import normalize_crop
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.nondigits import scribble
from inkling.training.odd_hands import N_HANDS, odd_hand, write_digits

OUT = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[2] / "docs" / "hands.md"
TAUGHT, SYSTEMATIC, MORE, CORRECTIONS = 20, 0.5, 10, 5
N_SCRIBBLES = 10_000
FIRST = 20  # earlier hands are for tuning
Digits = tuple[np.ndarray, np.ndarray]  # features (N, F) and labels (N,)


class Judge:
    """Evaluates the packaged network, with the original or a taught last layer."""

    def __init__(self) -> None:
        self.bundle = registry.find("cnn")
        self.network, self.replay = features_of(self.bundle), load_replay(self.bundle)
        self.metric = metric_of(self.replay)

    def probs(self, features: np.ndarray, taught: Taught | None) -> np.ndarray:
        """(N, 11) probabilities from the taught layer if it is promoted, otherwise from the original last layer."""
        if taught is None or not taught.promoted:
            return softmax(features @ self.network.last_layer.T)
        return taught.learned.probs(features, self.metric)

    def right(self, digits: Digits, taught: Taught | None = None) -> np.ndarray:
        """Which digits are read correctly: (N,) bool."""
        return np.asarray(answers(self.probs(digits[0], taught), self.bundle.reject_at) == digits[1])

    def validation_misread(self, taught: Taught | None = None) -> int:
        """How many of MNIST's 5,000 validation images are misread."""
        plain = self.replay.plain
        probs = self.probs(self.replay.features[plain], taught)
        return int((probs[:, :10].argmax(axis=1) != self.replay.labels[plain]).sum())


def as_lessons(tiles: np.ndarray, labels: np.ndarray) -> list[Lesson]:
    return [Lesson(as_tile(tile), LABELS[int(label)]) for tile, label in zip(tiles, labels, strict=True)]


def of_hand(judge: Judge, lessons: list[Lesson], test: Digits) -> tuple[dict[str, Any], Taught]:
    """Measure one hand before and after teaching."""
    taught, cpu_s = timed_teach(lessons, judge)
    before, after = judge.right(test), judge.right(test, taught)
    return {
        "errors_before": float(1 - before.mean()),
        "errors_after": float(1 - after.mean()),
        "errors_before_by_digit": {str(d): float((~before)[test[1] == d].mean()) for d in range(10)},
        "promoted": taught.promoted,
        "reason": taught.report["reason"],
        "strength": taught.report["strength"],
        "validation_misread_after": judge.validation_misread(taught),
        "cpu_s": round(cpu_s, 3),
    }, taught


def timed_teach(lessons: list[Lesson], judge: Judge) -> tuple[Taught, float]:
    """Teach the lessons; returns the result and the CPU seconds, which other programs do not affect."""
    started = time.process_time()
    return teach(lessons, judge.bundle), time.process_time() - started


def one_correction(judge: Judge, lessons: list[Lesson], test: Digits) -> list[dict[str, Any]]:
    """Teach single corrections of each systematically misread digit; test on ten more and on all other digits."""
    before, found = judge.right(test), []
    for digit in range(10):
        same = np.flatnonzero(test[1] == digit)
        if before[same].mean() > 1 - SYSTEMATIC:
            continue
        candidates = [each for each in lessons if each.label == str(digit)]
        for lesson in [each for each in candidates if not judge.right(_features(judge, [each]))[0]][:CORRECTIONS]:
            taught = teach([lesson], judge.bundle)
            after, others = judge.right(test, taught), test[1] != digit
            found.append(
                {
                    "digit": digit,
                    "promoted": taught.promoted,
                    "right_of_ten": int(after[same[:MORE]].sum()),
                    "right_before": int(before[same[:MORE]].sum()),
                    "right_of_all": float(after[same].mean()),
                    "others_errors_before": float(1 - before[others].mean()),
                    "others_errors_after": float(1 - after[others].mean()),
                }
            )
    return found


def _features(judge: Judge, lessons: list[Lesson]) -> Digits:
    tiles = np.stack([each.tile for each in lessons]).astype(np.float32) / np.float32(255)
    return judge.network(tiles), np.array([LABELS.index(each.label) for each in lessons])


def poisoned_lessons(tiles: np.ndarray, labels: np.ndarray) -> dict[str, list[Lesson]]:
    """Lessons that must not be learned; `tiles` and `labels` are those of a hand."""
    rng = np.random.default_rng(0x9015)
    scribbles = np.stack([normalize_crop(scribble(rng)) for _ in range(N_SCRIBBLES)])
    scribbles = scribbles[scribbles.reshape(N_SCRIBBLES, -1).max(axis=1) > 0.5 / 255]
    return {
        "random labels": as_lessons(tiles, rng.integers(0, 10, len(labels))),
        "one digit only": as_lessons(tiles, np.full(len(labels), 7)),
        f"{N_SCRIBBLES:,} scribbles, one label": as_lessons(scribbles, np.full(len(scribbles), 3)),
        f"{N_SCRIBBLES:,} scribbles, random labels": as_lessons(scribbles, rng.integers(0, 10, len(scribbles))),
    }


def poisoned(judge: Judge, tiles: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Teach poisoned lessons; returns whether each case is promoted, and why."""
    found = {}
    for name, lessons in poisoned_lessons(tiles, labels).items():
        taught, cpu_s = timed_teach(lessons, judge)
        found[name] = {"promoted": taught.promoted, "reason": taught.report["reason"], "cpu_s": round(cpu_s, 3)}
        click.echo(f"{name}: {taught.report['reason']} ({cpu_s:.1f} s)")
    return found


def tables(content: dict[str, Any]) -> str:
    """hands.json -> the text and tables in docs/hands.md."""
    summary, one = content["summary"], content["summary"]["one_correction"]
    n = summary["validation_images"]
    measured = [
        ("error rate of the writers, mean", f"{summary['errors_before']:.2%}", f"{summary['errors_after']:.2%}"),
        ("writers with a promoted version", "", f"{summary['promoted']} of {len(content['hands'])}"),
        ("writers read worse than before", "", str(summary["worse"])),
        (
            f"MNIST's {n:,} validation images misread, maximum over the writers",
            str(summary["validation_misread_before"]),
            str(summary["validation_misread_after_most"]),
        ),
        (
            f"correct digits among the next ten of the same kind, mean of {one['cases']} single corrections",
            f"{one['right_before_mean']:.1f}",
            f"{one['right_of_ten_mean']:.1f}",
        ),
        ("single corrections after which 8 or more of the ten are correct", "", f"{one['at_least_8_of_10']:.0%}"),
        (
            "error rate on the other nine digits, mean of these corrections",
            f"{one['others_before_mean']:.2%}",
            f"{one['others_after_mean']:.2%}",
        ),
        (
            "CPU seconds for 200 lessons, median; maximum",
            "",
            f"{summary['cpu_s_median']:.2f}; {summary['cpu_s_most']:.2f}",
        ),
    ]
    poisons = [(name, f"{case['cpu_s']:.1f}", case["reason"]) for name, case in content["poisoned"].items()]
    model = content["model"]
    about = (
        f"{len(content['hands'])} synthetic writers with odd shapes of some digits, each taught with {TAUGHT} of each "
        f"digit; {model['name']} {model['version']}: `{content['written_by']}`. The penalty and weights were tuned on "
        f"{FIRST} other writers with the same kinds of odd shapes. A writer's other digits are MNIST's training "
        "images, slanted and thickened."
    )
    return "\n\n".join(
        [
            f"## Results\n\n{textwrap.fill(about, 120)}",
            table(("", "before", "after"), measured),
            table(("lessons that must not be learned", "CPU seconds", "answer"), poisons),
        ]
    )


@click.command()
@click.option("--first", default=FIRST, show_default=True, help="Number of the first writer.")
@click.option("--hands", "n_hands", default=N_HANDS, show_default=True, help="Number of writers.")
@click.option("--each", default=200, show_default=True, help="Digits of each kind to test a hand with.")
def main(*, first: int, n_hands: int, each: int) -> None:
    """Print the errors of each hand before and after, single corrections, and poisoned lessons."""
    judge, mnist = Judge(), load_mnist()
    training, _ = split_indices(mnist.y_train, 5_000, 0)
    images, labels = mnist.x_train[training], mnist.y_train[training]
    hands, corrections = [], []
    for number in range(first, first + n_hands):
        hand, rng = odd_hand(number), np.random.default_rng((number, 1))
        tiles, said = write_digits(hand, TAUGHT, images, labels, rng)
        test_tiles, test_labels = write_digits(hand, each, images, labels, rng)
        lessons, test = as_lessons(tiles, said), (judge.network(test_tiles), test_labels)
        row, _ = of_hand(judge, lessons, test)
        hands.append({"hand": number, "odd": sorted(hand.forms), **row})
        single = one_correction(judge, lessons, test)
        corrections += [{"hand": number, **one} for one in single]
        before, after = row["errors_before"], row["errors_after"]
        click.echo(f"hand {number:2}: {before:6.2%} -> {after:6.2%}  {row['cpu_s']:.2f} s  {row['reason']}")
    before, after = (float(np.mean([row[f"errors_{when}"] for row in hands])) for when in ("before", "after"))
    at_least_8 = float(np.mean([one["right_of_ten"] >= 8 for one in corrections])) if corrections else None
    others = [one["others_errors_after"] - one["others_errors_before"] for one in corrections]
    summary = {
        "errors_before": before,
        "errors_after": after,
        "worse": sum(row["errors_after"] > row["errors_before"] for row in hands),
        "promoted": sum(row["promoted"] for row in hands),
        "validation_misread_before": judge.validation_misread(),
        "validation_misread_after_most": max(row["validation_misread_after"] for row in hands),
        "validation_images": judge.replay.n_plain,
        "cpu_s_median": float(np.median([row["cpu_s"] for row in hands])),
        "cpu_s_most": max(row["cpu_s"] for row in hands),
        "one_correction": {
            "cases": len(corrections),
            "right_of_ten_mean": _mean(corrections, "right_of_ten"),
            "at_least_8_of_10": at_least_8,
            "right_before_mean": _mean(corrections, "right_before"),
            "others_before_mean": _mean(corrections, "others_errors_before"),
            "others_after_mean": _mean(corrections, "others_errors_after"),
            "others_error_change_most": max(others, default=None),
        },
    }
    click.echo(f"all: {before:.2%} -> {after:.2%}; {summary}")
    if first < FIRST:
        return
    model = {"name": judge.bundle.name, "version": judge.bundle.version}
    content = {
        "written_by": "OPENBLAS_NUM_THREADS=1 python -m benchmarks.accuracy.hands",
        "model": model,
        "summary": summary,
        "hands": hands,
    }
    content |= {"corrections": corrections, "poisoned": poisoned(judge, tiles, said)}
    write_json(OUT, content)
    if (first, n_hands) == (FIRST, N_HANDS) and corrections:
        write_blocks(PAGE, {"hands": tables(content)})


def _mean(rows: list[dict[str, Any]], key: str) -> float | None:
    return float(np.mean([row[key] for row in rows])) if rows else None


if __name__ == "__main__":
    main()
