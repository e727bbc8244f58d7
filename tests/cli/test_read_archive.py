"""inkling read --out: options, progress, summary, metrics."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.batch import metrics
from inkling.batch.progress import Progress
from inkling.cli import read_archive
from inkling.errors import BadRequest, CannotWrite, MissingExtra
from tests.batch.archives import MODEL, folder_of, manifest_of, rows_in

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def scans(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 pictures, each of a single digit."""
    return folder_of(digits[0][:30], tmp_path_factory.mktemp("scans"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--resume"], "--resume is for archives; expected it together with --out"),
        (["--limit", "3"], "--limit is for archives"),
        (["--cluster", "auto"], "--cluster is for archives"),
        (["--format", "csv"], "--format is for archives"),
        (["--out", "out", "--json"], "--json cannot be combined with --out"),
        (["--out", "out", "--csv", "x.csv"], "--csv cannot be combined with --out"),
        (["--out", "out", "--explain", "why"], "--explain cannot be combined with --out"),
        (["--out", "out", "--cluster", "auto", "--workers", "2"], "--workers is for this machine"),
        (["--out", "out", "--format", "csv", "--metrics", "here"], "--metrics is 'here'; expected a port"),
        (["--out", "out", "--format", "csv", "--metrics", "99999999"], "--metrics cannot listen on"),
        (["--out", "out", "--format", "csv", "--metrics", "none/x.prom"], "cannot be written"),
        (["--out", "out", "--format", "csv", "--sample", "0"], "--sample is 0"),
        (["--out", "out", "--format", "csv", "--sample", "nan"], "--sample is nan"),
    ],
)
def test_options_that_exclude_each_other(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.group, ["read", str(scans), *arguments])
    assert isinstance(done.exception, BadRequest | CannotWrite), done.output
    assert said in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_review_page_goes_with_an_archive(scans: Path, tmp_path: Path) -> None:
    page, out = tmp_path / "doubtful.html", tmp_path / "out"
    command = ["read", str(scans), "--out", str(out), "--format", "csv", "--model", MODEL, "--workers", "1"]
    done = CliRunner().invoke(cli.group, [*command, "--length", "2", "--review", str(page)])
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith(f" Written: {page}.\n")
    text = page.read_text()
    assert "30 pictures to check" in text
    assert f"Read by {MODEL}" in text
    assert "constraints on each number: 2 digits" in text
    assert text.count("data:image/jpeg") >= 30
    assert not (tmp_path / "doubtful.html.part").exists()


