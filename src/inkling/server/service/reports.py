"""Loads the report and the model card that `inkling.training.publish` wrote into a bundle. Nothing is measured here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup
from marshmallow import INCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Range

from inkling.errors import NoReport, NotFound
from inkling.models.bundle import Bundle
from inkling.server.service.model_card_html import to_html

FOLDER, FILE_NAME, SPRITE, CARD = "report", "report.json", "mistakes.png", "README.md"
FORMAT = 1  # format version of report.json, as written by inkling.training.publish
KEYS = ("model", "scores", "confusion", "reliability", "robustness", "mistakes", "map", "figures")

MAX_BYTES = 2_000_000  # of report.json; fifteen times the size of the packaged ones


class _CurveSchema(Schema):
    name = fields.String(required=True)
    unit = fields.String(required=True)
    levels = fields.List(fields.Float(), required=True)
    accuracy = fields.List(fields.Float(validate=Range(0, 1)), required=True)

    @validates_schema
    def check_lengths(self, values: dict[str, Any], **_: Any) -> None:
        if len(values["levels"]) != len(values["accuracy"]):
            raise ValidationError("levels and accuracy differ in length")


class _SpeedSchema(Schema):
    single_us = fields.Float(required=True)


class _SharedSchema(Schema):
    """The parts of a report on the page of all models, validated so that one forged report cannot break the page."""

    speed = fields.Nested(_SpeedSchema(unknown=INCLUDE), allow_none=True)
    robustness = fields.List(fields.Nested(_CurveSchema(unknown=INCLUDE)))


@dataclass(frozen=True)
class Report:
    """A report and the folder with its images."""

    folder: Path
    values: dict[str, Any]  # report.json
    etag: str  # network version and report hash

    def image(self, file: str) -> bytes:
        """The sprite or a figure. Raises NotFound for any other name."""
        names = [SPRITE, *(f"{figure['name']}.svg" for figure in self.values["figures"])]
        if file not in names:  # so that a request cannot choose a path
            raise NotFound(f"the report has no picture {file!r}; expected one of: {', '.join(names)}.")
        try:
            return (self.folder / names[names.index(file)]).read_bytes()
        except OSError as error:
            raise NotFound(f"picture {file!r} of the report is missing; expected it next to report.json.") from error


def load_report(bundle: Bundle, name: str) -> Report:
    """The report of a bundle that is offered as `name`. It is read each time, because it may change at any time.

    Raises NoReport if there is none, or only one about another version of the network or in another format.
    """
    target = name if bundle.path.name == name else "FOLDER, where FOLDER is the model's"
    how = f"Write one: python -m inkling.training.publish {target}."
    folder = bundle.path / FOLDER
    try:
        with (folder / FILE_NAME).open("rb") as file:
            content = file.read(MAX_BYTES)
    except OSError:
        message = f"there is no report about {name!r} yet; expected report/report.json in its bundle. {how}"
        raise NoReport(message) from None
    try:
        values = json.loads(content)
        version = values["model"]["version"]
        missing = [key for key in KEYS if key not in values]
        _SharedSchema(unknown=INCLUDE).load(values)
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        raise NoReport(f"the report about {name!r} is damaged; expected JSON as publish writes it. {how}") from None
    if values.get("format") != FORMAT or missing:
        raise NoReport(f"the report about {name!r} has another format; expected format {FORMAT}. {how}")
    if version != bundle.version:
        raise NoReport(f"the report about {name!r} is about version {version}; expected {bundle.version}. {how}")
    return Report(folder, values, f"{bundle.version}-{hashlib.sha256(content).hexdigest()[:12]}")


def load_model_card(bundle: Bundle) -> Markup | None:
    """The bundle's model card as HTML, without its title; None if there is none."""
    try:
        return to_html((bundle.path / CARD).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
