"""training.train: a run is a function of its recipe, and a killed run resumes with the same result."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import Reader, cli
from inkling.cli.train import command
from inkling.errors import BadBundle, BadData, BadRecipe, InklingError, UnknownName
from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.training import calibrate, lr_schedule, recipe, run_history, targets, train
from inkling.training.data.mnist import as_input
from inkling.training.digit_task import DigitTask
from inkling.training.recipe import Recipe
from inkling.training.tasks import make_task
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

TINY = {
    "name": "tiny",
    "architecture": "ann-dropout",
    "epochs": 6,
    "batch_size": 50,
    "learning_rate": 0.01,
    "schedule": "one_cycle",
    "ema": 0.9,
    "dropout": 0.2,
    "hidden": 16,
    "label_smoothing": 0.05,
    "weight_decay": 0.01,
    "n_validation": 200,
    "augmentation": {"rotation": 10, "elastic": 20, "stroke": 0.3, "noise": 0.05},
}

# Trains in a separate process and prints a line per epoch, so that a test can kill it between epochs.
SCRIPT = """
import json, sys
from pathlib import Path
from inkling.training import recipe, train
from tests.training.small import LEARN, small_mnist
callbacks = train.Callbacks(on_epoch=lambda row: print(int(row["epoch"]), flush=True))
train.train(recipe.from_table(json.loads(sys.argv[1])), small_mnist(), Path(sys.argv[2]), callbacks=callbacks)
"""


def tiny(**changes: object) -> Recipe:
    return recipe.from_table({**TINY, **changes})


def start(folder: Path) -> subprocess.Popen[str]:
    command_line = [sys.executable, "-c", SCRIPT, json.dumps(TINY), str(folder)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command_line, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def variables(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "checkpoint.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run in a separate process."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with start(folder) as process:
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return folder


def test_a_run_folder_holds_what_the_docs_say(whole: Path) -> None:
    names = {path.name for path in whole.iterdir()}
    files = {"recipe.toml", "history.csv", "checkpoint.npz", "images.json", "scores.json", "environment.json"}
    assert names == files | {"bundle"}
    with (whole / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == run_history.COLUMNS
    assert [row["epoch"] for row in rows] == list("123456")
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert recipe.find(whole / "recipe.toml") == tiny()
    manifest = registry.find(whole).manifest
    assert json.loads((whole / "scores.json").read_text()) == manifest["scores"]
    assert set(manifest["scores"]) == {"mnist-validation", "validation-augmented"}  # no test scores
    assert manifest["test_looks"] == 0
    assert json.loads((whole / "environment.json").read_text())["train_seconds"] > 0
    assert Reader(whole).read(np.full((60, 60), 255, np.uint8)).outcome == "empty"


@pytest.mark.parametrize("kill_after", [1, 4])
def test_killed_and_resumed_ends_in_the_same_weights(whole: Path, tmp_path: Path, kill_after: int) -> None:
    with start(tmp_path / "run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == kill_after:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run" / "bundle").exists()
    epochs: list[int] = []
    callbacks = train.Callbacks(on_epoch=lambda row: epochs.append(int(row["epoch"])))
    train.train(tiny(), small_mnist(), tmp_path / "run", callbacks=callbacks)
    assert epochs[0] > kill_after  # it resumed instead of starting over
    expected, found = variables(whole), variables(tmp_path / "run")
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    assert registry.find(tmp_path / "run").version == registry.find(whole).version


def test_a_killed_write_leaves_the_checkpoint_whole(whole: Path, tmp_path: Path) -> None:
    for name in ("checkpoint.npz", "history.csv"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    (tmp_path / ".checkpoint.npz.part").write_bytes(b"half")  # as left by a kill during a write
    train.train(tiny(), small_mnist(), tmp_path)
    for name, value in variables(whole).items():
        np.testing.assert_array_equal(variables(tmp_path)[name], value)


STAGES = ({"epochs": 2, "learning_rate": 0.02}, {"epochs": 3, "keep": 0.25, "augmentation": {"rotation": 0}})


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """An uninterrupted run in stages, and the steps that its callback saw."""
    seen: list[int] = []
    callbacks = train.Callbacks(on_step=lambda done, steps, logs: seen.append(done))
    folder = tmp_path_factory.mktemp("staged") / "run"
    return train.train(tiny(stages=STAGES), small_mnist(), folder, callbacks=callbacks), seen


def test_stages_are_the_runs_that_they_would_be_one_after_the_other(
    staged: tuple[Path, list[int]], tmp_path: Path
) -> None:
    both, seen = staged
    first, second = recipe.stages_of(tiny(stages=STAGES))
    assert (first.augmentation.rotation, second.augmentation.rotation, second.augmentation.elastic) == (10, 0, 20)
    train.train(first, small_mnist(), tmp_path / "first")
    train.train(dataclasses.replace(second, start=str(tmp_path / "first")), small_mnist(), tmp_path / "second")
    assert registry.find(both).version == registry.find(tmp_path / "second").version
    rows = [run_history.read_history(run / "history.csv") for run in (tmp_path / "first", tmp_path / "second", both)]
    assert [row["val_loss"] for row in rows[2]] == [row["val_loss"] for row in rows[0] + rows[1]]
    assert [row["epoch"] for row in rows[2]] == [1, 2, 3, 4, 5]
    assert seen == sorted(seen)


@pytest.mark.parametrize("kill_after", [1, 2, 3])
def test_stages_go_on_where_they_were_killed(staged: tuple[Path, list[int]], tmp_path: Path, kill_after: int) -> None:
    class Killed(Exception):
        pass

    def kill(row: run_history.EpochMetrics) -> None:
        if row["epoch"] == kill_after:
            raise Killed

    how = tiny(stages=STAGES)
    with pytest.raises(Killed):
        train.train(how, small_mnist(), tmp_path / "run", callbacks=train.Callbacks(on_epoch=kill))
    begun: list[tuple[int, int]] = []
    callbacks = train.Callbacks(on_start=lambda done, epochs: begun.append((done, epochs)))
    train.train(how, small_mnist(), tmp_path / "run", callbacks=callbacks)
    assert begun == [(min(kill_after, 2), 5), (max(kill_after, 2), 5)]
    assert registry.find(tmp_path / "run").version == registry.find(staged[0]).version


def test_a_run_stopped_in_its_first_stage_is_exported_as_it_is(tmp_path: Path) -> None:
    def stop(row: run_history.EpochMetrics) -> None:
        raise train.StopTraining

    train.train(tiny(stages=STAGES), small_mnist(), tmp_path, callbacks=train.Callbacks(on_epoch=stop))
    assert len(run_history.read_history(tmp_path / "history.csv")) == 1
    assert registry.find(tmp_path).manifest["scores"]["mnist-validation"]["n"] == 200


def test_another_seed_gives_other_weights(whole: Path, tmp_path: Path) -> None:
    train.train(tiny(seed=1), small_mnist(), tmp_path)
    assert registry.find(tmp_path).version != registry.find(whole).version
    assert set(registry.find(tmp_path).manifest["scores"]) == {"mnist-validation", "validation-augmented"}


def test_patience_stops_and_keeps_the_best(tmp_path: Path) -> None:
    # With this high rate the loss fluctuates, so the best epoch comes early.
    train.train(tiny(epochs=60, patience=2, schedule="constant", learning_rate=0.5), small_mnist(), tmp_path)
    rows = run_history.read_history(tmp_path / "history.csv")
    losses = [row["val_loss"] for row in rows]
    assert len(rows) < 60
    assert int(np.argmin(losses)) == len(rows) - 3
    found = registry.find(tmp_path).manifest["scores"]["mnist-validation"]["cross_entropy"]
    assert found == pytest.approx(min(losses), abs=1e-3)


def test_distillation_learns_from_a_packaged_teacher(tmp_path: Path) -> None:
    distilled = tiny(epochs=2, teacher={"name": "ann-tutorial", "weight": 0.9})
    train.train(distilled, small_mnist(), tmp_path)
    rows = run_history.read_history(tmp_path / "history.csv")
    assert rows[1]["loss"] < rows[0]["loss"]
    assert rows[1]["val_accuracy"] > 0.3


def test_a_damaged_checkpoint_and_a_wrong_one_are_refused(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(b"half")
    with pytest.raises(BadData, match="not a readable checkpoint"):
        train.train(tiny(), small_mnist(), tmp_path)
    (tmp_path / "checkpoint.npz").write_bytes((whole / "checkpoint.npz").read_bytes())
    with pytest.raises(BadData, match="belongs to another network"):
        train.train(tiny(hidden=8), small_mnist(), tmp_path)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
def test_a_checkpoint_cut_short_is_refused(whole: Path, tmp_path: Path, part: float) -> None:
    content = (whole / "checkpoint.npz").read_bytes()
    (tmp_path / "checkpoint.npz").write_bytes(content[: int(part * len(content))])
    with pytest.raises(BadData, match=r"not a readable checkpoint .* train again in a new folder"):
        train.train(tiny(), small_mnist(), tmp_path)


@pytest.mark.parametrize(
    ("teacher", "error", "message"),
    [
        ("ann-wide", UnknownName, "unknown model 'ann-wide'; choose from: ann"),
        ("runs/none", BadBundle, "runs/none is not a folder; expected a bundle or run folder"),
        ("half", BadBundle, "model.keras is not a Keras file"),
        ("bare", BadBundle, "has no model.keras, .* the wheel leaves these files out. Use a clone"),
        ("other", BadRecipe, r"maps \(None, 14, 14\) to \(None, 10\); expected \(None, 28, 28\)"),
    ],
)
def test_a_teacher_that_will_not_do_is_one_sentence(
    tmp_path: Path, teacher: str, error: type[InklingError], message: str
) -> None:
    if "/" not in teacher and teacher != "ann-wide":
        shutil.copytree(registry.PACKAGED / "ann-tutorial", tmp_path / teacher)
        path = tmp_path / teacher / "model.keras"
        if teacher == "half":
            path.write_bytes(path.read_bytes()[:50_000])
        elif teacher == "bare":
            path.unlink()
        else:
            keras = train.import_keras()
            keras.Sequential([keras.Input((14, 14)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(path)
        teacher = str(tmp_path / teacher)
    with pytest.raises(error, match=message):
        train.train(tiny(teacher={"name": teacher}), small_mnist(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_network_that_diverges_is_not_exported(tmp_path: Path) -> None:
    # Multiplies the weights by -9 in each step.
    how = tiny(optimizer="sgd", learning_rate=10, schedule="constant", weight_decay=1, ema=0)
    with pytest.raises(
        InklingError,
        match=r"diverged: its loss is (nan|inf) (at step|after epoch) .*; expected a finite loss. .* Lower",
    ):
        train.train(how, small_mnist(), tmp_path)
    assert not (tmp_path / "bundle").exists()


def test_a_network_that_has_not_learned_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = ["epochs=1", "n_validation=200", "learning_rate=1e-7", "batch_size=100"]
    arguments = [
        "train",
        "tiny",
        "--out",
        str(tmp_path / "run"),
        *(word for each in changes for word in ("--set", each)),
    ]
    monkeypatch.setattr("inkling.training.data.mnist.load_mnist", small_mnist)
    monkeypatch.setattr("sys.argv", ["inkling", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    assert "hardly better than chance (10 %). Lower learning_rate, or train for more epochs." in said
    assert "Traceback" not in said


def test_too_large_a_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="batch_size is 5000; there are 800"):
        train.train(tiny(batch_size=5000), small_mnist(), tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint.npz.part").symlink_to("/dev/full")
    with pytest.raises(InklingError, match=r"No space left on device.*--resume"):
        train.train(tiny(), small_mnist(), tmp_path)


def test_missing_data_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["inkling", "train", "tiny", "--out", str(tmp_path / "run")])
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err.strip().endswith("Run: inkling data fetch")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("arguments", [[], ["tiny", "--resume", "x"], ["--resume", "x", "--set", "epochs=2"]])
def test_contradictory_arguments_are_refused(arguments: list[str]) -> None:
    assert isinstance(CliRunner().invoke(command, arguments).exception, BadRecipe)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny", "--set", "epochs=-3"], "epochs is -3; expected 1 to 10000"),
        (["tiny", "--set", "epochs=many"], "epochs is 'many'; expected a whole number"),
        (["tiny", "--set", "epoch=3"], "epoch is not a parameter .* Did you mean 'epochs'"),
        (["tiny", "--out", "full"], "full is not empty; expected a new or empty folder"),
        (["tiny", "--out", "run"], "run already contains a run. Continue it with --resume"),
        (["--resume", "full"], "full has no recipe.toml; expected a run folder"),
        (["--resume", "nothing"], "nothing has no recipe.toml"),
        (["ann", "--resume", "half"], "half is a run of 'tiny', not of 'ann'. Leave out the name"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").write_text("")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "recipe.toml").write_text(recipe.to_toml(recipe.find("tiny")))
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(BadRecipe, match=message):
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_help_has_an_example() -> None:
    assert "inkling train ann-tutorial" in CliRunner().invoke(command, ["--help"]).output


def test_the_optimizer_follows_the_schedule() -> None:
    train.import_keras(seed=0)
    how = tiny(learning_rate=0.5, epochs=1)
    model = train.build(how, make_task(how, small_mnist()))
    rates = lr_schedule.factors("one_cycle", 16) * np.float32(0.5)  # 800 images in batches of 50
    for step in range(20):
        assert float(model.optimizer.learning_rate) == rates[min(step, 15)]
        model.optimizer.iterations.assign_add(1)


COMMAND_LINE = """
import sys
from inkling import cli
from inkling.training.data import mnist
from tests.training.small import small_mnist
mnist.load_mnist = small_mnist
sys.argv = ["inkling", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_says_how_to_go_on_and_resume_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal_number: int, status: int
) -> None:
    run, root = str(tmp_path / "run"), Path(__file__).parents[2]
    begin = [sys.executable, "-c", COMMAND_LINE, "train", "tiny", "--out", run, "--test"]
    changes = ["--set", "epochs=5000", "--set", "n_validation=200", "--set", "batch_size=100"]
    process = subprocess.Popen([*begin, *changes], cwd=root, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith("epoch   2"):
            process.send_signal(signal_number)
            break
    said += process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == status
    assert f"inkling: stopped; continue with: inkling train --resume {run} --test\n" in said
    assert "Traceback" not in said
    path = tmp_path / "run" / "recipe.toml"
    path.write_text(path.read_text().replace("epochs = 5000", "epochs = 5"))  # shortens the resumed run
    epochs_before = len(run_history.read_history(tmp_path / "run" / "history.csv"))
    monkeypatch.setattr("inkling.training.data.mnist.load_mnist", small_mnist)

    def resume(*options: str) -> str:
        return CliRunner().invoke(command, ["--resume", run, *options], catch_exceptions=False).stdout

    assert "mnist-test" not in resume()
    for _ in range(2):  # the same network is evaluated only once
        printed = resume("--test")
        assert "uses of the test images: 1" in printed
    assert [line for line in printed.splitlines() if line.startswith("mnist-test: ")]
    assert len(run_history.read_history(tmp_path / "run" / "history.csv")) == max(5, epochs_before)


def test_a_network_learns_to_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate, "N_NONDIGITS", 500)
    how = dataclasses.replace(recipe.find("cnn"), stages=(), epochs=1, batch_size=100, n_validation=200, nondigits=0.5)
    train.train(how, small_mnist(), tmp_path)
    found = registry.find(tmp_path)
    assert found.manifest["classes"] == [*"0123456789", "none"]
    assert 0.5 <= found.reject_at < 1
    assert found.manifest["scores"]["non-digits"]["n_others"] == 500
    prediction = Classifier(found).classify(as_input(small_mnist().x_test))
    assert prediction.probs.shape == (200, 10)
    np.testing.assert_allclose(prediction.probs.sum(1), 1, atol=1e-5)
    assert (prediction.not_digit > 0).all()


