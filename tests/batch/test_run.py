"""A whole run: one record per image, however often it was stopped, and errors with one-sentence messages."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import Reader
from inkling.batch import run_manifest
from inkling.batch.job import Job
from inkling.batch.merge import merge
from inkling.batch.progress import Progress
from inkling.batch.run import RunOptions, run
from inkling.batch.worker import Worker
from inkling.constraints.roster import read_roster
from inkling.csv_cells import FORMULA_STARTS
from inkling.errors import BadBundle, BadRequest, Busy, CannotWrite, InklingError, NotFound, UnknownName
from tests.batch.archives import MODEL, Here, folder_of, manifest_of, rows_in, shard_of
from tests.documents import files as documents
from tests.pictures import encoded, row_of

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def scans(digits: Digits, tmp_path: Path) -> Path:
    """25 pictures, each of a single digit."""
    return folder_of(digits[0][:25], tmp_path / "scans")


def options(source: Path | str, out: Path, **more: Any) -> RunOptions:
    return RunOptions((str(source),), str(out), **{"model": MODEL, "format": "jsonl", **more})


def read(source: Path | str, out: Path, *, engine: Here | None = None, **more: Any) -> Progress:
    return run(options(source, out, **more), engine or Here(), chunk_size=4)


def sources_in(out: Path) -> list[str]:
    return [row["source"] for row in rows_in(out)]


@pytest.mark.parametrize("format", ["jsonl", "csv", pytest.param("parquet", marks=pytest.mark.cluster)])
def test_records_agree_with_the_reader(scans: Path, tmp_path: Path, reader: Reader, format: str) -> None:
    progress = read(scans, tmp_path / "out", format=format)
    rows = rows_in(tmp_path / "out")
    assert [row["source"] for row in rows] == sorted(map(str, scans.rglob("*.png")))
    for row in rows:
        reading = reader.read(row["source"])
        assert (row["outcome"], row["text"], row["reason"]) == (reading.outcome, reading.text, reading.reason or None)
        assert (row["written"], row["size"]) == (reading.written, list(reading.size_wh))
        assert row["warnings"] == [warning.to_json() for warning in reading.warnings]
        assert row["confidence"] == pytest.approx(reading.confidence, abs=1e-3)
        found = row["digits"]
        expected = [digit.to_json() for digit in reading.digits]
        assert [(digit["digit"], digit["box"]) for digit in found] == [(one["digit"], one["box"]) for one in expected]
        for one, other in zip(found, expected, strict=True):
            assert one["probs"] == pytest.approx(other["probs"], abs=1e-4)
        assert (row["model"], row["version"]) == (MODEL, reader.bundle.version)
        assert [row[name] for name in ("constraint", "first", "fits", "kind", "error")] == [None] * 5
    assert progress.complete
    assert progress.outcomes == Counter(row["outcome"] for row in rows)
    kept = manifest_of(tmp_path / "out")
    assert (kept["state"], kept["planned"], kept["done"]["rows"]) == ("complete", 25, 25)
    assert kept["done"]["bytes"] == sum(path.stat().st_size for path in scans.rglob("*.png"))


@pytest.mark.parametrize("format", ["jsonl", "csv", pytest.param("parquet", marks=pytest.mark.cluster)])
def test_a_document_has_a_row_for_each_page(scans: Path, tmp_path: Path, format: str) -> None:
    """This holds in folders and archives, and the review page reopens the pages."""
    folder, out, review = tmp_path / "forms", tmp_path / "out", tmp_path / "check.html"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(documents.scans(3))
    (folder / "b.png").write_bytes(next(scans.rglob("*.png")).read_bytes())
    (folder / "c.pdf").write_bytes(b"%PDF-1.7 seven")
    (folder / "d.tif").write_bytes(documents.scans(2, "TIFF"))
    with zipfile.ZipFile(folder / "e.zip", "w") as archive:
        archive.write(folder / "a.pdf", "f.pdf")
        archive.write(folder / "d.tif", "g.tif")
    progress = read(folder, out, format=format, review=str(review), constraints={"length": "4"})
    pages = {"a.pdf": 3, "b.png": 1, "c.pdf": None, "d.tif": 2, "e.zip/f.pdf": 3, "e.zip/g.tif": 2}
    expected = [
        (str(folder / (f"{name}#{page}" if (n or 0) > 1 else name)), page)
        for name, n in pages.items()
        for page in (range(1, n + 1) if n else [None])
    ]
    rows = rows_in(out)
    assert [(row["source"], row["page"]) for row in rows] == expected
    assert [row["text"] for row in rows if "#" in row["source"]] == ["7"] * 10
    assert [row["kind"] for row in rows if row["kind"]] == ["BrokenPicture"]
    assert (progress.planned, progress.done, manifest_of(out)["done"]["rows"]) == (12, 12, 12)
    assert review.read_text("utf-8").count('href="data:image') == 11
    assert run(options(folder, out, format=format, resume=True, constraints={"length": "4"}), Here()).new == 0


def test_touching_digits_are_read_in_a_batch_as_alone(digits: Digits, tmp_path: Path) -> None:
    """Uses the network that can split touching digits."""
    images, _ = digits
    source = tmp_path / "rows"
    source.mkdir()
    for i in range(8):
        row = np.concatenate([images[(7 * i + k) % 200][:, 4:24] for k in range(1 + i % 4)], axis=1)
        (source / f"{i}.png").write_bytes(encoded(np.pad(row, 4)))
    (source / "8.png").write_bytes(encoded(np.zeros((40, 40), np.uint8)))
    read(source, tmp_path / "out", model="cnn")
    reader = Reader("cnn")
    for row in rows_in(tmp_path / "out"):
        reading = reader.read(row["source"])
        assert (row["outcome"], row["text"]) == (reading.outcome, reading.text)
        assert [digit["box"] for digit in row["digits"]] == [list(digit.box) for digit in reading.digits]


def test_a_bad_image_is_a_record_with_its_error(scans: Path, tmp_path: Path) -> None:
    (scans / "empty.png").touch()
    (scans / "text.png").write_text("no picture")
    (scans / "link.png").symlink_to(scans / "nothing.png")
    (scans / "small.png").write_bytes(encoded(np.zeros((2, 2), np.uint8)))
    (scans / "cut.png").write_bytes(encoded(np.zeros((99, 99), np.uint8))[:60])
    (scans / "list.csv").write_text("not there.png\n000/00003.png\n000\n")
    shard_of({"a.png": encoded(np.zeros((30, 30), np.uint8))}, scans / "whole.tar")
    (scans / "bad.tar").write_bytes(b"no tar" * 200)
    wanted = (str(scans), str(scans / "list.csv"))
    progress = run(RunOptions(wanted, str(tmp_path / "out"), MODEL, "jsonl"), Here(), chunk_size=4)
    failed = [row for row in rows_in(tmp_path / "out") if row["outcome"] == "failed"]
    errors = {row["source"].removeprefix(f"{scans}/"): row["kind"] for row in failed}
    absent = ("text", "written", "confidence", "digits", "others", "size", "reason", "warnings", "constraint", "fits")
    assert all(row[name] is None for row in failed for name in absent)
    assert errors == {
        "000": "NotFound",
        "bad.tar": "BrokenPicture",
        "cut.png": "BrokenPicture",
        "empty.png": "EmptyPicture",
        "not there.png": "NotFound",
        "small.png": "ImageTooSmall",
        "text.png": "UnknownFormat",
    }
    assert progress.outcomes["failed"] == len(errors)
    assert len(sources_in(tmp_path / "out")) == len(set(sources_in(tmp_path / "out"))) == 25 + 1 + len(errors)


def test_an_image_that_is_named_twice_is_read_once(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_text("scans/000/00001.png\n" * 9 + f"{scans}/000/00001.png\nscans/000/00002.png\n")
    monkeypatch.chdir(tmp_path)
    run(RunOptions(("list.csv", "scans/000"), str(tmp_path / "out"), MODEL, "jsonl"), Here(), chunk_size=4)
    assert sources_in(tmp_path / "out") == ["scans/000/00001.png", "scans/000/00002.png"] + [
        f"scans/000/0000{i}.png" for i in (0, 3, 4, 5, 6, 7, 8, 9)
    ]


@pytest.mark.parametrize("stop_after", range(7))
def test_a_stopped_run_resumes(scans: Path, tmp_path: Path, stop_after: int) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        read(scans, out, engine=Here(stop_after))
    assert manifest_of(out)["state"] == "running"
    engine = Here()
    progress = read(scans, out, engine=engine, resume=True)
    assert engine.numbers == list(range(stop_after, 7))
    assert sources_in(out) == sorted(map(str, scans.rglob("*.png")))
    assert (progress.before, progress.new) == (4 * stop_after, 25 - 4 * stop_after)
    assert manifest_of(out)["state"] == "complete"


def test_a_deleted_part_is_read_again(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(scans, out)
    (out / "parts" / "part-00000002.jsonl").unlink()
    (out / "parts" / ".part-00000002.jsonl.0a0b0c0d.unfinished").write_text("half")
    engine = Here()
    progress = read(scans, out, engine=engine, resume=True)
    assert engine.numbers == [2]
    assert (progress.done, len(sources_in(out))) == (25, 25)


def test_parts_that_the_manifest_does_not_name_are_read_again(scans: Path, tmp_path: Path) -> None:
    """After a kill, there are parts that were written after the last manifest, which does not list them."""
    out = tmp_path / "out"
    read(scans, out)
    whole = manifest_of(out)
    (out / "manifest.json").write_text(json.dumps({**whole, "state": "running", "parts": whole["parts"][:4]}))
    engine = Here()
    progress = read(scans, out, engine=engine, resume=True)
    assert engine.numbers == [4, 5, 6]
    assert progress.outcomes == Counter(whole["done"]["outcomes"])
    assert manifest_of(out)["state"] == "complete"


def test_only_the_new_images_of_a_source_are_read(
    digits: Digits, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    read(scans, out)
    parts = {path: path.stat().st_mtime_ns for path in (out / "parts").iterdir()}
    folder_of(digits[0][30:40], scans / "more", first=30)
    (scans / "000" / "00000b.png").write_bytes(encoded(digits[0][50]))  # among the old pictures
    monkeypatch.chdir(tmp_path)
    progress = run(RunOptions(("scans",), "out", MODEL, "jsonl", resume=True), Here(), chunk_size=4)  # from tmp_path
    assert (progress.before, progress.new) == (25, 11)
    assert all(path.stat().st_mtime_ns == when for path, when in parts.items())
    assert len(rows_in(out)) == len(set(sources_in(out))) == 36
    again = read(scans, out, resume=True)
    assert (again.new, again.complete) == (0, True)


def test_more_sources_may_be_added_but_none_left_out(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(scans / "000", out)
    with pytest.raises(BadRequest, match="000 is not among the sources now"):
        read(scans / "001", out, resume=True)
    both = RunOptions((str(scans / "000"), str(scans / "001")), str(out), MODEL, "jsonl", resume=True)
    assert run(both, Here()).new == 10


def test_limit_and_sample(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(scans, out, limit=6)
    assert sources_in(out) == [str(scans / "000" / f"0000{i}.png") for i in range(6)]
    assert read(scans, out, limit=6, resume=True).new == 0
    sampled = read(scans, out, sample=0.4, resume=True)
    assert 6 < sampled.done < 25
    assert read(scans, out, resume=True).done == len(set(sources_in(out))) == 25


def test_constraints_apply(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "a.png").write_bytes(encoded(row_of([images[i] for i in (5, 6, 7)])))
    read(tmp_path / "scans", tmp_path / "out", constraints={"length": "3"})
    (row,) = rows_in(tmp_path / "out")
    assert (row["text"], row["constraint"]) == ("".join(str(labels[i]) for i in (5, 6, 7)), "satisfied")
    (tmp_path / "numbers.csv").write_text("999\n998\n")
    read(tmp_path / "scans", tmp_path / "other", constraints={"among": str(tmp_path / "numbers.csv")})
    (row,) = rows_in(tmp_path / "other")
    assert row["constraint"] == "changed"
    assert row["text"] in ("999", "998")
    with pytest.raises(BadRequest, match="whose constraints"):
        read(tmp_path / "scans", tmp_path / "out", constraints={"length": "4"}, resume=True)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_table_is_a_formula(
    digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    """Neither a file name nor an error that begins with the sign starts a formula."""
    monkeypatch.chdir(tmp_path)
    folder = Path(f"{sign}cmd|' ")
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(digits[0][0]))
    (folder / "b.png").write_bytes(b"")
    shard_of({"c.png": encoded(digits[0][0])}, folder / "cut.tar")
    (folder / "cut.tar").write_bytes((folder / "cut.tar").read_bytes()[:700])
    read(str(folder), tmp_path / "out", format="csv")
    with (tmp_path / "out" / "parts" / "part-00000000.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["source"] for row in rows][:2] == [f"./{folder}/a.png", f"./{folder}/b.png"]
    assert any(row["error"].startswith(f"'{sign}cmd|' /cut.tar") for row in rows)
    assert not any(cell.startswith(FORMULA_STARTS) for row in rows for cell in row.values())


def test_a_name_that_is_not_utf8_has_a_record(digits: Digits, tmp_path: Path) -> None:
    strange = os.fsencode(tmp_path) + b"/scans/\xff.png"
    (tmp_path / "scans").mkdir()
    Path(os.fsdecode(strange)).write_bytes(encoded(digits[0][0]))
    for format, name in (("jsonl", "\udcff.png"), ("csv", "\\udcff.png")):
        read(tmp_path / "scans", tmp_path / format, format=format)
        (row,) = rows_in(tmp_path / format)
        assert (row["outcome"], row["source"]) == ("read", f"{tmp_path}/scans/{name}")


# Errors in the options are raised immediately, and no files are left behind.

Wrong = tuple[dict[str, Any], type[InklingError], str]

WRONG: list[Wrong] = [
    ({"source": "nowhere"}, NotFound, "nowhere does not exist"),
    ({"source": "void"}, NotFound, "void contains no picture"),
    ({"source": "scans/*.gif"}, NotFound, "contains no picture"),
    ({"model": "cn"}, UnknownName, "unknown model 'cn'"),
    ({"model": "./nowhere"}, BadBundle, "is not a folder"),
    ({"format": "xml"}, UnknownName, "unknown format 'xml'"),
    ({"limit": 0}, BadRequest, "--limit is 0"),
    ({"sample": 1.5}, BadRequest, "--sample is 1.5"),
    ({"constraints": {"length": "none"}}, BadRequest, "length is 'none'"),
    ({"out": "others"}, BadRequest, "contains files that belong to no run"),
    ({"out": "file"}, BadRequest, "is a file"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case[2])
def test_errors_of_the_options_are_raised_at_once(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Wrong
) -> None:
    wrong, kind, said = case
    monkeypatch.chdir(tmp_path)
    (tmp_path / "void").mkdir()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "thesis.txt").touch()
    (tmp_path / "file").touch()
    before = set(tmp_path.rglob("*"))
    asked = {"source": "scans", "out": "out", **wrong}
    with pytest.raises(kind, match=said):
        read(asked.pop("source"), **asked)
    assert set(tmp_path.rglob("*")) == before


def test_a_folder_that_holds_a_run_is_protected(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(scans, out, limit=3)
    for more, said in (
        ({}, "already contains a run"),
        ({"resume": True, "model": "ann"}, "whose model is ann-tutorial"),
        ({"resume": True, "format": "csv"}, "whose format is jsonl; got csv"),
        ({"resume": True, "mode": "single"}, "whose mode is auto; got single"),
    ):
        with pytest.raises(BadRequest, match=said):
            read(scans, out, **more)
    with run_manifest.locked(str(out)), pytest.raises(Busy, match="another run is writing"):
        read(scans, out, resume=True)
    (out / "manifest.json").write_text("{")
    with pytest.raises(BadRequest, match="not a manifest"):
        read(scans, out, resume=True)


def test_a_worker_with_another_model_refuses(scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    with pytest.raises(BadBundle, match="expected 000000000000, the version of the run"):
        Worker(Job(str(tmp_path), MODEL, "000000000000"))


def test_a_run_that_lost_a_chunk_is_not_complete(scans: Path, tmp_path: Path) -> None:
    class Careless(Here):
        def run(self, job: Any, chunks: Any) -> Any:
            return super().run(job, (chunk for chunk in chunks if chunk.number != 3))

    with pytest.raises(CannotWrite, match=r"contains 21 of 25 rows: parts/part-00000003\.jsonl is missing"):
        read(scans, tmp_path / "out", engine=Careless())
    assert manifest_of(tmp_path / "out")["state"] == "running"


def test_a_run_with_a_broken_listing_is_not_complete(scans: Path, tmp_path: Path) -> None:
    """A source's error is raised at any point in the run; earlier results are kept."""
    named = "".join(f"{path}\n" for path in sorted(scans.rglob("*.png")))
    (tmp_path / "list.csv").write_text(f'{named}"{"x" * 200_000}\n')
    sources = (str(scans / "000"), str(tmp_path / "list.csv"))
    out = tmp_path / "out"
    with pytest.raises(BadRequest, match=r"list\.csv cannot be read as CSV"):
        run(RunOptions(sources, str(out), MODEL, "jsonl"), Here(), chunk_size=4)
    assert manifest_of(out)["state"] == "running"
    (tmp_path / "list.csv").write_text(named)
    assert run(RunOptions(sources, str(out), MODEL, "jsonl", resume=True), Here(), chunk_size=4).complete
    assert len(sources_in(out)) == len(set(sources_in(out))) == 25


