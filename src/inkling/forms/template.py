"""A template: the blank form, its named regions and their fields. Its file format is TOML:

name = "exam"
blank = "exam.pdf"              # or a picture; in the same folder
size = [1260, 1782]             # of the blank, in pixels; boxes use the same pixels

[[region]]
name = "student_number"
kind = "comb"                   # adjacent boxes for one digit each
box = [420, 432, 624, 84]       # x, y, w, h
columns = 8
length = 8

[[region]]
name = "mark"                   # creates the fields mark_1 .. mark_9
kind = "table"
box = [714, 624, 192, 702]
rows = 9
columns = 1
pattern = '[0-9]|10'

[[sum]]
total = "total"
of = ["mark"]                   # the name of a table means all of its fields
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.constraints.constraints import Constraints
from inkling.pipeline.box import Box

KINDS = {
    "number": "a number of any length, on a line or in one box",
    "cell": "one digit in a box",
    "comb": "a number with a box for each digit",
    "table": "a grid of numbers, a field for each cell",
}
GRIDS = ("comb", "table")


@dataclass(frozen=True)
class Region:
    """A named part of a form."""

    name: str
    kind: str  # a key of KINDS
    box: Box  # pixels of the blank
    rows: int = 1  # of a table
    columns: int = 1  # of a comb or table
    length: str = ""  # this and the next three: constraints like those of `inkling read`; "" or (): none
    pattern: str = ""
    check: str = ""
    among: str | tuple[str, ...] = ()  # the numbers themselves, or a file in the template's folder
    signs: bool = False  # whether signs are part of the number

    def field_boxes(self) -> list[tuple[str, Box]]:
        """The name and box of each field, in a table from left to right and top to bottom."""
        if self.kind != "table":
            return [(self.name, self.box)]
        numbers = itertools.product(range(self.rows), range(self.columns))
        is_list = 1 in (self.rows, self.columns)
        return [
            (f"{self.name}_{row + column + 1}" if is_list else f"{self.name}_{row + 1}_{column + 1}",
             _part(self.box, (row, column), (self.rows, self.columns)))
            for row, column in numbers
        ]  # fmt: skip

    def cell_boxes(self, box: Box) -> list[Box]:
        """The single-digit boxes of a field of this region; [] for free handwriting."""
        if self.kind == "comb":
            return [_part(box, (0, column), (1, self.columns)) for column in range(self.columns)]
        return [box] if self.kind == "cell" or self.length == "1" else []


@dataclass(frozen=True)
class Field:
    """One number of a form: its box and its constraints."""

    name: str
    box: Box  # pixels of the blank
    cells: tuple[Box, ...]  # for one digit each, from left to right; () for free handwriting
    constraints: Constraints
    signs: bool


@dataclass(frozen=True)
class Sum:
    """A field that contains the sum of others."""

    total: str
    of: tuple[str, ...]  # names of fields


@dataclass(frozen=True)
class Template:
    """A form. Created by `template_parser`."""

    name: str
    about: str
    blank: str  # file name, in the template's folder
    size_wh: tuple[int, int]  # pixels of the blank
    regions: tuple[Region, ...]
    fields: tuple[Field, ...]
    sums: tuple[Sum, ...]
    folder: Path

    def to_data(self) -> dict[str, Any]:
        """The template as tables, in the form that `parse_template` accepts."""
        tables = {name: region for region in self.regions for name, _ in region.field_boxes()}
        sums = []
        for each in self.sums:
            whole = [tables[name].name if _has_all(tables[name], each) else name for name in each.of]
            sums.append({"total": each.total, "of": list(dict.fromkeys(whole))})
        head = {"name": self.name, "about": self.about, "blank": self.blank, "size": list(self.size_wh)}
        return {**head, "region": [_stated(region) for region in self.regions], "sum": sums}

    def to_toml(self) -> str:
        """The template as the content of a TOML file."""
        data = self.to_data()
        lists = {key: data.pop(key) for key in ("region", "sum")}
        parts = [f"[[{key}]]\n{_toml(each)}" for key, tables in lists.items() for each in tables]
        return "\n".join([_toml(data), *parts])


def _part(box: Box, at: tuple[int, int], shape: tuple[int, int]) -> Box:
    """The cell at a row and column (`at`) of a box with rows and columns (`shape`)."""
    x, y, w, h = box
    (row, column), (rows, columns) = at, shape
    left, right = (round(x + w * k / columns) for k in (column, column + 1))
    top, base = (round(y + h * k / rows) for k in (row, row + 1))
    return left, top, right - left, base - top


def _has_all(region: Region, of: Sum) -> bool:
    """Whether a sum includes every field of a region."""
    return {field for field, _ in region.field_boxes()} <= set(of.of)


def _stated(region: Region) -> dict[str, Any]:
    """The values of a region, without defaults."""
    values: dict[str, Any] = {"name": region.name, "kind": region.kind, "box": list(region.box)}
    if region.kind == "table":
        values["rows"] = region.rows
    if region.kind in GRIDS:
        values["columns"] = region.columns
    if region.length and region.kind != "cell":
        values["length"] = int(region.length) if region.length.isdigit() else region.length
    known = {"pattern": region.pattern, "check": region.check, "signs": region.signs,
             "among": region.among if isinstance(region.among, str) else list(region.among)}  # fmt: skip
    return values | {key: value for key, value in known.items() if value}


def _toml(values: Mapping[str, Any]) -> str:
    """Names and values in TOML, whose strings, integers, booleans and lists are written as in JSON."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
