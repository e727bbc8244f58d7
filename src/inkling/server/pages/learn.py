"""`/learn`: six short interactive chapters on how a network reads digits, a teacher's page and a glossary."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template

from inkling.errors import UnknownName
from inkling.server.pages import lessons
from inkling.server.rules import PAGE, rule

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("learn", __name__)

MEASURED = Path(__file__).with_name("measured.json")  # written by scripts/make_measured.py
DROPOUT = Path(__file__).with_name("dropout.json")  # written by scripts/measure_dropout.mjs
SMALL_CONV = Path(__file__).parents[1] / "static" / "data" / "small-conv.json"  # written by scripts/make_small_conv.py


MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Chapter:
    """One chapter: its address, title and summary."""

    slug: str
    title: str
    about: str


CHAPTERS = (
    Chapter("pictures", "A picture is a table of numbers", "Draw a digit and see the 784 numbers that it becomes."),
    Chapter("neurons", "Neurons, ReLU and layers", "What the 101,770 parameters do, and why ReLU matters."),
    Chapter("confidence", "From scores to confidence", "How scores become probabilities, and what 97 % means."),
    Chapter("learning", "Learning and overfitting", "How a network finds its weights, and when it memorizes."),
    Chapter("convolutions", "Convolutions", "Nine weights for every position, and when they work better."),
    Chapter("drawings", "Why it fails on your own drawing", "Color, position, size: what goes wrong, and what helps."),
)


@blueprint.get("/learn")
@rule(PAGE)
def contents() -> ResponseReturnValue:
    """The list of chapters."""
    return render_template("learn.html", chapters=CHAPTERS, minutes=lessons.minutes_to_read)


@blueprint.get("/learn/glossary")
@rule(PAGE)
def terms() -> ResponseReturnValue:
    """The glossary."""
    return render_template("glossary.html", terms=lessons.glossary().values())


@blueprint.get("/learn/teacher")
@rule(PAGE)
def teacher() -> ResponseReturnValue:
    """The teacher's page: a 45-minute lesson, the answers to all questions, and a sheet to print."""
    used = {step.get("chapter") for step in lessons.lesson()["steps"]}
    return render_template(
        "teacher.html",
        lesson=lessons.lesson(),
        needed=[(n, lessons.minutes_to_read(each.slug)) for n, each in enumerate(CHAPTERS, 1) if each.slug in used],
        chapters=[(each, questions_of(each.slug), lessons.minutes_to_read(each.slug)) for each in CHAPTERS],
        numbers={each.slug: number for number, each in enumerate(CHAPTERS, 1)},
    )


@blueprint.get("/learn/<slug>")
@rule(PAGE)
def chapter(slug: str) -> ResponseReturnValue:
    """One chapter. 404 UnknownName for an unknown chapter."""
    slugs = [each.slug for each in CHAPTERS]
    if slug not in slugs:
        raise UnknownName("chapter", slug, slugs)
    number = slugs.index(slug)
    asked = questions_of(slug)
    return render_template(
        f"chapters/{slug}.html",
        chapter=CHAPTERS[number],
        number=number + 1,
        total=len(CHAPTERS),
        minutes=lessons.minutes_to_read(slug),
        guesses=asked["guesses"],
        question=asked["question"],
        before=CHAPTERS[number - 1] if number else None,
        after=CHAPTERS[number + 1] if number + 1 < len(CHAPTERS) else None,
        measured=measured(),
        small=small_conv(),
        dropout=dropout(),
    )


@functools.cache
def questions_of(slug: str) -> dict[str, Any]:
    """The questions of a chapter, with the measured numbers filled in."""
    found = measured()
    numbers = {name: found[name].removesuffix(" %") for name in ("resized", "resized_worst", "pipeline")}
    asked: dict[str, Any] = lessons.filled(lessons.questions()[slug], numbers)
    return asked


@functools.cache
def measured() -> dict[str, Any]:
    """The project's measurements as text.

    `right`: accuracy by network and data set ("93.7 %"); `refusals_wrong`: by network, accuracy on MNIST's test images
    with refusals counted as wrong; `n`: number of images by data set; `seeds`: mean by recipe ("99.21 %"); `n_seeds`:
    the lowest number of seeds of a recipe. Means over other people's digits: `resized` and `pipeline` for the tutorial
    network, `pipeline_cnn` for `cnn`. `resized_worst` is `resized` for the hardest data set.
    """
    found: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    data_sets = list(found["resized"])
    return {
        "right": {
            name: {key: f"{100 * share:.1f} %" for key, share in shares.items()}
            for name, shares in found["right"].items()
        },
        "refusals_wrong": {name: f"{100 * share:.1f} %" for name, share in found["refusals_wrong"].items()},
        "n": {key: f"{n:,}" for key, n in found["n"].items()},
        "seeds": {name: f"{100 * each['mean']:.2f} %" for name, each in found["seeds"].items()},
        "n_seeds": min(each["n"] for each in found["seeds"].values()),
        "resized": f"{100 * fmean(found['resized'].values()):.0f} %",
        "resized_worst": f"{100 * min(found['resized'].values()):.0f} %",
        "pipeline": f"{100 * fmean(found['right']['ann-tutorial'][key] for key in data_sets):.0f} %",
        "pipeline_cnn": f"{100 * fmean(found['right']['cnn'][key] for key in data_sets):.0f} %",
    }


@functools.cache
def dropout() -> dict[str, Any]:
    """The gain from dropout in chapter 4, in points: `wrong_labels` and `right_labels`, each {mean, least, most}."""
    gains = json.loads(DROPOUT.read_text("utf-8"))["gains"]
    return {
        name: {"mean": points(fmean(each)), "least": points(min(each)), "most": points(max(each))}
        for name, each in gains.items()
    }


def points(value: float) -> str:
    """A number of points as text, with a true minus sign."""
    return f"{value:.1f}".replace("-", MINUS)


@functools.cache
def small_conv() -> dict[str, Any]:
    """Facts about the small network of chapter 5: `parameters`, and its `test` accuracy."""
    found = json.loads(SMALL_CONV.read_text("utf-8"))
    return {"parameters": found["parameters"], "test": f"{100 * found['test']:.2f} %"}