@pytest.mark.parametrize("format", ["jsonl", "csv", pytest.param("parquet", marks=pytest.mark.cluster)])
def test_the_columns_of_a_roster_are_joined(digits: Digits, tmp_path: Path, format: str) -> None:
    images, labels = digits
    scans, roster, out = tmp_path / "scans", tmp_path / "roster.csv", tmp_path / "out"
    scans.mkdir()
    number = "".join(str(labels[i]) for i in (5, 6, 7))
    (scans / "a.png").write_bytes(encoded(row_of([images[i] for i in (5, 6, 7)])))
    (scans / "b.png").write_bytes(b"no picture")
    roster.write_text(f"no,name,text,digit_1\n{number},=Ada,x,y\n999,Alan,,\n")
    read(scans, out, format=format, constraints={"among": f"{roster}:no"})
    row, failed = rows_in(out)
    ada = "'=Ada" if format == "csv" else "=Ada"
    assert (row["text"], row["name"], row["list_text"], row["list_digit_1"]) == (number, ada, "x", "y")
    assert (failed["outcome"], failed["name"], failed["list_text"]) == ("failed", None, None)
    said = tmp_path / "said.csv"
    said.write_text(f"source,field,read,answer,right,by\n{scans}/a.png,,{number},number,999,Ann\n")
    merge(str(out), [], tmp_path / "read.csv")
    merge(str(out), [said], tmp_path / "final.csv", rosters={"": read_roster(roster, "no")})
    found = [next(csv.DictReader((tmp_path / name).read_text().splitlines())) for name in ("read.csv", "final.csv")]
    assert [(each["text"], each["name"], each["list_text"]) for each in found] == [
        (number, "'=Ada", "x"),
        ("999", "Alan", ""),
    ]


def test_what_is_no_picture_is_counted_and_named(scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scans)  # the folder that a relative path would name
    for name in ("notes.txt", ".hidden", "Thumbs.db", "roster.csv", *(f"{i}.xml" for i in range(9))):
        (scans / name).write_text("12345")
    out = scans / "readings"
    progress = read(scans, out, constraints={"among": str(scans / "roster.csv")})
    assert progress.skipped.n == 10
    assert progress.skipped.named == [str(scans / f"{i}.xml") for i in range(5)]
    assert read(scans, out, constraints={"among": str(scans / "roster.csv")}, resume=True).skipped.n == 10
    others = read(scans, tmp_path / "other").skipped  # including the list and the files of the first run
    assert others.n == 11 + sum(file.is_file() and not file.name.startswith(".") for file in out.rglob("*"))
