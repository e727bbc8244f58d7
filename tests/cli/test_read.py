import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli, errors
from inkling.batch import batch_reader
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Job
from inkling.cli.read_text import percent, print_result
from inkling.models import registry
from inkling.pipeline import deadline
from tests.documents.files import SEVEN, drawn_pdf, scans
from tests.pictures import drawn_seven, encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a 7, a blank page in a subfolder, a broken picture and a file that is not a picture."""
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
    assert err == f"inkling: skipped unsupported files (1): {folder / 'notes.txt'}.\n"


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


def test_a_document_has_a_row_for_each_page(tmp_path: Path) -> None:
    document, table, review = tmp_path / "scan.pdf", tmp_path / "out.csv", tmp_path / "check.html"
    document.write_bytes(scans(3))
    (tmp_path / "fax.tif").write_bytes(scans(2, "TIFF"))
    (tmp_path / "one.pdf").write_bytes(drawn_pdf(""))
    out, _ = run(tmp_path, "--json", "--csv", table, "--review", review)
    rows = [(Path(row["source"]).name, row["page"], row["text"]) for row in map(json.loads, out.splitlines())]
    pages = [("fax.tif#1", 1, "7"), ("fax.tif#2", 2, "7"), ("one.pdf", 1, "")]
    pages += [(f"scan.pdf#{i}", i, "7") for i in (1, 2, 3)]
    assert rows == pages
    with table.open(encoding="utf-8") as file:
        assert [(row["page"], row["text"]) for row in csv.DictReader(file)] == [(str(n), text) for _, n, text in pages]
    assert "one.pdf" in review.read_text("utf-8")


def test_the_review_page_shows_pages_of_documents(tmp_path: Path) -> None:
    """The doubtful pages, which lack a four-digit number, are opened again."""
    document, review = tmp_path / "scan.pdf", tmp_path / "check.html"
    document.write_bytes(scans(2))
    run(document, "--review", review, "--explain", tmp_path / "why", "--length", "4")
    assert review.read_text("utf-8").count("data:image/jpeg") >= 2
    assert sorted(path.name for path in (tmp_path / "why").glob("*.html")) == ["index.html", "scan-2.html", "scan.html"]


def test_a_bad_document_is_one_row(tmp_path: Path) -> None:
    document = tmp_path / "scan.pdf"
    document.write_bytes(scans(2)[:2000])
    out, _ = run(document, tmp_path / "missing.pdf", "--json", code=1)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["ok"], row["page"], row["kind"]) for row in rows] == [
        (False, None, "BrokenPicture"),
        (False, None, "NotFound"),
    ]


@pytest.mark.parametrize("content", [encoded(drawn_seven()), scans(2)], ids=["picture", "document"])
def test_standard_input_is_read(content: bytes, tmp_path: Path) -> None:
    arguments = ["read", "-", "--json", "--review", str(tmp_path / "check.html"), "--length", "4"]
    done = CliRunner().invoke(cli.group, arguments, input=content)
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["7"] * len(rows)
    assert [row["source"] for row in rows] == (["-"] if len(rows) == 1 else ["-#1", "-#2"])
    assert "data:image/jpeg" in (tmp_path / "check.html").read_text("utf-8")


def test_a_table_on_standard_output_is_alone_there(folder: Path) -> None:
    out, err = run(folder, "--csv", "-", code=1)
    rows = list(csv.DictReader(out.splitlines()))
    assert {Path(row["source"]).name for row in rows} == {"seven.png", "blank.JPG", "broken.png"}
    assert "broken.png: picture cannot be decoded" in err
    with pytest.raises(errors.BadRequest, match="both print"):
        CliRunner().invoke(cli.group, ["read", str(folder), "--csv", "-", "--json"], catch_exceptions=False)


def test_what_a_folder_holds_beside_pictures_is_named_and_counted(tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(encoded(drawn_seven()))
    for name in (".hidden", "Thumbs.db", "table.csv", *(f"{i}.docx" for i in range(7))):
        (tmp_path / name).write_bytes(b"7")
    _, err = run(tmp_path, "--csv", tmp_path / "table.csv", code=1)
    assert err.startswith(f"inkling: skipped unsupported files (7): {tmp_path}/0.docx, ")
    assert err.endswith(f"{tmp_path}/4.docx and 2 more.\n")


def test_only_the_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    for kind in ("GIF", "PNG", "WEBP"):
        path = tmp_path / f"seven.{kind.lower()}"
        SEVEN.copy().save(path, kind, save_all=True, append_images=[SEVEN.rotate(90 * i) for i in (1, 2)])
        (row,) = map(json.loads, run(path, "--json")[0].splitlines())
        assert (row["outcome"], row["text"]) == ("read", "7")
        assert row["reason"] == row["warnings"][0]["text"]
        assert row["warnings"][0] == {
            "code": "frame",
            "text": "only the first of 3 pictures in the file was read; send the others as separate files.",
        }


def test_folder_without_pictures(tmp_path: Path) -> None:
    _, err = run(tmp_path, code=1)
    assert "folder contains no pictures" in err


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
    assert percent(1.0) == ">99%"
    assert percent(0.5) == "50%"


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
    print_result({**result, "written": text and "4.07"}, as_json=False)
    assert capsys.readouterr().out == f"a.png: {said}\n"


def test_a_picture_that_takes_too_long_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uses a deadline that no picture meets, for a single picture and for many."""
    monkeypatch.setattr(deadline, "READING_S", 1e-9)
    out, _ = run(folder / "seven.png", "--json", "--model", "ann", code=1)
    assert json.loads(out)["kind"] == "DeadlineExceeded"
    monkeypatch.setattr(batch_reader, "READING_S", 1e-9)
    reader = batch_reader.BatchReader(Job("/out", "ann", registry.find("ann").version))
    records, _ = reader.read([ImageRef("seven.png", str(folder / "seven.png"))])
    assert [record["kind"] for record in records] == ["DeadlineExceeded"]
