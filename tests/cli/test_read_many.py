"""inkling read on many images: table, review page, progress, constraints."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.cli.progress_bar import outcome_counts
from inkling.cli.read import MIN_FOR_BAR
from tests.pictures import drawn_seven, encoded, row_of

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def number(digits: Digits, tmp_path: Path) -> tuple[Path, str]:
    """A picture of three digits that the tests' reader can read, and the digits."""
    images, labels = digits
    chosen = (5, 6, 7)
    path = tmp_path / "number.png"
    path.write_bytes(encoded(row_of([images[i] for i in chosen])))
    return path, "".join(str(labels[i]) for i in chosen)


def run(*arguments: str | Path, code: int = 0) -> tuple[str, str]:
    command = ["read", "--model", "ann-tutorial", *map(str, arguments)]
    done = CliRunner().invoke(cli.group, command)
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout, done.stderr


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The error message of a command that fails before it reads anything."""
    monkeypatch.setattr("sys.argv", ["inkling", "read", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    assert stop.value.code == 1
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    return err


def test_json_has_the_state_of_the_constraint(number: tuple[Path, str]) -> None:
    path, text = number
    (answer,) = map(json.loads, run(path, "--json", "--length", "3")[0].splitlines())
    assert (answer["text"], answer["constraint"]["satisfied"], answer["constraint"]["changed"]) == (text, True, False)
    (answer,) = map(json.loads, run(path, "--json", "--length", "8")[0].splitlines())
    assert (answer["text"], answer["outcome"]) == (text, "unsure")
    assert answer["constraint"] == {"satisfied": False, "changed": False, "first": text, "fits": 0.0}
    assert "3 digits found instead of 8 digits" in answer["reason"]
    (answer,) = map(json.loads, run(path, "--json")[0].splitlines())
    assert "constraint" not in answer


def test_constraints_change_the_text(number: tuple[Path, str], tmp_path: Path) -> None:
    path, text = number
    other = text[:2] + str((int(text[2]) + 1) % 10)
    allowlist = tmp_path / "numbers.csv"
    allowlist.write_text(f"number,name\n{other},Ada\n99,Alan\n")
    table = tmp_path / "out.csv"
    out, _ = run(path, "--among", allowlist, "--pattern", r"\d{3}", "--csv", table)
    assert f"number.png: {other}" in out
    with table.open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["text"], row["text_cell"], row["constraint"], row["first"]) == (other, f'="{other}"', "changed", text)


def test_a_roster_is_joined_and_a_threshold_is_set(number: tuple[Path, str], tmp_path: Path) -> None:
    path, text = number
    roster = tmp_path / "roster.csv"
    roster.write_text(f"name,no\nAda,{text}\nAlan,99\n")
    table = tmp_path / "out.csv"
    out, _ = run(path, "--among", f"{roster}:no", "--csv", table, "--json")
    assert json.loads(out)["listed"] == {"name": "Ada"}
    with table.open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["name"], row["outcome"]) == ("Ada", "read")
    assert json.loads(run(path, "--json", "--sure", "0.9999999")[0])["outcome"] == "unsure"


def test_a_review_page_of_the_doubtful_images(number: tuple[Path, str], tmp_path: Path) -> None:
    page = tmp_path / "doubtful.html"
    (tmp_path / "broken.png").write_bytes(b"no picture")
    run(tmp_path, "--review", page, "--length", "4", code=1)
    text = page.read_text("utf-8")
    assert "2 pictures to check" in text
    assert "3 digits found instead of 4 digits" in text
    assert "constraints on each number: 4 digits." in text
    assert "broken.png" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--length", "0"], "length is '0'"),
        (["--length", "8-6"], "length is '8-6'"),
        (["--pattern", "[0-9"], "is not a regular expression"),
        (["--pattern", "[^0-9]"], "no number fits the pattern"),
        (["--pattern", "[0-9]{3}", "--length", "8"], "no number of 8 digits fits"),
        (["--check", "lunh"], "Did you mean 'luhn'?"),
        (["--among", "{}/missing.csv"], "missing.csv cannot be read (No such file or directory)"),
        (["--among", "{}"], "cannot be read (Is a directory)"),
        (["--among", "{}/empty.csv"], "empty.csv contains no number"),
        (["--among", "{}/names.csv"], "names.csv starts line 2 with 'Ada'"),
        (["--among", "{}/numbers.csv", "--length", "8"], "none of the 2 numbers of"),
        (["--csv", "{}/no/out.csv"], "out.csv cannot be written"),
        (["--review", "{}/no/out.html"], "out.html cannot be written"),
        (["--csv", "{}/out", "--review", "{}/../{name}/out"], "--csv and --review both name"),
        (["--csv", "{}/number.png"], "has a picture's file extension"),
    ],
)
def test_errors_of_the_options_are_raised_before_anything_is_read(
    arguments: list[str],
    says: str,
    number: tuple[Path, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = number[0].parent
    (folder / "empty.csv").write_text("\n")
    (folder / "names.csv").write_text("number\nAda\n")
    (folder / "numbers.csv").write_text("123\n456\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    filled = [argument.replace("{}", str(folder)).replace("{name}", folder.name) for argument in arguments]
    assert says in refused(monkeypatch, capsys, folder, *filled)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before, "no files are left"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough images for a progress bar: sevens, a blank page and a broken one."""
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(MIN_FOR_BAR):
        (folder / f"{i:03d}.png").write_bytes(encoded(drawn_seven(side=100 + i, width=8)))
    (folder / "blank.png").write_bytes(encoded(drawn_seven(ink=255)))
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def test_many_images_end_in_a_summary(many: Path, tmp_path: Path) -> None:
    out, err = run(many, "--csv", tmp_path / "out.csv", code=1)
    assert len(out.splitlines()) == MIN_FOR_BAR + 1
    summary = err.splitlines()[-1]
    assert summary.startswith(f"{MIN_FOR_BAR + 2} pictures in ")
    assert f"{MIN_FOR_BAR} read, 1 empty, 1 failed. Written: {tmp_path}/out.csv." in summary


