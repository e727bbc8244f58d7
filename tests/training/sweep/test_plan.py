"""training.sweep without Ray: valid and invalid spaces, plans, and the checks before a sweep starts."""

from __future__ import annotations

import dataclasses
import importlib.util
import socket
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.errors import BadRecipe, BadRequest, Busy, InklingError, MissingExtra, UnknownName, Unreachable
from inkling.training import recipe as recipes
from inkling.training import train
from inkling.training.data.mnist import Mnist
from inkling.training.sweep import plan as plans
from inkling.training.sweep import ray_session, search_space, sweep, trial_process
from inkling.training.sweep.plan import Resources, SweepPlan
from inkling.training.sweep.search_space import Dimension

TUTORIAL = recipes.find("ann-tutorial")


@pytest.mark.parametrize("name", sorted(search_space.packaged()))
def test_packaged_spaces_suit_the_trial_recipe_their_name_and_hold_its_own_values(name: str) -> None:
    recipe = recipes.find(name, ["stages=[]"])
    assert search_space.find(None, recipe) == search_space.packaged()[name]
    settings = search_space.read(search_space.packaged()[name])
    search_space.check(settings, recipe, "loss")
    own = SweepPlan(recipe, settings).recipe_values()
    assert all(each.contains(own[each.name]) for each in settings)


def test_a_recipe_without_a_space_of_its_name_takes_that_of_its_architecture_or_says_so() -> None:
    assert search_space.find(None, dataclasses.replace(TUTORIAL, name="mine", architecture="cnn")).stem == "cnn"
    with pytest.raises(BadRecipe, match=r"there is no packaged space for 'mine', only for: ann-tutorial, cnn\. Write"):
        search_space.find(None, dataclasses.replace(TUTORIAL, name="mine"))
    with pytest.raises(BadRecipe, match=r"ann-tutorail does not exist; .* Did you mean 'ann-tutorial'"):
        search_space.find("ann-tutorail", TUTORIAL)


def test_every_way_to_write_a_setting() -> None:
    table = {
        "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
        "batch_size": [64, 128],
        "hidden": {"low": 16, "high": 70, "step": 16},
        "standardise": {"choices": [True, False]},
        "augmentation": {"rotation": {"low": 0, "high": 20}},
        "augmentation.shear": {"low": 0, "high": 0.25, "step": 0.1},
    }
    assert search_space.from_table(table) == (
        Dimension("learning_rate", low=0.001, high=0.1, log=True),
        Dimension("batch_size", choices=(64, 128)),
        Dimension("hidden", integer=True, low=16, high=64, step=16),
        Dimension("standardise", choices=(True, False)),
        Dimension("augmentation.rotation", low=0.0, high=20.0),
        Dimension("augmentation.shear", low=0.0, high=0.2, step=0.1),
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "the space is empty"),
        ({"lerning_rate": [1, 2]}, "lerning_rate is not a parameter .* Did you mean 'learning_rate'"),
        ({"rotation": [1, 2]}, "Did you mean 'augmentation.rotation'"),
        ({"augmentation": {"rotatoin": [1, 2]}}, "Did you mean 'augmentation.rotation'"),
        ({"zzz": [1, 2]}, "zzz is not a parameter .* Choose from: "),
        ({"seed": [1, 2]}, "seed must not vary .* a lucky seed"),
        ({"n_validation": [100, 200]}, "n_validation must not vary"),
        ({"split_seed": [1, 2]}, "split_seed must not vary"),
        ({"stages": [1, 2]}, "stages must not vary"),
        ({"epochs": 3}, "epochs is 3; expected a range or choices"),
        ({"epochs": {"low": 1}}, "epochs has no high"),
        ({"epochs": {"lo": 1, "high": 2}}, "epochs has 'lo'; .* Did you mean 'low'"),
        ({"epochs": {"low": 5, "high": 5}}, "epochs goes from 5 to 5"),
        ({"epochs": {"low": 0, "high": 5}}, "epochs: low is 0; expected 1 to 10000"),
        ({"epochs": {"low": 1, "high": 2.5}}, "epochs: high is 2.5; expected a whole number"),
        ({"epochs": {"low": 1, "high": 9, "step": 0.5}}, "epochs: step is 0.5; expected a whole number from 0 to 8"),
        ({"epochs": [3]}, "epochs has choices .3.; expected a list of two or more"),
        ({"epochs": [3, 3]}, "expected each once"),
        ({"epochs": [3, "many"]}, "epochs is 'many'; expected a whole number"),
        ({"epochs": {"choices": [1, 2], "low": 1}}, "epochs has choices and low"),
        ({"augmentation.rotation": {"low": 0, "high": 90}}, "augmentation.rotation: high is 90; expected 0 to 45"),
        ({"learning_rate": {"low": 1e-3, "high": 1e-1, "log": "yes"}}, "log is 'yes'; expected true or false"),
        ({"dropout": {"low": 0, "high": 0.5, "log": True}}, "dropout is log and starts at 0"),
        ({"dropout": {"low": 0.1, "high": 0.5, "log": True, "step": 0.1}}, "dropout has log and step"),
        ({"dropout": {"low": 0.1, "high": 0.5, "step": 0.7}}, "step is 0.7; expected a number from 0 to 0.4"),
        ({"schedule": {"low": 1, "high": 2}}, "schedule is not a number"),
        ({"schedule": ["constant", "one-cycle"]}, "schedule is 'one-cycle'; .* Did you mean 'one_cycle'"),
    ],
)
def test_wrong_spaces_are_refused_in_a_sentence(table: dict[str, object], message: str) -> None:
    with pytest.raises(BadRecipe, match=message):
        search_space.from_table(table)


