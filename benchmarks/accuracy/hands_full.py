"""Compare teaching the whole network with the light step: synthetic writers with odd shapes, and poisoned lessons.

    python -m benchmarks.accuracy.hands_full [--first 20] [--hands 20] [--each 100] [--poison]

The writers, lessons and test digits are those of `benchmarks.accuracy.hands`, with fewer test digits of each kind.
Hands 0 to 19 are for tuning `inkling.training.hand_tuning`: `--first 0` prints their scores and writes nothing.
Otherwise hands_full.json and its numbers in docs/hands.md are written after each hand. Needs TensorFlow, and half a
minute of CPU time per hand; poisoned lessons take a few more minutes.
"""

from __future__ import annotations

import textwrap
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.accuracy.hands import FIRST, TAUGHT, Digits, Judge, as_lessons, poisoned_lessons, timed_teach
from benchmarks.common import write_json
from benchmarks.markdown import table, write_blocks
from inkling.hands.guards import answers
from inkling.hands.hand_network import classifier_of
from inkling.hands.lesson import Lesson
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.hand_teaching import TaughtNetwork, Teacher
from inkling.training.odd_hands import N_HANDS, odd_hand, write_digits

OUT = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[2] / "docs" / "hands.md"


def of_hand(judge: Judge, teacher: Teacher, lessons: list[Lesson], test: Digits, tiles: np.ndarray) -> dict[str, Any]:
    """Measure one hand before and after teaching; `test`: features and labels of the `tiles` (N, 28, 28) float32."""
    light, light_s = timed_teach(lessons, judge)
    started, clock = time.process_time(), time.perf_counter()
    taught = teacher.teach(lessons)
    cpu_s, wall_s = time.process_time() - started, time.perf_counter() - clock
    before = judge.right(test)
    after = network_right(judge, taught, tiles, test[1]) if taught.promoted else before
    guards = {guard["name"]: guard for guard in taught.report["guards"]}
    return {
        "errors_before": float(1 - before.mean()),
        "errors_light": float(1 - judge.right(test, light).mean()),
        "errors_full": float(1 - after.mean()),
        "promoted_light": light.promoted,
        "promoted_full": taught.promoted,
        "reason": taught.report["reason"],
        "keep": taught.report["keep"],
        "validation_misread_before": round(guards["mnist-validation"]["before"] * guards["mnist-validation"]["n"]),
        "validation_misread_full": round(
            guards["mnist-validation"]["after" if taught.promoted else "before"] * guards["mnist-validation"]["n"]
        ),
        "payload_bytes": len(taught.learned.to_bytes()),
        "light_cpu_s": round(light_s, 2),
        "cpu_s": round(cpu_s, 1),
        "wall_s": round(wall_s, 1),
    }