class TeacherModel:
    """Computes its outputs from the images' mean, and counts the images."""

    asked = 0

    def predict(self, images: np.ndarray, **_: object) -> np.ndarray:
        self.asked += len(images)
        seen = images.mean((1, 2))[:, None] * np.arange(11, dtype=np.float32)
        outputs: np.ndarray = np.exp(seen) / np.exp(seen).sum(1, keepdims=True)
        return outputs


def test_a_teacher_of_eleven_answers_teaches_ten() -> None:
    blank = np.zeros((1, 28, 28), np.float32)
    np.testing.assert_allclose(targets.TeacherNetwork(TeacherModel(), 1.0, 10).probs(blank), np.full((1, 10), 0.1))


def test_a_teacher_is_calibrated() -> None:
    images = np.full((1, 28, 28), 0.5, np.float32)
    plain = targets.TeacherNetwork(TeacherModel(), 1.0, 11).probs(images)
    sharpened = targets.TeacherNetwork(TeacherModel(), 0.5, 11).probs(images)
    np.testing.assert_allclose(sharpened, plain**2 / (plain**2).sum(), rtol=1e-5)


def test_a_pool_asks_the_teacher_once_about_each_image() -> None:
    """The images of the pool are repeated in a new order, each with its label and the teacher's output for it."""
    how = tiny(epochs=5, teacher={"name": "cnn", "pool": 2})
    task = DigitTask(how, small_mnist())
    model = TeacherModel()
    task.teacher = targets.TeacherNetwork(model, 1.0, 10)
    seen = {}
    for epoch in range(1, 6):
        prepared = task.prepare(epoch)
        y = task.fit_arguments(prepared)["y"]
        np.testing.assert_array_equal(y[:, :10].argmax(1), prepared.labels)
        np.testing.assert_allclose(y[:, 10:], task.teacher.probs(prepared.images), rtol=1e-5)
        model.asked -= len(y)
        seen[epoch] = prepared.images
    assert model.asked == 2 * len(seen[1])
    assert not np.array_equal(seen[1], seen[3])
    for first, again in ((1, 3), (1, 5), (2, 4)):
        one, other = (np.unique(seen[epoch].reshape(len(seen[epoch]), -1), axis=0) for epoch in (first, again))
        np.testing.assert_array_equal(one, other)
