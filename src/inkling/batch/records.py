"""Records, one per image, and their encoding as Parquet, CSV or JSON lines, with the same columns in each format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from inkling.batch.csv_table import ResultJson, constraint_state
from inkling.batch.job import Format
from inkling.constraints.constrained_reading import ConstrainedReading
from inkling.csv_cells import safe_row
from inkling.documents import Page
from inkling.errors import InklingError, MissingExtra
from inkling.pipeline.result import Reading

Record = dict[str, Any]

FAILED = "failed"  # the outcome of an image that could not be read

# The columns of every format, in order. A missing value is null, or an empty cell in CSV. `digits` is a list of
# {digit, confidence, sure, probs, box, not_digit}, as in the HTTP response; `others` is a list of {kind, box}, and
# `warnings` is a list of {code, text}. In CSV, lists are JSON.
# `constraint`, `first` and `fits` describe the effect of the constraints.
COLUMNS = (
    "source",
    "page",  # number in the document, from 1; 1 for a picture, null for a document that could not be opened
    "outcome",  # read, unsure, empty, not_digit, failed
    "text",  # digits in reading order, lines joined by "\n"; "" if there are none
    "written",  # the number as written: `text` with its signs, and a tab between columns
    "confidence",  # probability that the whole text is correct, 0..1
    "digits",
    "others",  # ink that is not a digit
    "size",  # width and height of the upright image in pixels
    "reason",  # a message: why the outcome is not "read"
    "warnings",  # what made the image hard to read
    "constraint",  # satisfied, changed, not satisfied
    "first",  # the text without constraints
    "fits",  # probability 0..1, given the image alone, that the text satisfies the constraints
    "kind",  # of the error if the outcome is failed: a class name in inkling.errors
    "error",  # the error's message
    "model",
    "version",
)  # followed by the columns of a roster, as text
LISTS = ("digits", "others", "size", "warnings")


def from_reading(
    page: Page,
    reading: Reading,
    model: tuple[str, str],
    constrained: ConstrainedReading | None = None,
    listed: Mapping[str, str] | None = None,
) -> Record:
    """The record of an image that was read. `model`: name and version; `listed`: the number's cells in a roster."""
    record = _blank(page.name, page.number, model) | {
        "outcome": reading.outcome,
        "text": reading.text,
        "written": reading.written,
        "confidence": round(reading.confidence, 4),
        "digits": [digit.to_json() for digit in reading.digits],
        "others": [{"kind": other.kind, "box": list(other.box)} for other in reading.others],
        "size": list(reading.size_wh),
        "reason": reading.reason or None,
        "warnings": [warning.to_json() for warning in reading.warnings],
    }
    if constrained is not None:
        record["constraint"] = constraint_state(satisfied=constrained.satisfied, changed=constrained.changed)
        record |= {"first": constrained.first, "fits": round(constrained.fits, 6)}
    return record | dict(listed or {})


def from_error(source: str, page: int | None, error: InklingError, model: tuple[str, str]) -> Record:
    """The record of an image that could not be read, or of a document if `page` is None."""
    return _blank(source, page, model) | {"outcome": FAILED, "kind": error.kind, "error": str(error)}


def to_result(record: Record) -> ResultJson:
    """A record -> the JSON object that `inkling read --json` prints for the image, without model and time."""
    if record["outcome"] == FAILED:
        named = {name: record[name] for name in ("source", "page")}
        return {**named, "ok": False, "kind": record["kind"], "error": record["error"]}
    result = {name: record[name] for name in COLUMNS[: COLUMNS.index("constraint")]}
    result |= {"ok": True, "reason": record["reason"] or ""}
    if state := record["constraint"]:
        satisfied, changed = state != "not satisfied", state == "changed"
        first, fits = record["first"] or "", record["fits"]
        result["constraint"] = {"satisfied": satisfied, "changed": changed, "first": first, "fits": fits}
    if joined := joined_in(record):
        result["listed"] = {name: record[name] or "" for name in joined}
    return result


