"""The output of `inkling read --explain DIR`: for each image, a page that works offline, and its figures as PNGs.

DIR/NAME.html            all steps, and why each digit was read as it was; styles and figures are inlined
DIR/NAME/1-image.png     figures of the steps, and the maps of each digit
DIR/index.html           links to the pages, if there are several
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import numpy as np

from inkling import offline_page
from inkling.batch.atomic_file import write_error
from inkling.batch.csv_table import ResultJson
from inkling.batch.review_card import OpenImage
from inkling.explain import DigitExplanation, Explanation, explain, recognized_glyphs, render, words
from inkling.explain.render import DARK, LIGHT, Theme
from inkling.pipeline.reader import Mode, Reader

HERE = Path(__file__).parent
INDEX = "index"
STEP_SIDE = 720  # longer side of a step's figure on the page, in pixels
MAP_SIDE = 560  # side of a map, in pixels: 28 cells of 20 pixels, or 32 of 17
ON_PAGE = (
    *("image", "ink", "glyphs", "tiles"),  # the page shows the remaining steps as text and bars
    *("layout", "rows", "columns", "symbols", "texts"),
)


class Pages:
    """Writes a page for each image while images are read."""

    def __init__(self, reader: Reader, out: Path, *, mode: Mode = "auto") -> None:
        """Create the folder `out`. Raises NotFound if it cannot be written."""
        self._reader = reader
        self._out = out
        self._mode = mode
        self._taken = {INDEX}
        self._pages: list[dict[str, str]] = []
        with _write_errors(out):
            out.mkdir(parents=True, exist_ok=True)

    def add(self, result: ResultJson, open_image: OpenImage | None = None) -> None:
        """Explain the image of one result of `inkling read`, unless the result is an error.

        `open_image` opens the picture; it is None if the source is a file.
        """
        if not result["ok"]:
            return
        source = Path(result["source"])
        name = _unused_name(source.stem, self._taken)
        explanation = explain(self._reader, open_image() if open_image else source, mode=self._mode)
        reading = explanation.trace.reading
        title = _printable(source.name)
        with _write_errors(self._out):
            write_figures(explanation, self._out / name)
            html = page(explanation, title, model=self._reader.bundle.name, text=result["text"])
            (self._out / f"{name}.html").write_text(html, "utf-8")
        href = quote(os.fsencode(f"{name}.html"))
        text = result["text"].replace("\n", " / ")
        self._pages.append(
            {"file": f"{name}.html", "href": href, "name": title, "text": text, "how": words.how_sure(reading)}
        )

    def finish(self) -> None:
        """Write the index page, if there are several pages, and print the path of the page to open."""
        if not self._pages:
            return
        first = self._out / self._pages[0]["file"]
        if len(self._pages) > 1:
            first = self._out / f"{INDEX}.html"
            with _write_errors(self._out):
                first.write_text(_render("explain_index.html", pages=self._pages), "utf-8")
        click.echo(f"why: {first}", err=True)

    def close(self) -> None:
        """Do nothing: no file stays open between images."""


def write_figures(explanation: Explanation, out: Path) -> None:
    """Write every step and map as a PNG, numbered in page order."""
    out.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(explanation.steps, 1):
        (out / f"{number}-{step.name}.png").write_bytes(render.png(step.image()))
    for number, why in enumerate(explanation.digits, 1):
        a, b = why.answer, why.runner_up
        (out / f"digit-{number}-tile.png").write_bytes(
            render.png(render.tile_image(why.tile, MAP_SIDE // len(why.tile)))
        )
        for name, values in (
            (f"for-{a}", why.for_answer.points),
            (f"{a}-not-{b}", why.against_runner_up.points),
            (f"missing-ink-{a}-not-{b}", why.missing),
        ):
            (out / f"digit-{number}-{name}.png").write_bytes(
                render.png(render.attribution_map(values, why.tile, MAP_SIDE))
            )


def page(explanation: Explanation, name: str, *, model: str, text: str) -> str:
    """The HTML page for one image. `text`: the final text, which constraints may have changed."""
    reading = explanation.trace.reading
    shown = reading.written if text == reading.text else text
    others = [(mark, tile) for mark, tile, is_digit in recognized_glyphs(explanation.trace) if not is_digit]
    return _render(
        "explain.html",
        name=name,
        model=model,
        text=shown.replace("\n", " / ").replace("\t", "  "),
        lines=shown.split("\n") if shown else [],
        outcome=reading.outcome,
        verdict=words.how_sure(reading),
        reason=words.as_sentence(reading.reason) if text == reading.text else words.overruled(reading),
        steps=[
            {
                "title": step.title,
                "caption": step.caption,
                "shown": _in_both_themes(partial(step.image, STEP_SIDE)),
            }
            for step in explanation.steps
            if step.name in ON_PAGE
        ],
        digits=[_digit(why) for why in explanation.digits],
        others=[{"tile": _tile(tile), "caption": words.refused(mark)} for mark, tile in others],
        about=words.about(explanation.digits, explanation.left_out),
    )


def _digit(why: DigitExplanation) -> dict[str, Any]:
    """The template values for one digit."""
    lines = [" ".join(f"{x} {y}" for x, y in line) for line in render.ink_outline(why.tile)]
    a, b = why.answer, why.runner_up
    maps = [
        (f"Evidence for {a}", why.for_answer.points, f"against {a}", f"for {a}", words.for_caption(why)),
        (f"{a}, not {b}", why.against_runner_up.points, f"for {b}", f"for {a}", words.against_caption(why)),
        ("Missing ink", why.missing, f"would help {b}", f"would help {a}", words.missing(why)),
    ]
    exact = why.against_runner_up.bias is not None
    return {
        "answer": a,
        "runner_up": b,
        "sentence": words.sentence(why),
        "outline": " ".join(f"M{line}Z" for line in lines),
        "side": len(why.tile),
        "tile": _tile(why.tile),
        "bars": [
            {
                "share": round(share, 4),
                "text": words.short_percent(share) if digit in (a, b) else "",
                "role": "best" if digit == a else "second" if digit == b else "",
            }
            for digit, share in enumerate(why.digit.probs)
        ],
        "maps": [
            {"title": title, "shown": _signed(points), "low": low, "high": high, "caption": caption}
            for title, points, low, high, caption in maps
        ],
        "sum": _sum(why) if exact else [],
        "total": words.total(why, why.against_runner_up),
        "units": [
            {
                "number": unit.number,
                "points": words.signed(unit.points),
                "kind": "plus" if unit.points > 0 else "minus",
                "shown": _signed(unit.weights),
            }
            for unit in why.units
        ],
        "units_caption": words.units(why),
    }


def _sum(why: DigitExplanation) -> list[dict[str, Any]]:
    """The rows of a waterfall chart, where each bar begins where the previous one ends; left and width in percent."""
    lead = why.against_runner_up
    parts = [
        (f"ink for {why.answer}", float(lead.points[lead.points > 0].sum()), "plus"),
        (f"ink for {why.runner_up}", float(lead.points[lead.points < 0].sum()), "minus"),
        ("biases", lead.bias or 0.0, "bias"),
    ]
    ends = np.cumsum([points for _, points, _ in parts])
    parts.append((f"lead of {why.answer} over {why.runner_up}", float(ends[-1]), "total"))
    starts = [0.0, *ends[:-1], 0.0]
    lefts = [min(start, start + points) for start, (_, points, _) in zip(starts, parts, strict=True)]
    low = min(lefts)
    width = max(left + abs(points) for left, (_, points, _) in zip(lefts, parts, strict=True)) - low or 1.0
    return [
        {
            "name": name,
            "text": words.signed(points),
            "kind": kind,
            "left": round(100 * (left - low) / width, 2),
            "width": round(100 * abs(points) / width, 2),
        }
        for left, (name, points, kind) in zip(lefts, parts, strict=True)
    ]


def _tile(tile: np.ndarray) -> dict[str, Any]:
    return _in_both_themes(lambda theme: render.tile_image(tile, 1, theme))


def _signed(values: np.ndarray) -> dict[str, Any]:
    return _in_both_themes(lambda theme: render.attribution_image(values, theme))


def _in_both_themes(draw: Callable[[Theme], np.ndarray]) -> dict[str, Any]:
    """A figure for light and dark pages as data: URIs. `draw`: a theme -> (h, w, 3 or 4) uint8."""
    light = draw(LIGHT)
    h, w, _ = light.shape
    return {"light": render.data_uri(light), "dark": render.data_uri(draw(DARK)), "size": (w, h)}


def _render(template: str, **values: Any) -> str:
    return offline_page.render(HERE / template, styles=(HERE / "explain.css",), **values)


@contextmanager
def _write_errors(out: Path) -> Iterator[None]:
    """Convert an OSError from the block to NotFound."""
    try:
        yield
    except OSError as error:
        raise write_error(out, error) from error


def _unused_name(stem: str, taken: set[str]) -> str:
    """A name that is unique in this run, regardless of case."""
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name.lower())
    return name


def _printable(name: str) -> str:
    """A file name as text, with non-UTF-8 bytes replaced by question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")