def network_right(judge: Judge, taught: TaughtNetwork, tiles: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which digits the hand's network reads correctly: (N,) bool."""
    probs = classifier_of(taught.learned).outputs(tiles)
    return np.asarray(answers(probs, judge.bundle.reject_at) == labels)


def poisoned(teacher: Teacher, tiles: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Teach lessons that must not be learned; returns whether each case is promoted, and why."""
    found = {}
    for name, lessons in poisoned_lessons(tiles, labels).items():
        started = time.process_time()
        taught = teacher.teach(lessons)
        cpu_s = time.process_time() - started
        found[name] = {"promoted": taught.promoted, "reason": taught.report["reason"], "cpu_s": round(cpu_s, 1)}
        click.echo(f"{name}: {taught.report['reason']} ({cpu_s:.0f} s)")
    return found


def summary(rows: list[dict[str, Any]], prepare_cpu_s: float) -> dict[str, Any]:
    kinds = ("light", "full")
    return {
        "errors_before": float(np.mean([row["errors_before"] for row in rows])),
        **{f"errors_{kind}": float(np.mean([row[f"errors_{kind}"] for row in rows])) for kind in kinds},
        **{f"promoted_{kind}": sum(row[f"promoted_{kind}"] for row in rows) for kind in kinds},
        **{f"worse_{kind}": sum(row[f"errors_{kind}"] > row["errors_before"] for row in rows) for kind in kinds},
        "validation_misread_before": rows[0]["validation_misread_before"],
        "validation_misread_full_most": max(row["validation_misread_full"] for row in rows),
        "light_cpu_s_most": max(row["light_cpu_s"] for row in rows),
        "prepare_cpu_s": round(prepare_cpu_s, 1),
        "cpu_s_median": float(np.median([row["cpu_s"] for row in rows])),
        "cpu_s_most": max(row["cpu_s"] for row in rows),
        "payload_bytes": rows[0]["payload_bytes"],
    }


def tables(content: dict[str, Any]) -> str:
    """hands_full.json -> the text and tables in docs/hands.md."""
    found, n = content["summary"], len(content["hands"])
    prepare = found["prepare_cpu_s"]
    command = content["written_by"] + (f" --hands {n}" if n != N_HANDS else "")
    rows = [
        (
            "error rate of the writers, mean",
            *(f"{found[f'errors_{when}']:.2%}" for when in ("before", "light", "full")),
        ),
        ("writers with a promoted version", "", *(f"{found[f'promoted_{kind}']} of {n}" for kind in ("light", "full"))),
        ("writers read worse than before", "", *(str(found[f"worse_{kind}"]) for kind in ("light", "full"))),
        (
            "MNIST's 5,000 validation images misread, maximum over the writers",
            str(found["validation_misread_before"]),
            "",
            str(found["validation_misread_full_most"]),
        ),
        (
            "CPU seconds for 200 lessons, maximum over the writers",
            "",
            f"{found['light_cpu_s_most']:.1f}",
            f"{prepare + found['cpu_s_most']:.0f}",
        ),
    ]
    about = (
        f"{n} of these writers, tested with {content['each']} of each digit: `{command}`. Preparing the replay images "
        f"takes {prepare:.0f} of the CPU seconds of a network. A version takes "
        f"{found['payload_bytes'] / 1e6:.1f} MB. A writer without a promoted version is read by the original network."
    )
    parts = [
        f"### The light step and fine-tuning\n\n{textwrap.fill(about, 120)}",
        table(("", "before", "light step", "fine-tuning"), rows),
    ]
    if "poisoned" in content:
        poisons = [(name, f"{case['cpu_s']:.0f}", case["reason"]) for name, case in content["poisoned"].items()]
        parts.append(table(("fine-tuning, lessons that must not be learned", "CPU seconds", "answer"), poisons))
    return "\n\n".join(parts)


def write(content: dict[str, Any]) -> None:
    """Write the file and the block on the page."""
    write_json(OUT, content)
    write_blocks(PAGE, {"hands_full": tables(content)})


@click.command()
@click.option("--first", default=FIRST, show_default=True, help="Number of the first writer.")
@click.option("--hands", "n_hands", default=N_HANDS, show_default=True, help="Number of writers.")
@click.option("--each", default=100, show_default=True, help="Digits of each kind to test a hand with.")
@click.option("--poison", is_flag=True, help="Also teach lessons that must not be learned.")
def main(*, first: int, n_hands: int, each: int, poison: bool) -> None:
    """Print the errors of each hand before and after, and poisoned lessons."""
    mnist, judge = load_mnist(), Judge()
    started = time.process_time()
    teacher = Teacher(judge.bundle, mnist)
    prepare_cpu_s = time.process_time() - started
    training, _ = split_indices(mnist.y_train, 5_000, 0)
    images, labels = mnist.x_train[training], mnist.y_train[training]
    rows: list[dict[str, Any]] = []
    content: dict[str, Any] = {
        "written_by": "python -m benchmarks.accuracy.hands_full",
        "model": {"name": judge.bundle.name, "version": judge.bundle.version},
        "each": each,
    }
    for number in range(first, first + n_hands):
        hand, rng = odd_hand(number), np.random.default_rng((number, 1))
        tiles, said = write_digits(hand, TAUGHT, images, labels, rng)
        test_tiles, test_labels = write_digits(hand, each, images, labels, rng)
        test = judge.network(test_tiles), test_labels
        rows.append({"hand": number, **of_hand(judge, teacher, as_lessons(tiles, said), test, test_tiles)})
        row = rows[-1]
        click.echo(
            f"hand {number:2}: {row['errors_before']:6.2%} light {row['errors_light']:6.2%} full "
            f"{row['errors_full']:6.2%} keep {row['keep']} {row['cpu_s']:.0f} s  {row['reason']}"
        )
        content |= {"summary": summary(rows, prepare_cpu_s), "hands": rows}
        if first >= FIRST:
            write(content)
    click.echo(str(content["summary"]))
    if poison:
        content["poisoned"] = poisoned(teacher, tiles, said)
        if first >= FIRST:
            write(content)


if __name__ == "__main__":
    main()