@pytest.mark.parametrize(
    ("table", "objective", "error", "message"),
    [
        (
            {"label_smoothing": {"low": 0, "high": 0.1}},
            "loss",
            BadRecipe,
            "label_smoothing softens .* --judge acc",
        ),
        ({"nondigits": {"low": 0.1, "high": 0.2}}, "loss", BadRecipe, "nondigits is 0.1, but the architecture 'ann'"),
        (
            {"batch_size": [64, 10_000]},
            "loss",
            BadRecipe,
            "batch_size goes up to 10000; there are 5000",
        ),
        ({"architecture": ["ann", "cmn"]}, "loss", UnknownName, "unknown architecture 'cmn'"),
        ({"start": ["", "runs/nowhere"]}, "loss", InklingError, "runs/nowhere is not a folder"),
    ],
)
def test_what_no_trial_could_do_is_said_at_once(
    *,
    table: dict[str, object],
    objective: str,
    error: type[Exception],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        search_space.check(search_space.from_table(table), dataclasses.replace(TUTORIAL, n_train=5000), objective)


def test_what_suits_only_one_of_several_architectures_may_vary() -> None:
    table = {"architecture": ["ann", "cnn"], "label_smoothing": {"low": 0, "high": 0.1}}
    search_space.check(search_space.from_table(table), TUTORIAL, "accuracy")


def test_a_trials_recipe_is_the_recipe_with_its_settings() -> None:
    plan = SweepPlan(
        TUTORIAL, search_space.from_table({"epochs": [3, 9], "augmentation.rotation": {"low": 0, "high": 20}})
    )
    made = plan.trial_recipe(7, {"epochs": 9, "augmentation.rotation": 4.5})
    assert (made.name, made.epochs, made.augmentation.rotation) == ("ann-tutorial-7", 9, 4.5)
    assert made.learning_rate == TUTORIAL.learning_rate
    assert (plan.max_epochs, plan.grace_epochs) == (9, 3)
    assert plan.recipe_values() == {"epochs": 5, "augmentation.rotation": 0.0}


def test_paths_in_a_recipe_are_made_whole_and_names_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "first").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    made = plans.with_absolute_paths(recipes.with_values(TUTORIAL, {"start": "runs/first", "teacher.name": "cnn"}))
    assert (made.start, made.teacher.name) == (str(tmp_path / "runs" / "first"), "cnn")


def test_with_patience_the_best_epoch_is_kept_else_the_last() -> None:
    rows = [{"val_loss": loss, "val_accuracy": part} for loss, part in ((0.3, 0.9), (0.2, 0.8), (0.4, 0.7))]
    assert plans.kept_row(rows, patience=0) == rows[2]
    assert plans.kept_row(rows, patience=1) == rows[1]
    plan = SweepPlan(TUTORIAL, (), objective="accuracy")
    assert (plan.value(rows[1]), plan.cost(plan.value(rows[1]))) == (0.8, pytest.approx(0.2))


def test_a_folder_reads_back_as_its_plan_and_is_not_overwritten(tmp_path: Path) -> None:
    text = "batch_size = [64, 128]\n"
    plan = SweepPlan(
        TUTORIAL, search_space.from_table({"batch_size": [64, 128]}), trials=7, seed=3, objective="accuracy"
    )
    folder = tmp_path / "sweep"
    plans.create(folder, plan, text)
    assert plans.load(folder) == plan
    with pytest.raises(BadRecipe, match="already contains a sweep; continue it with --resume"):
        plans.create(folder, plan, text)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(BadRecipe, match="is not empty"):
        plans.create(tmp_path / "full", plan, text)
    with pytest.raises(BadRecipe, match="is not the folder of a sweep"):
        plans.load(tmp_path / "full")


