"""`/learn`: six short chapters on how a network reads digits, each with something to play with."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template

from inkling.errors import InklingError, UnknownName

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("learn", __name__)

MEASURED = Path(__file__).with_name("measured.json")  # by scripts/make_measured.py
SMALL_CONV = Path(__file__).parents[1] / "static" / "data" / "small-conv.json"  # by scripts/make_small_conv.py


@dataclass(frozen=True)
class Chapter:
    """One chapter: its address, its name and what it answers."""

    slug: str
    title: str
    about: str


CHAPTERS = (
    Chapter("pictures", "A picture is a table of numbers", "What a computer has before it when it looks at a digit."),
    Chapter("neurons", "Neurons, ReLU and layers", "What 101,770 numbers are for, and why a bend matters."),
    Chapter("confidence", "From scores to confidence", "How ten scores become ten shares, and what 97 % promises."),
    Chapter("learning", "Learning, and learning by heart", "Loss, gradient, Adam; overfitting, and what dropout does."),
    Chapter("convolutions", "Convolutions", "Nine weights that look everywhere, and when they win."),
    Chapter("drawings", "Why it fails on your own drawing", "Polarity, place, size, pen: what goes wrong; the cure."),
)


@blueprint.get("/learn")
def contents() -> ResponseReturnValue:
    """The list of chapters."""
    return render_template("learn.html", chapters=CHAPTERS)


@blueprint.get("/learn/<slug>")
def chapter(slug: str) -> ResponseReturnValue:
    """One chapter. 404 UnknownName for a chapter that is not there."""
    slugs = [each.slug for each in CHAPTERS]
    if slug not in slugs:
        raise UnknownName("chapter", slug, slugs)
    number = slugs.index(slug)
    return render_template(
        f"chapters/{slug}.html",
        chapter=CHAPTERS[number],
        number=number + 1,
        before=CHAPTERS[number - 1] if number else None,
        after=CHAPTERS[number + 1] if number + 1 < len(CHAPTERS) else None,
        facts=facts(),
        measured=measured(),
        small=small_conv(),
    )


def facts() -> dict[str, dict[str, Any]]:
    """What the text says of the networks, from their manifests: `test`, the share of MNIST's test images read right
    as a text ("98.09 %"; "" where it was not measured), and `parameters`, by name."""
    try:
        bundles = current_app.extensions["inkling"].bundles()
    except InklingError:
        return {}  # the chapters still open
    said = {}
    for name, entry in bundles.items():
        score = entry.manifest.get("scores", {}).get("mnist-test", {}).get("accuracy")
        test = f"{100 * score:.2f} %" if score else ""
        said[name] = {"test": test, "parameters": int(entry.manifest.get("parameters", 0))}
    return said


@functools.cache
def measured() -> dict[str, Any]:
    """What the project measured, as texts: `right` by network and data set ("93.7 %"), `seeds` by recipe ("99.21 %"),
    and the means over the folders of other people's digits, `squeezed` and `road`, of the tutorial's network."""
    found: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    folders = list(found["squeezed"])
    return {
        "right": {
            name: {key: f"{100 * share:.1f} %" for key, share in shares.items()}
            for name, shares in found["right"].items()
        },
        "n": {key: f"{n:,}" for key, n in found["n"].items()},
        "seeds": {name: f"{100 * each['mean']:.2f} %" for name, each in found["seeds"].items()},
        "n_seeds": min(each["n"] for each in found["seeds"].values()),
        "squeezed": f"{100 * fmean(found['squeezed'].values()):.0f} %",
        "road": f"{100 * fmean(found['right']['ann-tutorial'][key] for key in folders):.0f} %",
        "road_cnn": f"{100 * fmean(found['right']['cnn'][key] for key in folders):.0f} %",
    }


@functools.cache
def small_conv() -> dict[str, Any]:
    """What the text says of the small network of chapter 5: `parameters`, and `test`, its share of right answers."""
    found = json.loads(SMALL_CONV.read_text("utf-8"))
    return {"parameters": found["parameters"], "test": f"{100 * found['test']:.2f} %"}
