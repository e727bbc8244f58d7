"""training.recipe: valid recipes read back unchanged; errors name the parameter, its range and its value."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from inkling.errors import BadRecipe, UnknownName
from inkling.training import recipe
from inkling.training.architectures import ARCHITECTURES
from inkling.training.recipe import Augmentation, Recipe, Teacher

MINIMAL = {"name": "x", "architecture": "ann"}


@pytest.mark.parametrize("name", sorted(recipe.packaged()))
def test_packaged_recipes_are_valid_named_as_their_file_and_read_back(name: str, tmp_path: Path) -> None:
    read = recipe.find(name)
    assert read.name == name
    assert read.about.endswith(".")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml(read), "utf-8")
    assert recipe.find(path) == read


def test_every_recipe_that_the_contract_names_is_packaged() -> None:
    assert {"ann-tutorial", "ann", "ann-dropout", "cnn"} <= set(recipe.packaged())


def test_defaults_and_tables() -> None:
    read = recipe.from_table({**MINIMAL, "augmentation": {"rotation": 3}, "teacher": {"name": "cnn"}})
    assert read == Recipe("x", "ann", augmentation=Augmentation(rotation=3.0), teacher=Teacher(name="cnn"))
    assert isinstance(read.augmentation.rotation, float)
    assert not read.augmentation.is_none
    assert recipe.from_table(MINIMAL).augmentation.is_none


def test_text_with_quotes_reads_back(tmp_path: Path) -> None:
    odd = dataclasses.replace(recipe.from_table(MINIMAL), about='a "quoted" \\ line\nand another')
    (tmp_path / "r.toml").write_text(recipe.to_toml(odd), "utf-8")
    assert recipe.find(tmp_path / "r.toml") == odd


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epocs": 3}, "epocs is not a parameter .* Did you mean 'epochs'"),
        ({"zzz": 3}, "zzz is not a parameter .* Choose from: name"),
        ({"epochs": 0}, "epochs is 0; expected 1 to 10000"),
        ({"epochs": -1}, "epochs is -1; expected 1 to 10000"),
        ({"standardise": 1}, "standardise is 1; expected true or false"),
        ({"standardise": "yes"}, "standardise is 'yes'; expected true or false"),
        ({"epochs": 2.5}, "epochs is 2.5; expected a whole number"),
        ({"epochs": True}, "epochs is True; expected a whole number"),
        ({"epochs": "many"}, "epochs is 'many'; expected a whole number"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'; expected a number"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; expected"),
        ({"dropout": 1.0}, "dropout is 1.0; expected 0 to 0.9"),
        ({"schedule": "one-cycle"}, "schedule is 'one-cycle'; expected one of .* Did you mean 'one_cycle'"),
        ({"optimizer": 3}, "optimizer is 3; expected a string"),
        ({"augmentation": 3}, "augmentation is 3; expected a table"),
        ({"augmentation": {"rotate": 3}}, "augmentation.rotate is not .* Did you mean 'rotation'"),
        ({"augmentation": {"rotation": 90}}, "augmentation.rotation is 90; expected 0 to 45"),
        ({"nondigits": 0.2}, "nondigits is 0.2, but the architecture 'ann' does not use it; expected 0.0"),
        ({"dropout": 0.2}, "dropout is 0.2, but the architecture 'ann' does not use it"),
        ({"architecture": "cnn", "hidden": 64}, "hidden is 64, but the architecture 'cnn' does not use it"),
        ({"texts": {"signs": 0.1}}, "texts.signs is 0.1, but the architecture 'ann' does not use it"),
        ({"lines": 1000}, "lines is 1000 and architecture is 'ann'; expected 0"),
        ({"architecture": "line"}, "lines is 0 and architecture is 'line'; expected a number"),
        ({"architecture": "line", "lines": 1000, "augmentation": {"noise": 0.1}}, "augmentation.noise is 0.1, but"),
        ({"augmentation": {"ragged": 0.1}}, "augmentation.ragged is 0.1 and augmentation.coarse is 0"),
        ({"augmentation": {"enlarged": 0.5}}, "augmentation.enlarged is 0.5 and augmentation.coarse is 0"),
        ({"stages": 3}, "stages is 3; expected tables"),
        ({"stages": [{"seed": 3}]}, "seed is set in .*the same in all stages"),
        ({"stages": [{"epoch": 3}]}, "epoch is not a parameter .* Did you mean 'epochs'"),
        ({"stages": [{"epochs": 0}]}, "epochs is 0; expected 1"),
        ({"stages": [{"augmentation": {"rotation": 90}}]}, "augmentation.rotation is 90"),
        ({"stages": [{"keep": 0.5}]}, "keep is 0.5, but start is empty"),
        ({"stages": [{}], "patience": 3}, "patience is set, and so is stages"),
        ({"name": ""}, "name is ''"),
        ({"name": "a/b"}, "name is 'a/b'; expected a word"),
    ],
)
def test_wrong_recipes_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadRecipe, match=message):
        recipe.from_table({**MINIMAL, **change})


def test_missing_and_unknown_names() -> None:
    with pytest.raises(BadRecipe, match="architecture is missing"):
        recipe.from_table({"name": "x"})
    with pytest.raises(UnknownName, match=r"unknown architecture 'cmn'.*Did you mean 'cnn'"):
        recipe.from_table({"name": "x", "architecture": "cmn"})
    with pytest.raises(UnknownName, match=r"unknown recipe 'ann-tutorail'.*Did you mean 'ann-tutorial'"):
        recipe.find("ann-tutorail")
    with pytest.raises(BadRecipe, match="does not exist"):
        recipe.find("some/where.toml")


def test_broken_toml(tmp_path: Path) -> None:
    for content in (b"name = ", b"\xff\xfe"):
        (tmp_path / "r.toml").write_bytes(content)
        with pytest.raises(BadRecipe, match="not readable TOML"):
            recipe.find(tmp_path / "r.toml")


def test_overrides() -> None:
    read = recipe.find(
        "tiny",
        ["epochs=7", "schedule=cosine", 'name="mine"', "augmentation.shear=0.2", "teacher.name=cnn"],
    )
    assert (read.epochs, read.schedule, read.name) == (7, "cosine", "mine")
    assert (read.augmentation.shear, read.teacher.name) == (0.2, "cnn")


def test_stages_override_the_rest_and_read_back(tmp_path: Path) -> None:
    stages = [{"epochs": 2}, {"epochs": 3, "augmentation": {"shear": 0.2}, "keep": 0.5}]
    read = recipe.from_table({**MINIMAL, "augmentation": {"rotation": 5}, "stages": stages})
    first, second = recipe.stages_of(read)
    assert (first.epochs, first.augmentation.shear, first.keep, first.stages) == (2, 0, 0, ())
    assert (second.epochs, second.augmentation.shear, second.augmentation.rotation, second.keep) == (3, 0.2, 5, 0.5)
    assert recipe.n_epochs(read) == 5
    (tmp_path / "r.toml").write_text(recipe.to_toml(read), "utf-8")
    assert recipe.find(tmp_path / "r.toml") == read
    assert recipe.stages_of(recipe.from_table(MINIMAL)) == [recipe.from_table(MINIMAL)]


def test_a_value_that_stages_set_is_not_overridden_without_effect() -> None:
    with pytest.raises(BadRecipe, match=r"epochs is set by the recipe's stages"):
        recipe.find("line", ["epochs=3"])
    with pytest.raises(BadRecipe, match=r"texts.signs is set by the recipe's stages"):
        recipe.with_values(recipe.find("line"), {"texts.signs": 0.1})
    assert recipe.n_epochs(recipe.find("line", ["stages=[{epochs=3}]", "learning_rate=0.01"])) == 3


def test_a_choice_of_true_or_false_is_set_and_reads_back(tmp_path: Path) -> None:
    read = recipe.find("tiny", ["standardise=true"])
    assert read.standardise is True
    (tmp_path / "r.toml").write_text(recipe.to_toml(read), "utf-8")
    assert recipe.find(tmp_path / "r.toml") == read


@pytest.mark.parametrize("override", ["epochs", "=3", "epochs.more=3", "epoch=3", "epochs=", "augmentation=none"])
def test_wrong_overrides_are_refused(override: str) -> None:
    with pytest.raises(BadRecipe):
        recipe.find("tiny", [override])


def test_every_architecture_says_what_it_is() -> None:
    for architecture in ARCHITECTURES.values():
        assert architecture.about.endswith(".")
        assert architecture.max_parameters > 0
