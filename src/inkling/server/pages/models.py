"""`/models`: all models side by side. `/models/NAME`: a model's mistakes, confidence, robustness, map, curves and card.

Rendering takes about 20 ms. A worker caches the pages and renders a page again when a model or its files change.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template

from inkling.errors import InklingError, NoReport, UnknownName
from inkling.models.bundle import Bundle, best_known_score
from inkling.models.titles import title_of
from inkling.server.pages.dot_plots import accuracy_axis, robustness_panels
from inkling.server.rules import PAGE, rule
from inkling.server.service.readers import Readers
from inkling.server.service.reports import CARD, FILE_NAME, FOLDER, load_model_card, load_report

blueprint = Blueprint("models", __name__)

HEAT_LEVELS = (1, 2, 4, 7, 11)  # lowest number of mistakes for each color of a cell
N_WORST, N_FREQUENT = 15, 6
TILE = 28  # side of a tile in the sprite, in pixels
FILES = ("manifest.json", "model.tflite", f"{FOLDER}/{FILE_NAME}", CARD)  # files of a bundle that its pages depend on
KEPT_PAGES = 20  # cached pages, about 60 KB each

State = tuple[tuple[Any, ...], ...]


@blueprint.get("/models")
@rule(PAGE)
def models() -> str:
    """All models."""
    return _models_page(models_state())


@blueprint.get("/models/<string:name>")
@rule(PAGE)
def model(name: str) -> str:
    """One model. 404 UnknownName."""
    return _model_page(name, models_state())


def offered() -> dict[str, Bundle]:
    """The models by name, the default first; {} if none is usable."""
    readers: Readers = current_app.extensions["inkling"]
    try:
        return readers.bundles()
    except InklingError:
        return {}


def models_state() -> State:
    """The cache key of the model pages: names and versions of the models, with times and sizes of their files."""
    return tuple(
        (name, bundle.version, *(_written(bundle.path / file) for file in FILES)) for name, bundle in offered().items()
    )


def _written(path: Path) -> tuple[Path, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return path, 0, 0
    return path, stat.st_mtime_ns, stat.st_size


@lru_cache(KEPT_PAGES)
def _models_page(state: State) -> str:
    rows = model_rows(offered())
    return render_template(
        "models.html", rows=rows, accuracy_axis=accuracy_axis(rows), robustness_panels=robustness_panels(rows)
    )


@lru_cache(KEPT_PAGES)
def _model_page(name: str, state: State) -> str:
    bundles = offered()
    if name not in bundles:
        raise UnknownName("model", name, bundles)
    rows = model_rows(bundles)
    row = next(row for row in rows if row["name"] == name)
    shared = {"rows": rows, "row": row, "card": load_model_card(row["bundle"])}
    report = row["report"]
    if report is None:
        return render_template("model.html", **shared, report=None)
    return render_template(
        "model.html",
        **shared,
        report=report,
        figures={figure["name"]: figure for figure in report["figures"]},
        confusion_rows=confusion_rows(report["confusion"], report["per_class"]),
        mistake_groups=mistake_groups(report),
        frequent_mistakes=frequent_mistakes(report["confusion"]),
        others=[each["name"] for each in rows if each["report"] and each["name"] != name],
    )


def model_rows(bundles: dict[str, Bundle]) -> list[dict[str, Any]]:
    """One table row per model, the default first."""
    default = next(iter(bundles), None)
    return [model_row(name, bundle, default=name == default) for name, bundle in bundles.items()]


def model_row(name: str, bundle: Bundle, *, default: bool) -> dict[str, Any]:
    """A model's table row. Without a report, `report` is None and `why` says how to make one."""
    manifest = bundle.manifest
    judged_on, score = best_known_score(bundle)
    try:
        report, why = load_report(bundle, name).values, ""
    except NoReport as error:
        report, why = None, str(error)
    return {
        "name": name,
        "title": title_of(bundle),
        "bundle": bundle,
        "default": default,
        "about": manifest.get("recipe", {}).get("about", ""),
        "architecture": manifest.get("architecture", ""),
        "parameters": int(manifest.get("parameters", 0)),
        "bytes": bundle.model_path.stat().st_size if bundle.model_path.is_file() else 0,
        "score": score,  # {} if there is none
        "judged_on": judged_on,
        "looks": bundle.test_looks_in_words if judged_on == "test images" and bundle.test_looks else "",
        "report": report,
        "why": why,
        "version": bundle.version,
    }


def confusion_rows(confusion: list[list[int]], per_class: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the confusion matrix: label, recall, and cells with `n` and `heat` 0..len(HEAT_LEVELS)."""
    return [
        {
            "label": label,
            "recall": scores["recall"],
            "cells": [
                {"read": read, "n": n, "heat": sum(n >= least for least in HEAT_LEVELS)} for read, n in enumerate(row)
            ],
        }
        for label, (row, scores) in enumerate(zip(confusion, per_class, strict=True))
    ]


def mistake_groups(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The mistakes, most confident first: a group "worst" for the whole confusion matrix, then a group per cell."""
    mistakes = report["mistakes"]
    columns = mistakes["columns"]
    digits = [
        {"label": label, "read": read, "confidence": confidence, "x": i % columns * TILE, "y": i // columns * TILE}
        for i, (label, read, confidence) in enumerate(
            zip(mistakes["label"], mistakes["read"], mistakes["confidence"], strict=True)
        )
    ]
    groups = [{"key": "worst", "n": mistakes["total"], "digits": digits[:N_WORST]}]
    for cell in _mistake_cells(report["confusion"]):
        label, read = cell["label"], cell["read"]
        chosen = [digit for digit in digits if (digit["label"], digit["read"]) == (label, read)]
        groups.append({"key": f"{label}-{read}", **cell, "digits": chosen})
    sheet = {"width": columns * TILE, "height": max(-(-len(digits) // columns), 1) * TILE}
    return [{**group, "sheet": sheet} for group in groups]


def frequent_mistakes(confusion: list[list[int]]) -> list[dict[str, int]]:
    """The cells with the most mistakes."""
    return sorted(_mistake_cells(confusion), key=lambda cell: -cell["n"])[:N_FREQUENT]


def _mistake_cells(confusion: list[list[int]]) -> Iterator[dict[str, int]]:
    for label, row in enumerate(confusion):
        for read, n in enumerate(row):
            if n and read != label:
                yield {"label": label, "read": read, "n": n}


@blueprint.app_template_filter()
def per_cent(rate: float, places: int = 2) -> str:
    """0.98094 -> "98.09%"."""
    return f"{100 * rate:.{places}f}%"


@blueprint.app_template_filter()
def rates(curve: dict[str, Any]) -> str:
    """A robustness curve as text for screen readers."""
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
