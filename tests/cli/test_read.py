import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.cli import read
from tests.pictures import drawn_seven, encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a 7, a blank page in a subfolder, a broken picture and a file that is no picture."""
    (tmp_path / "seven.png").write_bytes(encoded(drawn_seven()))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "blank.JPG").write_bytes(encoded(drawn_seven(ink=255), "JPEG"))
    (tmp_path / "broken.png").write_bytes(encoded(drawn_seven())[:300])
    (tmp_path / "notes.txt").write_text("7")
    return tmp_path


def run(*arguments: str | Path, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(cli.group, ["read", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout, done.stderr


def test_one_picture(folder: Path) -> None:
    out, err = run(folder / "seven.png")
    assert "7" in out
    assert "%" in out
    assert err == ""


def test_json_is_the_contract_with_its_source(folder: Path) -> None:
    out, _ = run(folder / "seven.png", "--json", "--model", "ann-tutorial")
    (answer,) = map(json.loads, out.splitlines())
    assert answer["source"].endswith("seven.png")
    assert (answer["ok"], answer["outcome"], answer["text"]) == (True, "read", "7")
    assert answer["model"]["name"] == "ann-tutorial"
    assert len(answer["digits"][0]["probs"]) == 10
    assert answer["took_ms"] > 0


def test_one_bad_file_stops_nothing(folder: Path) -> None:
    out, err = run(folder, "--json", code=1)
    rows = {Path(row["source"]).name: row for row in map(json.loads, out.splitlines())}
    assert rows["seven.png"]["text"] == "7"
    assert rows["blank.JPG"]["outcome"] == "empty"
    assert rows["broken.png"]["kind"] == "BrokenPicture"
    assert "notes.txt" not in rows
    assert err == ""


def test_failures_are_named_on_stderr(folder: Path) -> None:
    out, err = run(folder / "broken.png", folder / "missing.png", folder / "seven.png", code=1)
    assert "seven.png: 7" in out
    assert "broken.png: picture cannot be decoded" in err
    assert err.count("missing.png") == 1


def test_csv_has_a_row_for_each_picture(folder: Path) -> None:
    table = folder / "out.csv"
    run(folder, "--csv", table, code=1)
    with table.open(encoding="utf-8") as file:
        rows = {Path(row["source"]).name: row for row in csv.DictReader(file)}
    assert rows["seven.png"]["text"] == "7"
    assert rows["blank.JPG"]["digits"] == "0"
    assert rows["broken.png"]["error"]


def test_folder_without_pictures(tmp_path: Path) -> None:
    _, err = run(tmp_path, code=1)
    assert "folder holds no picture" in err


def test_wrong_options_are_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for arguments, says in (
        (["--model", "ann-tutorail"], "Did you mean 'ann-tutorial'?"),
        (["--csv", str(folder / "no" / "such" / "out.csv")], "cannot be written"),
    ):
        monkeypatch.setattr("sys.argv", ["inkling", "read", str(folder / "seven.png"), *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code == 1
        err = capsys.readouterr().err
        assert says in err
        assert len(err.strip().splitlines()) == 1


def test_no_confidence_is_printed_as_certain() -> None:
    assert read._percent(1.0) == ">99%"
    assert read._percent(0.5) == "50%"


@pytest.mark.parametrize(
    ("outcome", "confidence", "text", "said"),
    [
        ("read", 0.97, "407", "4.07  97%"),
        ("unsure", 0.66, "407", "4.07  probably 66%"),
        ("unsure", 0.32, "407", "4.07  not sure 32%"),
        ("unsure", 0.99, "407", "4.07  not sure"),
        ("not_digit", 0.0, "", "-  not a digit"),
        ("empty", 0.0, "", "-  no ink found"),
    ],
)
def test_a_line_tells_the_number_as_written_and_how_sure_it_is(
    capsys: pytest.CaptureFixture[str], outcome: str, confidence: float, text: str, said: str
) -> None:
    result = {"source": "a.png", "ok": True, "outcome": outcome, "text": text, "confidence": confidence, "reason": ""}
    read._print({**result, "written": text and "4.07"}, as_json=False)
    assert capsys.readouterr().out == f"a.png: {said}\n"
