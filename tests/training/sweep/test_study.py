"""The study of a sweep without Ray: proposed and stopped trials, resuming, and the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inkling.errors import BadData
from inkling.training import recipe as recipes
from inkling.training.sweep import plan as plans
from inkling.training.sweep import results, search_space
from inkling.training.sweep.plan import Objective, SweepPlan

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]

SPACE = {
    "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "hidden": {"low": 16, "high": 256, "step": 16},
    "schedule": ["constant", "one_cycle"],
    "augmentation.rotation": {"low": 0, "high": 20},
}


def plan_of(*, trials: int = 20, objective: Objective = "loss", epochs: int = 4, seed: int = 0) -> SweepPlan:
    recipe = recipes.find("ann-tutorial", [f"epochs={epochs}"])
    return SweepPlan(recipe, search_space.from_table(SPACE), trials, seed, objective)


def row(epoch: int, loss: float) -> dict[str, float]:
    return {
        "epoch": epoch,
        "loss": loss,
        "accuracy": 1 - loss / 2,
        "val_loss": loss,
        "val_accuracy": 1 - loss / 2,
        "learning_rate": 0.01,
        "seconds": 1.0,
    }


def make(folder: Path, plan: SweepPlan):  # type: ignore[no-untyped-def]
    from inkling.training.sweep.study import open_study

    if not folder.exists():
        plans.create(folder, plan, "")
    return open_study(folder, plan)


def learn(study, losses: list[float]) -> int:  # type: ignore[no-untyped-def]
    """Runs a trial with these losses until the study stops it; returns its number."""
    number, _ = study.ask()
    (plans.trial_folder(study._folder, number) / "recipe.toml").write_text("", "utf-8")
    for epoch, loss in enumerate(losses[:-1], 1):
        if study.report(number, row(epoch, loss)):
            study.prune(number, "here")
            return int(number)
    study.finish(number, row(len(losses), losses[-1]), 0, "here")
    return int(number)


def test_the_recipe_itself_is_tried_first_and_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    plan = plan_of()
    one, other = make(tmp_path / "one", plan), make(tmp_path / "other", plan)
    first = [study.ask()[1] for study in (one, other)]
    assert first[0] == first[1] == plan.recipe_values()
    asked = [study.ask()[1] for study in (one, other) for _ in range(3)]
    assert asked[:3] == asked[3:]
    assert make(tmp_path / "third", plan_of(seed=1)).ask()[1] == plan.recipe_values()
    for settings in asked:
        assert all(each.contains(settings[each.name]) for each in plan.space)


def test_the_worse_of_two_is_not_hopeless_but_the_worse_two_of_three_are(tmp_path: Path) -> None:
    study = make(tmp_path / "sweep", plan_of())
    for losses in ([0.5, 0.4, 0.3, 0.2], [0.9, 0.8, 0.7, 0.6], [0.7, 0.6, 0.5, 0.4], [0.4, 0.3, 0.2, 0.1]):
        learn(study, losses)
    assert [(t.state, len(t.rows)) for t in study.trials()] == [
        ("finished", 3),  # the fourth epoch is only in the run folder
        ("finished", 3),
        ("stopped", 1),
        ("finished", 3),
    ]
    best = study.best()
    assert (best.number, best.value) == (3, 0.1)
    assert study.trials()[2].value == 0.7


def test_by_accuracy_high_is_good(tmp_path: Path) -> None:
    study = make(tmp_path / "sweep", plan_of(objective="accuracy"))
    for losses in ([0.5, 0.4], [0.3, 0.2], [0.9, 0.8]):
        learn(study, losses)
    best = study.best()
    assert (best.number, best.value) == (1, 0.9)
    assert study.trials()[2].state == "stopped"


def test_what_had_ended_stays_and_what_was_under_way_is_asked_again(tmp_path: Path) -> None:
    folder, plan = tmp_path / "sweep", plan_of(trials=4)
    study = make(folder, plan)
    learn(study, [0.5, 0.4])
    lost, settings = study.ask()
    study.report(lost, row(1, 0.3))
    failed, _ = study.ask()
    study.fail(failed, "diverged")
    before = study.trials()
    assert [t.state for t in before] == ["finished", "interrupted", "failed"]
    assert (study.n_left, study.n_running) == (2, 1)

    again = make(folder, plan)
    assert again.trials() == before
    assert (again.n_left, again.n_running) == (2, 0)
    assert again.ask() == (lost, settings)
    again.report(lost, row(1, 0.3))
    again.finish(lost, row(2, 0.2), 0, "there")
    number, new = again.ask()
    assert number == 3
    assert new not in [t.params for t in before]
    assert again.trial(lost).at_s >= before[0].at_s


def test_a_trial_begun_once_more_has_each_epoch_once(tmp_path: Path) -> None:
    study = make(tmp_path / "sweep", plan_of())
    number, _ = study.ask()
    for epoch in (1, 2, 1, 2, 3):
        study.report(number, row(epoch, 0.5))
    study.finish(number, row(4, 0.4), 0, "there")
    assert [each["epoch"] for each in study.trial(number).rows] == [1, 2, 3]  # the packed run's history has all four


def test_a_damaged_study_is_a_sentence(tmp_path: Path) -> None:
    make(tmp_path / "sweep", plan_of())
    (tmp_path / "sweep" / "study.db").write_bytes(b"not a database" * 100)
    with pytest.raises(BadData, match=r"study\.db cannot be opened .* Start in a new folder"):
        make(tmp_path / "sweep", plan_of())


@pytest.mark.parametrize("objective", ["loss", "accuracy"])
def test_the_page_tells_what_was_measured(tmp_path: Path, objective: Objective) -> None:
    from inkling.training.sweep import importance, sweep_page

    folder, plan = tmp_path / "sweep", plan_of(objective=objective)
    study = make(folder, plan)
    number, _ = study.ask()
    study.fail(number, "<b>out of memory</b>")
    found = importance.measure(study.frozen_trials(), plan)
    assert (found.shares, found.n) == ({}, 0)
    for _ in range(14):  # the loss depends only on the width of the hidden layer
        number, settings = study.ask()
        loss = 1 / settings["hidden"]
        (plans.trial_folder(folder, number) / "recipe.toml").write_text(f"# {number}\n", "utf-8")
        study.report(number, row(1, 2 * loss))
        study.finish(number, row(2, loss), 0, "here")
    learn(study, [0.9, 0.8])
    study.ask()
    found = importance.measure(study.frozen_trials(), plan)
    assert (found.n, found.epoch) == (14, 0)
    assert max(found.shares, key=lambda name: found.shares[name]) == "hidden"
    assert found.shares["hidden"] > 0.8

    best = study.best()
    (folder / "trials" / f"{best.number:04d}" / "bundle").mkdir()
    results.export_best(folder, best)
    text = sweep_page.write(folder, plan, study).read_text("utf-8")
    assert "17 trials: 14 finished, 1 stopped early, 1 failed, 1 interrupted." in text
    assert f"<h2>Best trial: {best.number}</h2>" in text
    assert len(re.findall("<svg", text)) == 2 + 1 + 1 + len(SPACE)
    assert "&lt;b&gt;out of memory&lt;/b&gt;" in text
    assert "<b>out" not in text
    assert ("validation error" if objective == "accuracy" else "validation loss") in text

    results.write_csv(folder / "trials.csv", plan, study.trials())
    lines = (folder / "trials.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith(
        "trial,state,epochs,val_loss,val_accuracy,learning_rate,hidden,schedule,augmentation.rotation,"
    )
    assert len(lines) == 18


def test_importance_falls_back_to_an_epoch_that_enough_have_reached(tmp_path: Path) -> None:
    from inkling.training.sweep import importance

    plan = plan_of(epochs=8)
    study = make(tmp_path / "sweep", plan)
    for k in range(12):
        number, settings = study.ask()
        for epoch in (1, 2, 3) if k % 2 else (1, 2):
            study.report(number, row(epoch, 1 / settings["hidden"]))
        study.prune(number, "here")
    found = importance.measure(study.frozen_trials(), plan)
    assert (found.n, found.epoch) == (12, 2)
    assert found.shares["hidden"] > 0.6
