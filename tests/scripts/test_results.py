"""scripts/results.py: the pages match docs/results.json, and running it again changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.progress import Progress

from benchmarks.markdown import with_block
from inkling.errors import BadData, NotFound
from inkling.models import registry
from inkling.training.data.mnist import Mnist
from scripts import results

Digits = tuple[np.ndarray, np.ndarray]

RESULTS = {
    "models": {
        "cnn": {
            "version": "aaa",
            "parameters": 251778,
            "bytes": 1_000_400,
            "single_us": 800.4,
            "training": {"seconds": 2460.0, "cores": 2},
            "difference_from_keras": 6.6e-07,
            "scores": {
                "semeion": {"n": 1593, "accuracy": 0.9, "accuracy_95": [0.88, 0.92]},
                "mnist-test": {
                    "n": 10000,
                    "accuracy": 0.9961,
                    "accuracy_95": [0.9947, 0.9972],
                    "refusals_wrong": {"refused": 9, "accuracy": 0.9955, "accuracy_95": [0.994, 0.9966]},
                },
            },
        },
        "ann": {
            "version": "bbb",
            "parameters": 101770,
            "bytes": 409720,
            "single_us": 7.6,
            "scores": {"mnist-test": {"n": 10000, "accuracy": 0.99, "accuracy_95": [0.9879, 0.9918]}},
        },
    },
    "read": {"read_us": {"cnn": 1234.5}},
}
TABLE = """\
| accuracy, with 95% interval | `ann` | `cnn` |
| --- | ---: | ---: |
| MNIST test images (10,000) | **99.00%** <br> 98.8% to 99.2% | **99.61%** <br> 99.5% to 99.7% |
| the same, with refusals counted as errors |  | **99.55%** <br> 99.4% to 99.7% |
| `semeion` (1,593) |  | **90.00%** <br> 88.0% to 92.0% |
| parameters | 101,770 | 251,778 |
| model file | 410 KB | 1,000 KB |
| latency of the network | 8 \N{MICRO SIGN}s | 800 \N{MICRO SIGN}s |
| latency from drawing to answer |  | 1.23 ms |
| maximum difference between LiteRT and Keras on the test images |  | 7e-07 |
| training time |  | 41 min on 2 cores |"""

SEEDS = {
    "models": {
        "ann": {
            "mean": 0.9925,
            "standard_deviation": 0.0003,
            "recipe": {"name": "ann", "epochs": 250, "dropout": 0.0, "augmentation": {"shear": 0.2}},
            "runs": [{"accuracy": 0.9922}, {"accuracy": 0.9928}],
        },
        "ann-dropout": {
            "mean": 0.991,
            "standard_deviation": None,
            "recipe": {"name": "ann-dropout", "epochs": 250, "dropout": 0.1, "augmentation": {"shear": 0.1}},
            "runs": [{"accuracy": 0.991}],
        },
    },
}
SEEDS_TABLE = """\
| accuracy, MNIST test images | epochs | each seed | mean | standard deviation, points |
| --- | ---: | ---: | ---: | ---: |
| `ann-dropout` | 250 | 99.10% | **99.10%** |  |
| `ann` | 250 | 99.22%, 99.28% | **99.25%** | 0.03 |

