"""Read a template from TOML, or from the editor's JSON. Every error has a specific message."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from inkling.batch.csv_table import FIELD_COLUMNS, field_column
from inkling.constraints.automata import length_automaton
from inkling.constraints.constraints import Constraints, parse_constraints, parse_stated
from inkling.constraints.pattern import N_WRITTEN
from inkling.errors import BadTemplate, InklingError, NotFound, UnknownName
from inkling.forms.template import GRIDS, KINDS, Field, Region, Sum, Template
from inkling.pipeline.ctc import N_DIGITS

HEAD = ("name", "about", "blank", "size", "region", "sum")
REGION = ("name", "kind", "box", "rows", "columns", "length", "pattern", "check", "among", "signs")
SUM = ("total", "of")
RESERVED = ("source", "page", "status", "reason", "first_status")  # columns of the table that are not fields
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
MAX_FIELDS = 500  # of a form: reading takes one or two milliseconds per field
MAX_SIDE = 20_000  # pixels of a blank
MIN_CELL = 6  # pixels of the blank: no digit fits into a smaller cell
MAX_OVERLAP = 0.02  # fraction of the smaller of two regions: drawn boxes may share an edge


def load_template(path: Path, *, among: Mapping[str, str | Path] | None = None) -> Template:
    """Read a template from a TOML file. `among`: region -> file with its numbers, which replaces the template's.

    Raises NotFound if the file cannot be read, and BadTemplate for errors in it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read ({error.strerror or error}); expected a template of a form. Check the path."
        ) from error
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadTemplate(f"{path} is not TOML ({error}); expected a template of a form. Correct that line.") from error
    try:
        return parse_template(data, path.parent, among=among)
    except BadTemplate as error:
        raise BadTemplate(f"{path}: {error}") from None


def parse_template(data: Any, folder: Path, *, among: Mapping[str, str | Path] | None = None) -> Template:
    """Tables from TOML, or JSON of the same shape -> Template. `folder`: the file's folder. Raises BadTemplate."""
    head = _checked_keys(data, HEAD, "the template")
    name, about, blank = (_text(head, key, "the template") for key in ("name", "about", "blank"))
    if not NAME.fullmatch(name):
        raise BadTemplate(f"name is {name!r}; expected letters, digits and _, starting with a letter. Rename the form.")
    if not blank or Path(blank).name != blank:
        raise BadTemplate(
            f"blank is {blank!r}; expected the name of a PDF or picture in the template's folder. Correct it."
        )
    size = _whole_numbers(
        head.get("size"), 2, "size", "the width and height of the blank in pixels, such as [1240, 1754]"
    )
    if not all(50 <= side <= MAX_SIDE for side in size):
        raise BadTemplate(f"size is {list(size)}; expected sides of 50 to {MAX_SIDE:,} pixels. Correct it.")
    size_wh = size[0], size[1]
    regions = tuple(_region(each, size_wh) for each in _tables(head, "region"))
    if not regions:
        raise BadTemplate("there is no [[region]]; expected at least one field to read. Add one.")
    places = [place for region in regions for place in region.field_boxes()]
    if len(places) > MAX_FIELDS:
        raise BadTemplate(f"there are {len(places):,} fields; the limit is {MAX_FIELDS}. Split it into two forms.")
    twice = [name for name, n in Counter([name for name, _ in places]).items() if n > 1]
    if twice:
        raise BadTemplate(f"two fields are called {twice[0]!r}; expected a unique name for each. Rename one.")
    names = {name for name, _ in places}
    if taken := names & {field_column(name, each) for name in names for each in FIELD_COLUMNS}:
        raise BadTemplate(
            f"a field is called {min(taken)!r}, the name of another field's column in the table; expected a name that "
            f"does not end in _{', _'.join(FIELD_COLUMNS)}. Rename it."
        )
    _check_overlap(regions)
    unknown = set(among or ()) - {region.name for region in regions}
    if unknown:
        raise BadTemplate(str(UnknownName("region", min(unknown), [region.name for region in regions])))
    fields = tuple(
        Field(name, box, tuple(region.cell_boxes(box)), constraints, region.signs)
        for region in regions
        for constraints in [_constraints(region, folder, (among or {}).get(region.name))]
        for name, box in region.field_boxes()
    )
    sums = tuple(_sum(each, regions, fields) for each in _tables(head, "sum"))
    totals = Counter(each.total for each in sums).most_common(1)
    if totals and totals[0][1] > 1:
        raise BadTemplate(f"two sums have the total {totals[0][0]!r}; expected one for each total. Remove one.")
    return Template(name, about, blank, size_wh, regions, fields, sums, folder)


