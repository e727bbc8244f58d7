"""training.seeds: several seeds of one recipe, each evaluated once. Needs no TensorFlow."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadBundle, BadData, BadRecipe
from inkling.models import registry
from inkling.training import seeds
from inkling.training.data.mnist import Mnist

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def mnist(digits: Digits) -> Mnist:
    images, labels = digits
    return Mnist(images, labels, images, labels)


def make_run(folder: Path, *, seed: int, score: float | None = None, **changes: Any) -> Path:
    """A run of ann-tutorial with another seed; `score`: its accuracy on the test images, None if not evaluated."""
    shutil.copytree(registry.PACKAGED / "ann-tutorial", folder / "bundle")
    path = folder / "bundle" / "manifest.json"
    facts = json.loads(path.read_text())
    facts["recipe"] |= {"seed": seed, **changes}
    if score is None:
        del facts["scores"]["mnist-test"]
    else:
        facts["scores"]["mnist-test"]["accuracy"] = score
    path.write_text(json.dumps(facts))
    (folder / "environment.json").write_text(json.dumps({"train_seconds": 12.5, "cores": 2}))
    return folder


def test_mean_and_deviation_of_three(tmp_path: Path, mnist: Mnist) -> None:
    runs = [make_run(tmp_path / str(s), seed=s, score=score) for s, score in ((2, 0.99), (0, 0.98), (1, 0.985))]
    table = seeds.compare(runs, mnist, {"models": {"other": {"runs": []}}})
    assert set(table["models"]) == {"ann-tutorial", "other"}  # entries of other names stay
    found = table["models"]["ann-tutorial"]
    assert (found["n"], found["mean"], found["standard_deviation"]) == (3, 0.985, 0.005)
    assert [run["seed"] for run in found["runs"]] == [0, 1, 2]
    assert [run["accuracy"] for run in found["runs"]] == [0.98, 0.985, 0.99]
    assert "seed" not in found["recipe"]
    assert found["runs"][0].items() >= {"version": registry.find(runs[0]).version}.items()
    assert {"cores", "seconds"} == set(found["runs"][0]["training"])
    (line,) = seeds.lines(table, ["ann-tutorial"])
    assert line.startswith("ann-tutorial: mean 98.500% of 3, standard deviation 0.500 points (seed 0 98.00%")
    json.dumps(table)


def test_a_run_that_was_not_judged_is_judged_and_then_never_again(tmp_path: Path, mnist: Mnist) -> None:
    run = make_run(tmp_path / "run", seed=0)
    table = seeds.compare([run], mnist, {})
    (row,) = table["models"]["ann-tutorial"]["runs"]
    assert row["accuracy"] > 0.9
    assert row["accuracy"] * 200 == pytest.approx(round(row["accuracy"] * 200))
    assert table["models"]["ann-tutorial"]["standard_deviation"] is None
    unused: Any = None  # the test images, which are not used again
    assert seeds.compare([run], unused, table) == table


def test_runs_that_differ_otherwise_are_refused(tmp_path: Path, mnist: Mnist) -> None:
    one = make_run(tmp_path / "one", seed=0, score=0.98)
    augmentation = registry.find(one).manifest["recipe"]["augmentation"] | {"shear": 0.3}
    two = make_run(tmp_path / "two", seed=1, score=0.98, epochs=9, augmentation=augmentation)
    with pytest.raises(BadRecipe, match=r"differs from .* in epochs, augmentation.shear; expected runs of 'ann-"):
        seeds.compare([one, two], mnist, {})
    again = make_run(tmp_path / "again", seed=0, score=0.98)
    with pytest.raises(BadRecipe, match="have the seeds 0, 0; expected each seed once"):
        seeds.compare([one, again], mnist, {})
    with pytest.raises(BadBundle, match="has no readable manifest"):
        seeds.compare([tmp_path], mnist, {})


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"models": {"ann": {}}}'])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "seeds.json").write_text(content)
    with pytest.raises(BadData, match=r"is damaged .* Delete it"):
        seeds.read(tmp_path / "seeds.json")
    assert seeds.read(tmp_path / "none.json") == {}


@pytest.mark.slow
def test_the_command_refuses_what_is_no_run_in_one_sentence(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "inkling.training.seeds", str(tmp_path), "--out", str(tmp_path / "seeds.json")]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("seeds: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "seeds.json").exists()


def test_recipes_are_compared_by_pairs_of_runs_with_the_same_seed(tmp_path: Path, mnist: Mnist) -> None:
    runs = []
    for name, rates in (("plain", {0: 0.97, 1: 0.98, 2: 0.96}), ("better", {0: 0.973, 1: 0.982, 3: 0.5})):
        for seed, rate in rates.items():
            run = make_run(tmp_path / f"{name}-{seed}", seed=seed, score=0.9, name=name, n_validation=10_000)
            path = run / "bundle" / "manifest.json"
            facts = json.loads(path.read_text())
            facts["name"] = name
            facts["scores"]["mnist-validation"]["accuracy"] = rate
            path.write_text(json.dumps(facts))
            runs.append(run)
    (pair,) = seeds.compare(runs, mnist, {})["pairs"]
    assert (pair["models"], pair["n"], pair["n_validation"]) == (["better", "plain"], 2, 10_000)
    assert [each["difference"] for each in pair["differences"]] == [-0.003, -0.002]
    assert (pair["mean"], pair["standard_deviation"]) == (-0.0025, 0.000707)
    told = seeds.pair_in_words(pair)
    assert told.startswith(
        "The accuracy of `plain` is 0.25 points lower on 10,000 validation images than that of `better` (pairs of 2"
    )
