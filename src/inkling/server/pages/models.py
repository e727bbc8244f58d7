"""`/models`: every model side by side. `/models/NAME`: its mistakes, confidence, robustness, map, curves and card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template

from inkling.errors import InklingError, NoReport, UnknownName
from inkling.server.pages.dot_plots import panels, strip
from inkling.server.service.reports import card_of, report_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from inkling.models.bundle import Bundle
    from inkling.server.service.readers import Readers

blueprint = Blueprint("models", __name__)

JUDGED_ON = (("mnist-test", "test images"), ("mnist-validation", "validation images"))  # the first that is there
HEATS = (1, 2, 4, 7, 11)  # mistakes in a cell from which it takes the next colour
N_WORST, N_FREQUENT = 15, 6


@blueprint.get("/models")
def models() -> ResponseReturnValue:
    """All models."""
    rows = every()
    return render_template("models.html", rows=rows, strip=strip(rows), panels=panels(rows))


@blueprint.get("/models/<string:name>")
def model(name: str) -> ResponseReturnValue:
    """One model. 404 UnknownName."""
    rows = every()
    row = next((row for row in rows if row["name"] == name), None)
    if row is None:
        raise UnknownName("model", name, [row["name"] for row in rows])
    told = {"rows": rows, "row": row, "card": card_of(row["bundle"])}
    report = row["report"]
    if report is None:
        return render_template("model.html", **told, report=None)
    figures = {figure["name"]: figure for figure in report["figures"]}
    return render_template(
        "model.html",
        **told,
        report=report,
        figures=figures,
        matrix=matrix(report["confusion"], report["per_class"]),
        cells=cells(report),
        frequent=frequent(report["confusion"]),
        others=[each["name"] for each in rows if each["report"] and each["name"] != name],
    )


def every() -> list[dict[str, Any]]:
    """What is known about each model, the default first; [] when there is no usable one."""
    readers: Readers = current_app.extensions["inkling"]
    try:
        default = readers.default().name
        return [facts(name, found, default=name == default) for name, found in readers.bundles().items()]
    except InklingError:
        return []


def facts(name: str, found: Bundle, *, default: bool) -> dict[str, Any]:
    """One model for the table; `report` is None where there is none, and `why` says how to get one."""
    manifest = found.manifest
    scores = manifest.get("scores", {})
    judged = next(((scores[key], words) for key, words in JUDGED_ON if "accuracy_95" in scores.get(key, {})), None)
    try:
        report, why = report_of(found, name).values, ""
    except NoReport as error:
        report, why = None, str(error)
    return {
        "name": name,
        "bundle": found,
        "default": default,
        "about": manifest.get("recipe", {}).get("about", ""),
        "architecture": manifest.get("architecture", ""),
        "parameters": int(manifest.get("parameters", 0)),
        "bytes": found.model_path.stat().st_size if found.model_path.is_file() else 0,
        "score": judged[0] if judged else None,
        "judged_on": judged[1] if judged else "",
        "refuses": scores.get("non-digits"),
        "report": report,
        "why": why,
        "version": found.version,
    }


def matrix(confusion: list[list[int]], per_class: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a label: its cells with count and `heat` 0..len(HEATS), and the part of it that was found."""
    return [
        {
            "label": label,
            "recall": row["recall"],
            "cells": [
                {"read": read, "n": n, "heat": sum(n >= least for least in HEATS)} for read, n in enumerate(counts)
            ],
        }
        for label, (counts, row) in enumerate(zip(confusion, per_class, strict=True))
    ]


def cells(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The mistakes by cell, the most confident first; before them, under the key "worst", those of all cells."""
    found = report["mistakes"]
    columns = found["columns"]
    digits = [
        {"label": label, "read": read, "confidence": confidence, "x": i % columns * 28, "y": i // columns * 28}
        for i, (label, read, confidence) in enumerate(
            zip(found["label"], found["read"], found["confidence"], strict=True)
        )
    ]
    height = max(-(-len(digits) // columns), 1) * 28
    groups = [{"key": "worst", "n": found["total"], "digits": digits[:N_WORST]}]
    for label, counts in enumerate(report["confusion"]):
        for read, n in enumerate(counts):
            if n and read != label:
                chosen = [digit for digit in digits if (digit["label"], digit["read"]) == (label, read)]
                groups.append({"key": f"{label}-{read}", "label": label, "read": read, "n": n, "digits": chosen})
    return [{**group, "sheet": {"width": columns * 28, "height": height}} for group in groups]


def frequent(confusion: list[list[int]]) -> list[dict[str, int]]:
    """The most frequent mistakes."""
    wrong = [
        {"label": label, "read": read, "n": n}
        for label, counts in enumerate(confusion)
        for read, n in enumerate(counts)
        if n and read != label
    ]
    return sorted(wrong, key=lambda one: -one["n"])[:N_FREQUENT]


@blueprint.app_template_filter()
def per_cent(rate: float, places: int = 2) -> str:
    """0.98094 -> "98.09%"."""
    return f"{100 * rate:.{places}f}%"


@blueprint.app_template_filter()
def rates(curve: dict[str, Any]) -> str:
    """A curve of robustness in words, for those who do not see it."""
    pairs = zip(curve["levels"], curve["accuracy"], strict=True)
    return f"{curve['unit']}: " + ", ".join(f"{level:g}: {rate:.1%}" for level, rate in pairs) + "."


@blueprint.app_template_filter()
def sure(confidence: float) -> str:
    """0.9731 -> "97%"; rounded down, because nothing is certain."""
    return f"{int(100 * confidence)}%"


@blueprint.app_template_filter()
def microseconds(us: float) -> str:
    """13.44 -> "13 µs", 1300 -> "1.3 ms"."""
    return f"{us / 1000:.1f}\N{NO-BREAK SPACE}ms" if us >= 1000 else f"{us:.0f}\N{NO-BREAK SPACE}\N{MICRO SIGN}s"