def _region(given: Any, size_wh: tuple[int, int]) -> Region:
    values = _checked_keys(given, REGION, "a [[region]]")
    name = _text(values, "name", "a [[region]]")
    if not NAME.fullmatch(name) or name in RESERVED:
        raise BadTemplate(
            f"a region is called {name!r}; expected letters, digits and _, starting with a letter, and none of "
            f"{', '.join(RESERVED)}. Rename it."
        )
    where = f"region {name!r}"
    kind = _text(values, "kind", where)
    if kind not in KINDS:
        raise BadTemplate(f"{where}: {UnknownName('kind', kind, KINDS)}")
    x, y, w, h = _whole_numbers(values.get("box"), 4, f"{where}: box", "x, y, width and height in pixels")
    if x < 0 or y < 0 or w <= 0 or h <= 0 or x + w > size_wh[0] or y + h > size_wh[1]:
        raise BadTemplate(
            f"{where} has the box {[x, y, w, h]}; expected one within the blank's {size_wh[0]}x{size_wh[1]} pixels. "
            "Move it."
        )
    length = str(values.get("length", ""))
    if kind == "comb" and "columns" not in values and length.isdigit():
        values = {**values, "columns": int(length)}
    rows, columns = (_count(values, key, kind, where) for key in ("rows", "columns"))
    if kind == "cell" and length not in ("", "1"):
        raise BadTemplate(f"{where} is a cell of length {length}; a cell has 1 digit. Make it a comb or a number.")
    if w / columns < MIN_CELL or h / rows < MIN_CELL:
        raise BadTemplate(f"{where} has cells of less than {MIN_CELL} pixels; no digit fits. Use a larger blank.")
    among = values.get("among", ())
    is_list = isinstance(among, (list, tuple)) and all(isinstance(each, (str, int)) for each in among)
    if not isinstance(among, str) and not is_list:
        raise BadTemplate(f"{where}: among is {among!r}; expected a list of numbers or a file. Correct it.")
    signs = values.get("signs", False)
    if not isinstance(signs, bool):
        raise BadTemplate(f"{where}: signs is {signs!r}; expected true or false. Correct it.")
    if signs and kind in ("comb", "cell"):
        raise BadTemplate(f"{where} is a {kind} with signs; only a number or table has them. Leave signs out.")
    return Region(
        name,
        kind,
        (x, y, w, h),
        rows,
        columns,
        "1" if kind == "cell" else length,
        _text(values, "pattern", where),
        _text(values, "check", where),
        among if isinstance(among, str) else tuple(map(str, among)),
        signs,
    )


def _count(values: Mapping[str, Any], key: str, kind: str, where: str) -> int:
    """`rows` or `columns` of a region, if its kind needs them; otherwise 1."""
    needed = kind == "table" or (kind == "comb" and key == "columns")
    if key in values and not needed:
        raise BadTemplate(f"{where} is a {kind} with {key}; only {' and '.join(GRIDS)} have them. Leave {key} out.")
    if key not in values and needed:
        raise BadTemplate(f"{where} is a {kind} without {key}; expected their number. Add it.")
    value = values.get(key, 1)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_FIELDS:
        raise BadTemplate(f"{where}: {key} is {value!r}; expected a whole number from 1 to {MAX_FIELDS}. Correct it.")
    return value