def test_files_of_other_types_are_named(scans: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out"
    shutil.copytree(scans, folder)
    (folder / "notes.txt").write_text("7")
    command = ["read", str(folder), "--out", str(out), "--format", "csv", "--model", MODEL, "--workers", "1"]
    for resume in ([], ["--resume"]):
        done = CliRunner().invoke(cli.group, [*command, *resume])
        assert done.exit_code == 1, done.output
        assert done.stderr.endswith(f"inkling: skipped unsupported files (1): {folder / 'notes.txt'}.\n")


@pytest.mark.slow
def test_the_exit_status_says_that_a_picture_failed(scans: Path, tmp_path: Path) -> None:
    """This also holds for a later run, which finds nothing new."""
    bad, good, out = tmp_path / "bad", tmp_path / "good", tmp_path / "out"
    bad.mkdir()
    (bad / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    shutil.copytree(scans / "000", good)
    command = ["--out", str(out), "--format", "csv", "--model", MODEL, "--workers", "1"]
    first = CliRunner().invoke(cli.group, ["read", str(good), *command])
    assert first.exit_code == 0, first.output
    more = CliRunner().invoke(cli.group, ["read", str(good), str(bad), *command, "--resume"])
    assert (more.exit_code, more.stderr.endswith(", 1 failed.\n")) == (1, True), more.output
    again = CliRunner().invoke(cli.group, ["read", str(good), str(bad), *command, "--resume"])
    assert (again.exit_code, "Nothing new" in again.stderr) == (1, True), again.output
    assert manifest_of(out)["state"] == "complete"


@pytest.mark.slow
def test_without_the_extra_csv_works_and_parquet_names_the_extra(scans: Path, tmp_path: Path) -> None:
    """Runs in a process in which pyarrow and Ray cannot be imported."""
    (tmp_path / "pyarrow.py").write_text("raise ImportError('hidden')")
    (tmp_path / "ray.py").write_text("raise ImportError('hidden')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-m", "inkling", "read", str(scans), "--model", MODEL, "--out", str(tmp_path / "out")]
    for more in ([], ["--cluster", "auto", "--format", "csv"]):
        done = subprocess.run([*command, *more], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 1
        assert str(MissingExtra("", "cluster")).partition(";")[2] in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / "out").exists()
    done = subprocess.run([*command, "--format", "csv"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"30 pictures in .* s \(\d+/s\)\. In .*out: 30 rows: \d+ read", done.stderr)
    assert done.stdout == ""
    assert len(rows_in(tmp_path / "out")) == 30


@pytest.mark.slow
def test_a_terminal_shows_a_bar_and_ctrl_c_tells_how_to_resume(digits: Digits, tmp_path: Path) -> None:
    scans, out = folder_of(np.tile(digits[0], (3, 1, 1)), tmp_path / "scans"), tmp_path / "out"
    main, side = pty.openpty()
    command = [sys.executable, "-m", "inkling", "read", str(scans), "--model", MODEL, "--format", "jsonl"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([*command, "--out", str(out)], stderr=side, env=environment, start_new_session=True)
    os.close(side)
    shown = b""
    until = time.monotonic() + 60
    while b"0/600" not in shown and time.monotonic() < until:
        shown += os.read(main, 4096)
    os.killpg(process.pid, signal.SIGINT)
    try:
        while more := os.read(main, 4096):
            shown += more
    except OSError:  # the last process has closed the terminal
        pass
    assert process.wait(60) == 130
    assert b"reading" in shown
    assert b"To continue, add --resume." in shown
    assert manifest_of(out)["state"] == "running"


def at(rows: dict[str, int], *, planned: int, listing: bool = False, before: int = 0, per_s: float = 100) -> Progress:
    """Progress at a constant rate."""
    progress = Progress(planned=planned, listing=listing, before=before, outcomes=Counter(rows))
    now = time.monotonic()
    progress._start = now - (progress.done - before) / per_s
    progress._samples.extend([(now - 10, progress.done - int(10 * per_s)), (now, progress.done)])
    return progress


def test_the_line_of_a_run() -> None:
    told = read_archive.line(at({"read": 11_800, "unsure": 198, "failed": 2}, planned=50_000))
    assert told == "12,000 of 50,000 pictures, 100/s, 6 min 20 s left; 11,800 read, 198 unsure, 2 failed"
    told = read_archive.line(at({"read": 1200}, planned=50_000, listing=True))
    assert told == "1,200 of at least 50,000 pictures, 100/s; 1,200 read"


def test_the_summary_of_a_run() -> None:
    told = read_archive.summary(at({"read": 1500}, planned=1500, before=500), "out")
    assert told == "1,000 pictures in 10.0 s (100/s) (500 were read before). In out: 1,500 rows: 1,500 read."
    assert read_archive.summary(at({"read": 500}, planned=500, before=500), "out").startswith("Nothing new: all 500")


@pytest.mark.parametrize(("took_s", "told"), [(4.21, "4.2 s"), (192, "3 min 12 s"), (18_130, "5 h 2 min")])
def test_durations_in_words(took_s: float, told: str) -> None:
    assert read_archive.duration(took_s) == told


def test_without_a_terminal_a_line_is_printed_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(read_archive.time, "monotonic", lambda: clock[0])
    update = read_archive._lines()
    for clock[0] in range(200):
        update(Progress(planned=9, outcomes=Counter(read=3)))
    assert len(capsys.readouterr().err.splitlines()) == 4  # after 10, 70, 130 and 190 seconds


def test_metrics_in_the_format_of_prometheus() -> None:
    text = metrics.prometheus_text(at({"read": 90, "failed": 2}, planned=200))
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples['inkling_archive_pictures_total{outcome="read"}'] == "90"
    assert samples['inkling_archive_pictures_total{outcome="empty"}'] == "0"
    assert samples["inkling_archive_planned"] == "200"
    assert (samples["inkling_archive_complete"], samples["inkling_archive_listing"]) == ("0", "0")
    for name in {line.partition("{")[0].split(" ")[0] for line in samples}:
        assert f"# TYPE {name} " in text
        assert f"# HELP {name} " in text


@pytest.mark.slow
def test_metrics_over_a_port_and_in_a_file(tmp_path: Path) -> None:
    progress = at({"read": 7}, planned=10)
    with_port = metrics.Exporter("8339")
    try:
        with_port.update(progress)
        with urllib.request.urlopen("http://127.0.0.1:8339/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b'inkling_archive_pictures_total{outcome="read"} 7' in answer.read()
        with pytest.raises(BadRequest, match="--metrics cannot listen on"):
            metrics.Exporter("8339")
    finally:
        with_port.close()
    in_file = metrics.Exporter(str(tmp_path / "inkling.prom"))
    in_file.update(progress)
    assert 'outcome="read"} 7' in (tmp_path / "inkling.prom").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["inkling.prom"]
    assert not [thread for thread in threading.enumerate() if thread.name == "inkling-metrics"]