def test_one_sweep_at_a_time_works_in_a_folder(tmp_path: Path) -> None:
    with plans.locked(tmp_path), pytest.raises(Busy, match="another sweep"), plans.locked(tmp_path):
        pass
    with plans.locked(tmp_path):
        pass


@pytest.mark.parametrize("missing", sorted(sweep.NEEDED))
def test_a_missing_extra_is_one_sentence(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(MissingExtra, match=f"make install-{sweep.NEEDED[missing]}"):
        sweep.check(Resources())


def test_more_cores_than_there_are_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_session, "cores_here", lambda: 4)
    ray_session.check(Resources(cores=2, at_once=2))
    with pytest.raises(BadRequest, match="--cores is 5; this machine has 4"):
        ray_session.check(Resources(cores=5))
    with pytest.raises(BadRequest, match="3 trials at once with 2 cores each need 6; this machine has 4"):
        ray_session.check(Resources(cores=2, at_once=3))


def test_a_cluster_that_does_not_answer_is_said_at_once() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound but not listening, so nothing answers
        port = held.getsockname()[1]
        with pytest.raises(Unreachable, match=f"no Ray cluster answers at 127.0.0.1:{port}"):
            ray_session.check(Resources("127.0.0.1:" + str(port)))
    for wrong in ("ray://head:10001", "head", ":6379", "head:port"):
        with pytest.raises(BadRequest, match="expected auto or HOST:PORT"):
            ray_session.check(Resources(wrong))
    ray_session.check(Resources("auto", cores=1000))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no recipe is given"),
        (["ann-tutorail"], "Did you mean 'ann-tutorial'"),
        (["ann-tutorial", "--space", "nowhere.toml"], "nowhere.toml does not exist"),
        (["ann-tutorial", "--resume", "x"], "--resume continues with the sweep's own plan"),
        (["--resume", "nowhere"], "nowhere is not the folder of a sweep"),
        (["ann-tutorial", "--set", "epochs=0"], "epochs is 0; expected 1 to 10000"),
    ],
)
def test_the_command_refuses_in_a_sentence(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(cli.group, ["sweep", *arguments])
    assert done.exit_code == 1
    assert isinstance(done.exception, InklingError)
    assert message in str(done.exception)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2 h", 7200), ("0", None), ("soon", None)]
)
def test_times(text: str, seconds: float | None) -> None:
    import click

    from inkling.cli.sweep import _parse_duration, command

    context, option = click.Context(command), next(p for p in command.params if p.name == "time_limit_s")
    if seconds is None:
        with pytest.raises(click.BadParameter, match="is not a duration; expected one such as 90s"):
            _parse_duration(context, option, text)
    else:
        assert _parse_duration(context, option, text) == seconds


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (MemoryError(), "out of memory"),
        (BadRecipe("batch_size is 9; lower it."), "batch_size is 9; lower it."),
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
    ],
)
def test_whatever_goes_wrong_in_a_trial_is_reported_as_its_failure(
    trouble: Exception, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*asked: object, callbacks: train.Callbacks, **options: object) -> None:
        callbacks.on_epoch({"epoch": 1, "val_loss": 0.5, "val_accuracy": 0.8})
        raise trouble

    monkeypatch.setattr(trial_process, "limit_threads", lambda cores: None)
    monkeypatch.setattr(train, "train", broken)
    nothing = np.zeros((0, 28, 28), np.uint8)
    heard: list[dict[str, object]] = []
    trial_process.run(recipes.to_table(TUTORIAL), Mnist(nothing, nothing, nothing, nothing), heard.append, cores=1)
    assert [row.get("val_loss") for row in heard] == [0.5, None]
    assert heard[-1]["failed"] == told


def test_trials_have_no_test_images_and_travel_whole(tmp_path: Path) -> None:
    full = Mnist(*(np.ones((3, 28, 28), np.uint8),) * 4)
    assert len(trial_process.without_test(full).x_test) == len(trial_process.without_test(full).y_test) == 0
    run = tmp_path / "run"
    (run / "bundle").mkdir(parents=True)
    for name in (*trial_process.PACKED[:-1], "bundle/model.tflite", "checkpoint.npz"):
        (run / name).write_bytes(name.encode() * 1000)
    target = tmp_path / "kept"
    target.mkdir()
    (target / "old").touch()
    trial_process.unpack(trial_process.pack(run), target)
    found = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert found == {*trial_process.PACKED[:-1], "bundle/model.tflite"}
    assert (target / "history.csv").read_bytes() == b"history.csv" * 1000