def _constraints(region: Region, folder: Path, among: str | Path | None) -> Constraints:
    """The constraints on each number of a region."""
    stated = {key: getattr(region, key) for key in ("length", "pattern", "check") if getattr(region, key)}
    try:
        if among or isinstance(region.among, str):
            listed = parse_constraints(**stated, among=Path(among) if among else folder / str(region.among))
        else:
            listed = parse_stated(**stated, among=",".join(region.among))
    except InklingError as error:
        raise BadTemplate(f"region {region.name!r}: {error}") from error
    if listed.n_symbols > N_DIGITS and not region.signs:
        raise BadTemplate(
            f"region {region.name!r} has the pattern {region.pattern!r} with signs, but not signs = true; expected "
            "both or neither. Add it."
        )
    if region.signs and listed.n_symbols == N_DIGITS:
        least, greatest = listed.length or (1, None)
        listed = replace(listed, automaton=length_automaton(least, greatest, N_WRITTEN))
    if region.kind == "comb" and listed.length and listed.length[0] > region.columns:
        raise BadTemplate(
            f"region {region.name!r} has {region.columns} boxes and the length {region.length}; expected as many boxes "
            "as digits. Correct columns or length."
        )
    return listed


def _sum(given: Any, regions: tuple[Region, ...], fields: tuple[Field, ...]) -> Sum:
    values = _checked_keys(given, SUM, "a [[sum]]")
    total = _text(values, "total", "a [[sum]]")
    of = values.get("of")
    if not isinstance(of, list) or not of or not all(isinstance(name, str) for name in of):
        raise BadTemplate(f"the sum {total!r} is of {of!r}; expected a list of fields' names. Correct it.")
    tables = {region.name: [name for name, _ in region.field_boxes()] for region in regions if region.kind == "table"}
    parts = [name for each in of for name in tables.get(each, [each])]
    known = {field.name: field for field in fields}
    for name in (total, *parts):
        if name not in known:
            raise BadTemplate(f"the sum {total!r}: {UnknownName('field', name, [*known, *tables])}")
        if known[name].signs:
            raise BadTemplate(f"the sum {total!r}: {name!r} has signs; expected fields without signs. Leave it out.")
    if len({total, *parts}) != 1 + len(parts):
        raise BadTemplate(f"the sum {total!r} counts a field twice; expected each once. Remove one.")
    return Sum(total, tuple(parts))


def _check_overlap(regions: tuple[Region, ...]) -> None:
    for one, other in itertools.combinations(regions, 2):
        (x, y, w, h), (left, top, wide, high) = one.box, other.box
        common = max(0, min(x + w, left + wide) - max(x, left)) * max(0, min(y + h, top + high) - max(y, top))
        if common > MAX_OVERLAP * min(w * h, wide * high):
            raise BadTemplate(f"regions {one.name!r} and {other.name!r} overlap; expected them apart. Move one.")


def _checked_keys(given: Any, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadTemplate(f"{where} is {given!r}; expected keys and values. Correct it.")
    for key in given:
        if key not in known:
            raise BadTemplate(f"{where}: {UnknownName('key', key, known)}")
    return given


def _tables(head: Mapping[str, Any], key: str) -> list[Any]:
    given = head.get(key, [])
    if not isinstance(given, list):
        raise BadTemplate(f"{key} is one table; expected a list of them. Write [[{key}]].")
    return given


def _text(values: Mapping[str, Any], key: str, where: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or not value.isprintable():
        raise BadTemplate(f"{where}: {key} is {value!r}; expected a text on one line. Correct it.")
    return value


def _whole_numbers(given: Any, n: int, where: str, expected: str) -> list[int]:
    fits = isinstance(given, list) and len(given) == n
    if not fits or not all(isinstance(value, int) and not isinstance(value, bool) for value in given):
        raise BadTemplate(f"{where} is {given!r}; expected {expected}. Correct it.")
    return list(given)