def test_counts_come_in_one_order() -> None:
    from collections import Counter

    counts = Counter(failed=1, unsure=1200, read=3)
    assert [part for _, part in outcome_counts(counts)] == ["3 read", "1,200 unsure", "1 failed"]
    assert outcome_counts(Counter()) == []


def in_terminal(*arguments: str | Path, stdout: Path | None = None) -> tuple[str, int]:
    """The output of `inkling read` on a terminal with 100 columns. Its standard output may go to a file."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "inkling", "read", "--model", "ann-tutorial", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"}
    with stdout.open("wb") if stdout else open(os.devnull, "wb") as file:
        process = subprocess.Popen(
            command, stdout=file if stdout else side, stderr=side, stdin=side, env=environment, close_fds=True
        )
        os.close(side)
        shown = b""
        try:
            while chunk := os.read(main, 4096):
                shown += chunk
        except OSError:  # Linux's error when the other end is closed
            pass
        os.close(main)
        return shown.decode(), process.wait(60)


def test_a_terminal_shows_progress_and_failures(many: Path, tmp_path: Path) -> None:
    shown, code = in_terminal(many, "--csv", tmp_path / "out.csv")
    assert code == 1
    assert f"/{MIN_FOR_BAR + 2}" in shown
    assert "7 " not in [line.split(": ")[-1][:2] for line in shown.splitlines() if "000.png" in line]
    assert "broken.png" in shown
    assert f"{MIN_FOR_BAR} read, 1 empty, 1 failed" in shown


def test_the_bar_does_not_go_into_a_redirected_file(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    shown, code = in_terminal(many, "--json", stdout=out)
    assert code == 1
    assert len([json.loads(line) for line in out.read_text().splitlines()]) == MIN_FOR_BAR + 2
    assert "{" not in shown


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_what_it_read(many: Path, tmp_path: Path, how: signal.Signals) -> None:
    for i in range(400):
        (many / f"more{i}.png").write_bytes((many / "000.png").read_bytes())
    table, page = tmp_path / "out.csv", tmp_path / "page.html"
    part = tmp_path / "out.csv.part"
    command = [sys.executable, "-m", "inkling", "read", str(many), "--csv", str(table), "--review", str(page)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.read_text().count("\n") > 5):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert not table.exists()
    assert not page.exists()
    with part.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 5 <= len(rows) < 400 + MIN_FOR_BAR
    assert all(row["text"] == "7" for row in rows[:5])
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert err.splitlines()[-1].startswith(
            f"inkling: stopped after {len(rows)} of {400 + MIN_FOR_BAR + 2} pictures."
        )
        assert "Traceback" not in err


@pytest.mark.parametrize("option", ["--csv", "--review"])
@pytest.mark.slow
def test_a_full_disk_is_one_sentence(many: Path, tmp_path: Path, option: str) -> None:
    """A limit on file sizes simulates a full disk: writing fails in the same way."""
    out = tmp_path / "out"
    limits = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    code = f"{limits} runpy.run_module('inkling', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", code, "read", str(many), "--model", "ann-tutorial", option, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"inkling: {out} cannot be written (File too large)")
    assert "Traceback" not in done.stderr
    assert not out.exists()
