"""The integrity of an output folder: damaged parts are read again, tampered files raise one-sentence errors."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.batch import run_manifest
from inkling.batch.checked_json import FileHash
from inkling.batch.progress import Progress
from inkling.batch.run import RunOptions, run
from inkling.errors import BadRequest, CannotWrite
from tests.batch.archives import MODEL, Here, folder_of, manifest_of, rows_in

Digits = tuple[np.ndarray, np.ndarray]
FORMATS = ["jsonl", "csv", pytest.param("parquet", marks=pytest.mark.cluster)]


@pytest.fixture(scope="module")
def scans(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 pictures, each of a single digit."""
    return folder_of(digits[0][:25], tmp_path_factory.mktemp("scans"))


def read(scans: Path, out: Path, engine: Here | None = None, *, format: Any = "jsonl", resume: bool = True) -> Progress:
    options = RunOptions((str(scans),), str(out), MODEL, format, resume=resume)
    return run(options, engine or Here(), chunk_size=4)


def flipped(content: bytes) -> bytes:
    """The content with the lowest bit of its middle byte flipped."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda content, _: content[:-7], "bytes"),
        (lambda *_: b"", "has 0 of"),
        (lambda _, other: other, "part-00000002"),
        (lambda content, _: flipped(content), "has other content"),
        (lambda *_: None, "is missing"),
    ],
    ids=["truncated", "emptied", "overwritten", "a bit flipped", "deleted"],
)
def test_a_damaged_part_is_read_again_and_told(
    scans: Path, tmp_path: Path, format: str, damage: Callable[..., bytes | None], told: str
) -> None:
    out = tmp_path / "out"
    read(scans, out, format=format)
    rows, kept = rows_in(out), manifest_of(out)
    part, other = (out / "parts" / f"part-0000000{n}.{format}" for n in (2, 3))
    content = damage(part.read_bytes(), other.read_bytes())
    if content is None:
        part.unlink()
    else:
        part.write_bytes(content)
    engine = Here()
    progress = read(scans, out, engine, format=format)
    assert engine.numbers == [2]
    (sentence,) = progress.damaged
    assert sentence.startswith(f"parts/part-00000002.{format} ")
    assert told in sentence
    assert rows_in(out) == rows
    assert manifest_of(out)["parts"][2]["sha256"] == kept["parts"][2]["sha256"]
    assert read(scans, out, format=format).damaged == []


@pytest.mark.slow
def test_the_command_tells_which_parts_were_damaged(scans: Path, tmp_path: Path) -> None:
    command = ["read", str(scans), "--out", str(tmp_path / "out"), "--format", "jsonl", "--model", MODEL, "--resume"]
    first = CliRunner().invoke(cli.group, [*command, "--workers", "1"])
    assert "not as written" not in first.stderr
    (tmp_path / "out" / "parts" / "part-00000000.jsonl").write_bytes(b"")
    done = CliRunner().invoke(cli.group, [*command, "--workers", "1"])
    assert done.exit_code == 0, done.output
    told, summary = done.stderr.splitlines()
    assert "1 part was damaged" in told
    assert "parts/part-00000000.jsonl has 0 of" in told
    assert summary.startswith("25 pictures in")
    assert len(rows_in(tmp_path / "out")) == 25


def test_every_file_is_in_the_manifest(scans: Path, tmp_path: Path) -> None:
    """The manifest gives the size and hash that `stat` and `sha256sum` report."""
    out = tmp_path / "out"
    read(scans, out)
    for name, pattern in (("parts", "parts/part-*"), ("plan", "chunks/plan-*")):
        hashes = [FileHash.of(path.read_bytes()) for path in sorted(out.glob(pattern))]
        listed = [FileHash(row["size_bytes"], row["sha256"]) for row in manifest_of(out)[name]]
        assert listed == hashes


def test_a_part_of_no_run_is_not_taken_for_a_result(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(scans, out)
    (out / "parts" / "part-00000099.jsonl").write_bytes((out / "parts" / "part-00000000.jsonl").read_bytes())
    with pytest.raises(CannotWrite, match=r"parts/part-00000099\.jsonl belongs to no run"):
        read(scans, out)
    assert manifest_of(out)["state"] == "running"


BOMB = base64.b64encode(zlib.compress(bytes(30_000_000), 1)).decode()

MANIFESTS: dict[str, dict[str, Any] | bytes] = {
    "an earlier layout with a bomb": {"layout": 1, "done": {"chunks": BOMB}},
    "no object": b"[]",
    "nested": b"[" * 100_000,
    "not text": b"\xff\xfe\x00",
    "a wrong type": {"planned": "25"},
    "a negative number": {"chunks": -1},
    "a huge number": {"planned": 10**40},
    "a list": {"model": ["cnn"]},
    "a list for a model's name": {"model": {"name": [], "version": "1"}},
    "an unknown key": {"more": 1},
    "a format that is a path": {"format": "../../x"},
    "a share above 1": {"sample": 2},
    "no share": {"sample": float("nan")},
    "a part with a path": {"parts": [{"number": "../../x"}]},
    "a part of a negative number": {"parts": [{"number": -1, "size_bytes": 1, "sha256": "0" * 64, "outcomes": {},
                                               "bytes": 0, "seconds": 0}]},
    "an unknown outcome": {"parts": [{"number": 1, "size_bytes": 1, "sha256": "0" * 64, "outcomes": {"x": 1},
                                                "bytes": 0, "seconds": 0}]},
    "an invalid hash": {"plan": [{"size_bytes": 1, "sha256": "x"}]},
    "one part twice": {"parts": [{"number": 0, "size_bytes": 1, "sha256": "0" * 64, "outcomes": {}, "bytes": 0,
                                  "seconds": 0}] * 2},
}  # fmt: skip


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_tampered_manifest_is_one_sentence(scans: Path, tmp_path: Path, change: dict[str, Any] | bytes) -> None:
    out = tmp_path / "out"
    read(scans, out)
    changed = change if isinstance(change, bytes) else json.dumps(manifest_of(out) | change).encode()
    (out / "manifest.json").write_bytes(changed)
    with pytest.raises(BadRequest, match=r"manifest\.json is not a manifest that") as error:
        read(scans, out)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 500


def test_a_manifest_of_any_length_is_bounded(scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    read(scans, out)
    monkeypatch.setattr(run_manifest, "MAX_BYTES", 500)
    with pytest.raises(BadRequest, match="it has more than 500 bytes"):
        read(scans, out)


FORGED_PLANS: dict[str, bytes] = {
    "another picture": b'{"number":0,"images":[["/etc/passwd","/etc/passwd"]]}\n',
    "emptied": b"",
}
BROKEN_PLANS: dict[str, bytes] = {
    "no JSON": b"\x00",
    "no object": b"[]\n",
    "nested": b"[" * 100_000,
    "a wrong type": b'{"number":"0","images":[]}\n',
    "a negative number": b'{"number":-1,"images":[]}\n',
    "a picture without a location": b'{"number":0,"images":[["a"]]}\n',
    "an offset that is text": b'{"number":0,"images":[["a","/a","0"]]}\n',
    "an impossible offset": b'{"number":0,"images":[["a","/a",1e300]]}\n',
    "too many fields": b'{"number":0,"images":[["a","/a",0,1,"","","plain",1]]}\n',
    "chunks out of order": b'{"number":1,"images":[]}\n{"number":0,"images":[]}\n',
}


@pytest.mark.parametrize("content", (FORGED_PLANS | BROKEN_PLANS).values(), ids=FORGED_PLANS | BROKEN_PLANS)
def test_a_tampered_plan_is_one_sentence(scans: Path, tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "out"
    read(scans, out)
    (out / "chunks" / "plan-00000000.jsonl").write_bytes(content)
    with pytest.raises(BadRequest, match=r"plan-00000000\.jsonl is not a valid plan of a run \(it has changed"):
        read(scans, out)


@pytest.mark.parametrize("content", BROKEN_PLANS.values(), ids=BROKEN_PLANS)
def test_a_plan_that_no_manifest_names_yet_is_checked(scans: Path, tmp_path: Path, content: bytes) -> None:
    """The state after a kill between writing the plan and writing the next manifest."""
    out = tmp_path / "out"
    read(scans, out)
    (out / "chunks" / "plan-00000000.jsonl").write_bytes(content)
    (out / "manifest.json").write_text(json.dumps(manifest_of(out) | {"plan": [], "parts": []}))
    with pytest.raises(BadRequest, match=r"plan-00000000\.jsonl is not a valid plan of a run") as error:
        read(scans, out)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("place", ["a.png", "../a.png", ""])
def test_a_plan_names_whole_places(scans: Path, tmp_path: Path, place: str) -> None:
    out = tmp_path / "out"
    read(scans, out)
    (out / "chunks" / "plan-00000000.jsonl").write_text(json.dumps({"number": 0, "images": [["a", place]]}) + "\n")
    (out / "manifest.json").write_text(json.dumps(manifest_of(out) | {"plan": [], "parts": []}))
    with pytest.raises(BadRequest, match="neither an absolute path nor a URL"):
        read(scans, out)