The recipes of `ann-dropout` and `ann` differ only in dropout (0.1 and 0.0) and augmentation.shear (0.1 and 0.2)."""


def test_the_pages_show_what_results_json_says() -> None:
    found = results.read_results()
    assert found, "write it: make results"
    blocks = {results.PAGE: ("results", results.tables(found)), results.README: ("accuracy", results.sentence(found))}
    for path, block in blocks.items():
        page = path.read_text("utf-8")
        assert page == with_block(page, *block), "update it: make results"


def test_results_json_is_of_the_packaged_bundles() -> None:
    models = results.read_results()["models"]
    assert set(models) == set(registry.packaged()), "update it: make results"
    for name, found in registry.packaged().items():
        assert models[name]["version"] == found.version, "update it: make results"
        score, expected = models[name]["scores"]["mnist-test"], found.manifest["scores"]["mnist-test"]
        assert score.items() >= {key: expected[key] for key in score if key in expected}.items()
        assert ("refusals_wrong" in score) == found.can_refuse


def test_the_table() -> None:
    assert results.table(RESULTS) == TABLE


def test_the_table_of_seeds() -> None:
    assert results.seeds_table(SEEDS) == SEEDS_TABLE
    assert results.tables(RESULTS | {"seeds": SEEDS}) == f"{TABLE}\n\n{SEEDS_TABLE}"
    alone = {"models": {"ann": SEEDS["models"]["ann"]}}
    assert "differ" not in results.seeds_table(alone)


def test_results_json_holds_the_seeds_that_were_judged() -> None:
    if results.SEEDS.is_file():
        kept = results.read_results().get("seeds")
        assert kept == json.loads(results.SEEDS.read_text()), "update it: make results"


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (None, ""),
        ({"seconds": 5.4, "cores": 1}, "5 s on 1 core"),
        ({"seconds": 600.0, "cores": 2}, "10 min on 2 cores"),
    ],
)
def test_training_time_in_words(training: dict[str, float] | None, words: str) -> None:
    assert results._time(training) == words


def test_the_sentence_of_the_readme() -> None:
    sets = {
        "mnist-test": {"n": 10_000, "accuracy": 0.9964},
        "a": {"n": 100, "accuracy": 0.9},
        "b": {"n": 300, "accuracy": 1.0},
    }
    assert results.sentence({"models": {"cnn": {"scores": sets}}}).startswith(
        "The default network correctly reads 99.64% of MNIST's 10,000 test images, and 97.5% of 400 pictures of other "
        "people's digits from 2 sources. "
    )
    alone = results.sentence({"models": {"cnn": {"scores": {"mnist-test": sets["mnist-test"]}}}})
    assert "other people" not in alone


def test_earlier_scores_stay_only_for_the_same_version() -> None:
    score = {"n": 1, "accuracy": 1.0, "accuracy_95": [0.2, 1.0]}
    fresh = {"cnn": {"version": "aaa", "scores": {"mnist-test": score}}, "ann": {"version": "new", "scores": {}}}
    together = results.with_earlier(fresh, RESULTS)
    assert set(together["cnn"]["scores"]) == {"mnist-test", "semeion"}
    assert together["cnn"]["scores"]["mnist-test"] == score
    assert together["ann"]["scores"] == {}
    assert results.with_earlier(fresh, {}) == fresh


def test_judging_a_model_on_mnist_and_on_pictures(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").mkdir()
    for i in range(10):
        Image.fromarray(255 - images[i]).resize((112, 112)).save(tmp_path / "folder" / f"{labels[i]}__{i}.png")
    folders = results.real_folders(tmp_path)
    assert [folder.name for folder in folders] == ["folder"]
    found = registry.find("ann-tutorial")
    with Progress(disable=True) as progress:
        facts = results.judge(found, Mnist(images, labels, images, labels), folders, progress=progress)
    assert facts["version"] == found.version
    assert facts["bytes"] == found.model_path.stat().st_size
    assert {name: score["n"] for name, score in facts["scores"].items()} == {"mnist-test": 200, "folder": 10}
    assert facts["scores"]["folder"]["accuracy"] >= 0.8
    assert 0 < facts["batch_us"] < facts["single_us"]
    json.dumps(facts)


def test_a_wrong_folder_is_one_sentence(tmp_path: Path) -> None:
    assert results.real_folders(None) == []
    with pytest.raises(NotFound, match="is not a folder"):
        results.real_folders(tmp_path / "nothing")
    with pytest.raises(NotFound, match="has no folder with pictures"):
        results.real_folders(tmp_path)


def test_damaged_results_are_one_sentence(tmp_path: Path) -> None:
    assert results.read_results(tmp_path / "none.json") == {}
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(BadData, match="is not JSON"):
        results.read_results(tmp_path / "bad.json")