def joined_in(record: Record) -> list[str]:
    """A roster's columns in a record."""
    return [name for name in record if name not in COLUMNS]


def _blank(source: str, page: int | None, model: tuple[str, str]) -> Record:
    name, version = model
    return dict.fromkeys(COLUMNS) | {"source": source, "page": page, "model": name, "version": version}


def encode(records: Sequence[Record], format: Format, *, joined: Sequence[str] = ()) -> bytes:
    """Records -> a complete part file. Raises MissingExtra for Parquet if pyarrow is not installed.

    `joined`: the columns of a roster. Every part has them; a value that a record lacks is null.
    """
    records = [record | {name: record.get(name) for name in joined} for record in records]
    if format == "parquet":
        return _parquet(records, joined)
    if format == "csv":
        text = _csv(records, joined)
    else:
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return text.encode("utf-8", "backslashreplace")


def decode(content: bytes, format: Format) -> list[Record]:
    """A part file -> its records."""
    if format == "parquet":
        arrow = import_pyarrow("reading Parquet")
        found: list[Record] = arrow.parquet.read_table(arrow.BufferReader(content)).to_pylist()
        return found
    text = content.decode()
    if format == "csv":
        return list(map(_from_cells, csv.DictReader(io.StringIO(text, newline=""))))
    return list(map(json.loads, text.splitlines()))


def _csv(records: Sequence[Record], joined: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    rows = csv.DictWriter(out, (*COLUMNS, *joined), quoting=csv.QUOTE_ALL)
    rows.writeheader()
    for record in records:
        lists = {name: json.dumps(record[name]) for name in LISTS if record[name] is not None}
        rows.writerow(safe_row(record | lists))  # None is an empty cell
    return out.getvalue()


def _from_cells(row: dict[str, str]) -> Record:
    """A row of CSV -> a record. An empty cell becomes None, or "" for the texts of an image that was read."""
    record: Record = {name: cell or None for name, cell in row.items()}
    record |= {name: json.loads(row[name]) for name in LISTS if row[name]}
    record |= {name: float(row[name]) for name in ("confidence", "fits") if row[name]}
    record["page"] = int(row["page"]) if row["page"] else None
    return record if row["outcome"] == FAILED else record | {"text": row["text"], "written": row["written"]}


def import_pyarrow(task: str) -> Any:
    """pyarrow with its Parquet module. Raises MissingExtra if it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra(task, "cluster") from error
    return pyarrow


def _parquet(records: Sequence[Record], joined: Sequence[str]) -> bytes:
    arrow = import_pyarrow("writing Parquet")
    digit = arrow.struct(
        [
            ("digit", arrow.int8()),
            ("confidence", arrow.float32()),
            ("sure", arrow.bool_()),
            ("probs", arrow.list_(arrow.float32(), 10)),
            ("box", arrow.list_(arrow.int32(), 4)),  # x, y, w, h in pixels of the upright picture
            ("not_digit", arrow.float32()),
        ]
    )
    other = arrow.struct([("kind", arrow.string()), ("box", arrow.list_(arrow.int32(), 4))])
    warning = arrow.struct([("code", arrow.string()), ("text", arrow.string())])
    size = arrow.list_(arrow.int32(), 2)
    lists = {"digits": arrow.list_(digit), "others": arrow.list_(other), "warnings": arrow.list_(warning), "size": size}
    types = {"page": arrow.int32(), "confidence": arrow.float32(), "fits": arrow.float32(), **lists}
    schema = arrow.schema([(name, types.get(name, arrow.string())) for name in (*COLUMNS, *joined)])
    in_utf8 = [record | {name: _in_utf8(record[name]) for name in ("source", "error")} for record in records]
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(arrow.Table.from_pylist(in_utf8, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())


def _in_utf8(text: str | None) -> str | None:
    """Replace the bytes of a file name that are not UTF-8 with backslash escapes."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
