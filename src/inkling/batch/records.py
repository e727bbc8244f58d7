"""Records, one per image, and their encoding as Parquet, CSV or JSON lines, with the same columns in each format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from inkling.batch.job import Format
from inkling.batch.table import constraint_state, without_formula
from inkling.constraints.constrained_reading import ConstrainedReading
from inkling.errors import InklingError, MissingExtra
from inkling.pipeline.result import Reading

Record = dict[str, Any]

FAILED = "failed"  # the outcome of an image that could not be read

# The columns of every format, in order. `digits` is a list of {digit, confidence, sure, probs, box, not_digit} as in
# the HTTP answer, `others` one of {kind, box} (in CSV, these lists are JSON); `constraint`, `first` and `fits` say what
# the constraints did.
COLUMNS = (
    "source",
    "outcome",  # read, unsure, empty, not_digit, failed
    "text",  # digits in reading order, lines joined by "\n"
    "written",  # the number as written: `text` with its signs, and a tab between columns
    "confidence",  # probability that the whole text is right, 0..1
    "digits",
    "others",  # ink that is no digit
    "reason",  # for a person: why the outcome is not "read"
    "constraint",  # satisfied, changed, not satisfied; "" without constraints
    "first",  # the text without constraints
    "fits",  # probability, given the image alone, that it satisfies the constraints, 0..1; null without
    "kind",  # of the error: a name of inkling.errors; "" unless the outcome is failed
    "error",  # a sentence
    "model",
    "version",
)


def from_reading(
    source: str, reading: Reading, model: tuple[str, str], constrained: ConstrainedReading | None = None
) -> Record:
    """The record of an image that was read; `model` is its name and version."""
    record = _blank(source, model) | {
        "outcome": reading.outcome,
        "text": reading.text,
        "written": reading.written,
        "confidence": round(reading.confidence, 4),
        "digits": [digit.to_json() for digit in reading.digits],
        "others": [{"kind": other.kind, "box": list(other.box)} for other in reading.others],
        "reason": reading.reason,
    }
    if constrained is not None:
        record["constraint"] = constraint_state(satisfied=constrained.satisfied, changed=constrained.changed)
        record |= {"first": constrained.first, "fits": round(constrained.fits, 6)}
    return record


def from_error(source: str, error: InklingError, model: tuple[str, str]) -> Record:
    """The record of an image that could not be read."""
    return _blank(source, model) | {"outcome": FAILED, "kind": error.kind, "error": str(error)}


def _blank(source: str, model: tuple[str, str]) -> Record:
    name, version = model
    values = {"source": source, "confidence": 0.0, "digits": [], "others": [], "fits": None}
    return dict.fromkeys(COLUMNS, "") | values | {"model": name, "version": version}


def encode(records: Sequence[Record], format: Format) -> bytes:
    """Records -> a whole part file. Raises MissingExtra for Parquet if pyarrow is not installed."""
    if format == "parquet":
        return _parquet(records)
    if format == "csv":
        text = _csv(records)
    else:
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return text.encode("utf-8", "backslashreplace")


def decode(content: bytes, format: Format, *, columns: Sequence[str] = COLUMNS) -> list[Record]:
    """A part file -> the given columns of its records."""
    if format == "parquet":
        arrow = import_pyarrow("reading Parquet")
        found: list[Record] = arrow.parquet.read_table(arrow.BufferReader(content), columns=list(columns)).to_pylist()
        return found
    text = content.decode()
    lines = csv.DictReader(io.StringIO(text, newline="")) if format == "csv" else map(json.loads, text.splitlines())
    return [{name: record[name] for name in columns} for record in lines]


def _csv(records: Sequence[Record]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for record in records:
        lists = {name: json.dumps(record[name]) for name in ("digits", "others")}
        cells = {"source": without_formula(record["source"]), **lists}
        writer.writerow(record | cells)  # None is written as ""
    return out.getvalue()


def import_pyarrow(task: str) -> Any:
    """pyarrow with its Parquet module. Raises MissingExtra if it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra(task, "cluster") from error
    return pyarrow


def _parquet(records: Sequence[Record]) -> bytes:
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
    lists = {"digits": arrow.list_(digit), "others": arrow.list_(other)}
    types = {"confidence": arrow.float32(), "fits": arrow.float32(), **lists}
    schema = arrow.schema([(name, types.get(name, arrow.string())) for name in COLUMNS])
    in_utf8 = [record | {name: _in_utf8(record[name]) for name in ("source", "error")} for record in records]
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(arrow.Table.from_pylist(in_utf8, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())


def _in_utf8(text: str) -> str:
    """Bytes of a file name that are not UTF-8 become backslash escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
