"""training.evaluate and `inkling evaluate`: a text is right if it equals the label; bad files do not stop it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from inkling import Reader
from inkling.cli.evaluate import command
from inkling.errors import NotFound, WrongNetwork
from inkling.models import registry
from inkling.pipeline.symbols import BLANK
from inkling.training import evaluate, line_task, recipe
from inkling.training.data import mnist
from inkling.training.data.mnist import Mnist

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures of digits, one of a two-digit number, a broken one, one without a label, and a text file."""
    folder = tmp_path_factory.mktemp("pictures")
    with np.load(Path(__file__).parents[1] / "fixtures" / "mnist_200.npz") as content:
        images, labels = content["images"], content["labels"]
    for i in range(20):
        Image.fromarray(255 - images[i]).resize((112, 112)).save(folder / f"{labels[i]}__{i:03}.png")
    (folder / "more").mkdir()
    pair = np.hstack([images[0], images[1]])
    Image.fromarray(255 - pair).resize((224, 112)).save(folder / "more" / f"{labels[0]}{labels[1]}__pair.png")
    (folder / "3__broken.png").write_bytes(b"not a picture")
    Image.fromarray(images[0]).save(folder / "unlabelled.png")
    (folder / "notes__1.txt").write_text("not a picture either")
    return folder


def test_folder_is_scored_by_text(folder: Path, reader: Reader) -> None:
    report = evaluate.evaluate_folder(reader, folder)
    assert report["n"] == 22
    assert report["outcomes"]["failed"] == 1
    assert sum(report["outcomes"].values()) == 22
    assert [f["kind"] for f in report["failures"]] == ["UnknownFormat"]
    assert "3__broken.png" in report["failures"][0]["source"]
    right = round(report["accuracy"] * 22)
    assert 18 <= right <= 21  # the broken file is always wrong
    assert right + sum(m["n"] for m in report["mistakes"]) == 22
    assert {"label": "3", "read": "(failed)", "n": 1} in report["mistakes"]
    assert sum(row["n"] for row in report["per_class"]) == 22
    low, high = report["accuracy_95"]
    assert low < report["accuracy"] < high


def test_single_reads_a_pair_as_one(folder: Path, reader: Reader) -> None:
    report = evaluate.evaluate_folder(reader, folder / "more", mode="single")
    assert (report["n"], report["accuracy"], report["mode"]) == (1, 0.0, "single")
    assert len(report["mistakes"][0]["read"]) == 1


def test_nothing_to_judge_is_said(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(NotFound, match="has no picture named like"):
        evaluate.evaluate_folder(reader, tmp_path)
    with pytest.raises(NotFound, match="is not a folder"):
        evaluate.evaluate_folder(reader, tmp_path / "nothing")


def test_mnist_goes_straight_to_the_network(digits: Digits) -> None:
    images, labels = digits
    report = evaluate.evaluate_mnist(registry.find("ann-tutorial"), Mnist(images, labels, images, labels))
    assert report["n"] == 200
    assert report["accuracy"] >= 0.95
    assert np.trace(report["confusion"]) == round(report["accuracy"] * 200)
    assert report["top_2"] >= report["accuracy"]


def test_a_line_recognizer_reads_lines_of_the_test_digits(
    digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A network that outputs only blanks reads no line correctly, and every number of the report is shown."""
    monkeypatch.setattr(line_task, "N_EVALUATION", 12)
    monkeypatch.setattr(line_task.LineTask, "load_litert", lambda task, bundle: silent)
    monkeypatch.setattr(mnist, "load_mnist", lambda: Mnist(*digits, *digits))
    packaged = registry.line_recognizer()
    how = recipe.to_table(recipe.find("line", ["n_validation=100"]))
    manifest = {**packaged.manifest, "recipe": how, "temperature": 1.0, "sure_at": 0.9}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    arguments = [str(tmp_path), "--csv", str(tmp_path / "table.csv")]
    report = json.loads(CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert (report["n"], report["accuracy"], report["coverage"]) == (12, 0.0, 0.0)
    shown = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
    for words in ("of 12 right", "coverage (share with outcome read) 0.0000", "symbols 0.0000"):
        assert words in shown
    assert "precision" not in shown
    assert (tmp_path / "table.csv").read_text().count("\n") == 2


def silent(x: np.ndarray) -> np.ndarray:
    """Outputs the blank in every column."""
    probs = np.zeros((len(x), x.shape[2] // 4, BLANK + 1), np.float32)
    probs[:, :, BLANK] = 1
    return probs


def test_a_line_recognizer_reads_no_pictures_alone(folder: Path) -> None:
    with pytest.raises(WrongNetwork, match="holds a line recognizer"):
        CliRunner().invoke(command, ["line", "--data", str(folder)], catch_exceptions=False)


def test_command_prints_json_or_tables(folder: Path) -> None:
    arguments = ["ann-tutorial", "--data", str(folder)]
    printed = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    report = json.loads(printed.stdout)
    assert report["n"] == 22
    table = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
    assert "of 22 right" in table
    assert "3__broken.png" in table
    assert "most frequent mistakes" in table


def test_csv_has_a_row_for_each_label_and_one_for_all(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    arguments = ["ann-tutorial", "--data", str(folder), "--json", "--csv", str(path)]
    report = json.loads(CliRunner().invoke(command, arguments, catch_exceptions=False).stdout)
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["label"] for row in table] == [str(row["digit"]) for row in report["per_class"]] + ["all"]
    assert {row["model"] for row in table} == {"ann-tutorial"}
    *labels, everything = table
    assert int(everything["n"]) == sum(int(row["n"]) for row in labels) == 22
    assert int(everything["right"]) == sum(int(row["right"]) for row in labels)
    assert float(everything["recall"]) == pytest.approx(report["accuracy"])
    assert int(table[3]["right"]) < int(table[3]["n"])  # the broken file has the label 3


def test_a_csv_that_cannot_be_written_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    arguments = ["ann-tutorial", "--data", str(folder), "--csv", str(tmp_path / "nowhere" / "x.csv")]
    with pytest.raises(NotFound, match=r"x.csv cannot be written \(No such file.*Check --csv"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_help_has_an_example() -> None:
    assert "inkling evaluate cnn" in CliRunner().invoke(command, ["--help"]).output


@pytest.mark.slow
def test_no_tensorflow_is_loaded(folder: Path) -> None:
    code = (
        "import sys; from inkling.cli.evaluate import command\n"
        f"command(['ann-tutorial', '--data', {str(folder)!r}, '--json'], standalone_mode=False)\n"
        "assert not {'tensorflow', 'keras', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120)
