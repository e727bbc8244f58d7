"""readings -> rows -> the bytes of a part file, as Parquet, CSV or JSON lines: the same columns in each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inkling.batch.table import FORMULA
from inkling.errors import InklingError, MissingExtra

if TYPE_CHECKING:
    import pyarrow

    from inkling.batch.worker import Format
    from inkling.constraints.constrained_reading import ConstrainedReading
    from inkling.pipeline.result import Reading

Record = dict[str, Any]

FAILED = "failed"  # the outcome of a picture that could not be read

# The columns of every format, in their order. `digits` is a list of {digit, confidence, sure, probs, box, not_digit}
# as in the HTTP answer (in CSV, that list as JSON); `constraint`, `first` and `fits` say what constraints did.
COLUMNS = (
    "source",
    "outcome",  # read, unsure, empty, not_digit, failed
    "text",  # digits in reading order, lines joined by "\n"
    "confidence",  # probability that the whole text is right, 0..1
    "digits",
    "reason",  # for a person: why it is not plainly read
    "constraint",  # satisfied, changed, not satisfied; "" where nothing is known of the numbers
    "first",  # the text without constraints
    "fits",  # probability, by the picture alone, that it satisfies the constraints, 0..1; null without
    "kind",  # of the error: a name of inkling.errors; "" unless the outcome is failed
    "error",  # a sentence
    "model",
    "version",
)


def from_reading(
    source: str, reading: Reading, model: tuple[str, str], known: ConstrainedReading | None = None
) -> Record:
    """The row of a picture that was read; `model` is its name and version."""
    state = ""
    if known is not None:
        state = "not satisfied" if not known.satisfied else "changed" if known.changed else "satisfied"
    return {
        "source": source,
        "outcome": reading.outcome,
        "text": reading.text,
        "confidence": round(reading.confidence, 4),
        "digits": [digit.to_json() for digit in reading.digits],
        "reason": reading.reason,
        "constraint": state,
        "first": known.first if known else "",
        "fits": round(known.fits, 6) if known else None,
        "kind": "",
        "error": "",
        "model": model[0],
        "version": model[1],
    }


def from_error(source: str, error: InklingError, model: tuple[str, str]) -> Record:
    """The row of a picture that could not be read."""
    empty: Record = dict.fromkeys(COLUMNS, "")
    return {
        **empty,
        "source": source,
        "outcome": FAILED,
        "confidence": 0.0,
        "digits": [],
        "fits": None,
        "kind": error.kind,
        "error": str(error),
        "model": model[0],
        "version": model[1],
    }


def encode(rows: Sequence[Record], format: Format) -> bytes:
    """Rows -> a whole part file. Raises MissingExtra for Parquet where pyarrow is not installed."""
    if format == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "backslashreplace")
    if format == "csv":
        return _csv(rows).encode("utf-8", "backslashreplace")
    return _parquet(rows)


def decode(content: bytes, format: Format, *, columns: Sequence[str] = COLUMNS) -> list[Record]:
    """A part file -> its rows, of the columns that are asked for."""
    if format == "jsonl":
        return [{name: row[name] for name in columns} for row in map(json.loads, content.decode().splitlines())]
    if format == "csv":
        found = csv.DictReader(io.StringIO(content.decode(), newline=""))
        return [{name: row[name] for name in columns} for row in found]
    arrow = import_pyarrow("reading Parquet")
    rows: list[Record] = arrow.parquet.read_table(arrow.BufferReader(content), columns=list(columns)).to_pylist()
    return rows


def _csv(rows: Sequence[Record]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rows:
        source = row["source"]
        cells = {
            **row,
            "source": f"./{source}" if source.startswith(FORMULA) else source,  # the same file, and no formula
            "digits": json.dumps(row["digits"]),
            "fits": "" if row["fits"] is None else row["fits"],
        }
        writer.writerow([cells[name] for name in COLUMNS])
    return out.getvalue()


def import_pyarrow(task: str) -> Any:
    """pyarrow with its Parquet module. Raises MissingExtra where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra(task, "cluster") from error
    return pyarrow


def _schema(arrow: Any) -> pyarrow.Schema:
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
    types = {"confidence": arrow.float32(), "fits": arrow.float32(), "digits": arrow.list_(digit)}
    return arrow.schema([(name, types.get(name, arrow.string())) for name in COLUMNS])


def _parquet(rows: Sequence[Record]) -> bytes:
    arrow = import_pyarrow("writing Parquet")
    table = arrow.Table.from_pylist([_in_utf8(row) for row in rows], schema=_schema(arrow))
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _in_utf8(row: Record) -> Record:
    """Names of files that are no UTF-8 get backslashes in the place of their strange bytes."""
    try:
        row["source"].encode()
        row["error"].encode()
    except UnicodeEncodeError:
        return {**row, **{name: _plain(row[name]) for name in ("source", "error")}}
    return row


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
