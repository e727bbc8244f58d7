"""`/learn`: six short chapters on how a network reads digits, each with something to play with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template

from inkling.errors import InklingError, UnknownName

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("learn", __name__)


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
