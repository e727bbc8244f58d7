"""How much scores depend on the seed: evaluates runs of a recipe with several seeds on the test images.

    python -m inkling.training.seeds RUN ... [--out docs/seeds.json]

Runs with the same name must differ only in their seed. Versions that the file already has are not evaluated again, and
the file's entries for other names stay. Recipes are compared in pairs of runs with the same seed, on the validation
images that both held out; for an important comparison, train with `--set n_validation=10000`. `make results` copies the
results to docs/networks.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from inkling.errors import BadData, BadRecipe, InklingError
from inkling.models import registry
from inkling.models.bundle import MNIST_TEST, Bundle
from inkling.training import checkpoint, evaluate, package
from inkling.training.data.mnist import Mnist, load_mnist

OUT = Path("docs") / "seeds.json"
COMMAND = "python -m inkling.training.seeds RUN..."
KEPT = ("accuracy", "cross_entropy_calibrated", "calibration_error_calibrated")

Table = dict[str, Any]


def compare(runs: Sequence[Path], mnist: Mnist, earlier: Table) -> Table:
    """The contents of seeds.json for these runs, with the entries of `earlier` for other names.

    Raises BadBundle for a folder without a bundle and BadRecipe for runs that differ in more than their seed.
    """
    known = {run["version"]: run for model in earlier.get("models", {}).values() for run in model["runs"]}
    groups: dict[str, list[Bundle]] = {}
    for path in runs:
        found = registry.find(Path(path))
        groups.setdefault(found.name, []).append(found)
    models = dict(earlier.get("models", {}))
    for name, group in groups.items():
        recipe = common_recipe(group)
        rows = [known.get(each.version) or judge(each, mnist) for each in group]
        models[name] = {**spread(rows), "recipe": recipe, "runs": sorted(rows, key=lambda row: int(row["seed"]))}
    models = dict(sorted(models.items()))
    return {"written_by": COMMAND, "data": MNIST_TEST, "models": models, "pairs": pairs(models)}


def pairs(models: Table) -> list[Table]:
    """Compares every two recipes that held out the same images and share at least two seeds.

    The differences are, by seed, the second recipe's accuracy on those images minus the first's.
    """
    found = []
    for one, other in itertools.combinations(models, 2):
        recipes = models[one].get("recipe", {}), models[other].get("recipe", {})
        if any(recipes[0].get(key) != recipes[1].get(key) for key in ("n_validation", "split_seed")):
            continue
        rates = [{run["seed"]: run["validation_accuracy"] for run in models[name]["runs"]} for name in (one, other)]
        apart = {seed: round(rates[1][seed] - rates[0][seed], 6) for seed in rates[0] if seed in rates[1]}
        if len(apart) > 1:
            found.append(
                {
                    "models": [one, other],
                    "n_validation": recipes[0]["n_validation"],
                    "differences": [{"seed": seed, "difference": difference} for seed, difference in apart.items()],
                    "n": len(apart),
                    "mean": round(statistics.fmean(apart.values()), 6),
                    "standard_deviation": round(statistics.stdev(apart.values()), 6),
                }
            )
    return found


def pair_in_words(pair: Table) -> str:
    """A pair's mean difference, its standard deviation and the number of images, as a sentence."""
    one, other = pair["models"]
    images = f"{pair['n_validation']:,} validation images"
    more = "higher" if pair["mean"] >= 0 else "lower"
    return (
        f"The accuracy of `{other}` is {100 * abs(pair['mean']):.2f} points {more} on {images} than that of "
        f"`{one}` (pairs of {pair['n']} seeds, standard deviation {100 * pair['standard_deviation']:.2f} points)."
    )


def common_recipe(found: Sequence[Bundle]) -> Table:
    """The common recipe of runs, without its seed. Raises BadRecipe when they differ in more or share a seed."""
    first, *others = [each.manifest["recipe"] for each in found]
    for each, other in zip(found[1:], others, strict=True):
        apart = [key for key in differences(first, other) if key != "seed"]
        if apart:
            raise BadRecipe(
                f"{each.path} differs from {found[0].path} in {', '.join(apart)}; expected runs of {each.name!r} that "
                "differ only in their seed. Train them with one recipe."
            )
    seeds = [each.manifest["recipe"]["seed"] for each in found]
    if len(set(seeds)) < len(seeds):
        raise BadRecipe(
            f"the runs of {found[0].name!r} have the seeds {', '.join(map(str, seeds))}; expected each seed once. "
            "Leave the repeated ones out."
        )
    return {key: value for key, value in first.items() if key != "seed"}


def differences(one: Table, other: Table) -> list[str]:
    """Keys in which two recipes differ, with dotted names inside tables, such as `augmentation.shear`."""
    apart = []
    for key in dict.fromkeys([*one, *other]):
        a, b = one.get(key), other.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            apart += [f"{key}.{inner}" for inner in differences(a, b)]
        elif a != b:
            apart.append(key)
    return apart


def judge(found: Bundle, mnist: Mnist) -> Table:
    """The scores of one run on the test images; evaluates it only if training or packaging has not."""
    facts = package.with_training(found)
    score = facts["scores"].get(MNIST_TEST) or evaluate.evaluate_mnist(found, mnist)
    validation = facts["scores"]["mnist-validation"]
    return {
        "seed": facts["recipe"]["seed"],
        "version": found.version,
        **{key: score[key] for key in KEPT},
        "validation_accuracy": validation["accuracy"],
        "validation_cross_entropy": validation["cross_entropy"],
        **({"training": facts["training"]} if "training" in facts else {}),
    }


def spread(rows: Sequence[Table]) -> Table:
    """Mean and sample standard deviation of the accuracy; the deviation of a single run is None."""
    rates = [float(row["accuracy"]) for row in rows]
    return {
        "n": len(rates),
        "mean": round(statistics.fmean(rates), 6),
        "standard_deviation": round(statistics.stdev(rates), 6) if len(rates) > 1 else None,
    }


def read(path: Path = OUT) -> Table:
    """The contents of seeds.json; {} if it does not exist. Raises BadData when it is damaged."""
    if not path.is_file():
        return {}
    try:
        table: Table = json.loads(path.read_text("utf-8"))
        _ = [run["version"] for model in table["models"].values() for run in model["runs"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadData(f"{path} is damaged ({error!r}); expected output of {COMMAND}. Delete it.") from error
    return table


def lines(table: Table, names: Iterable[str]) -> list[str]:
    """A summary for these names, one line each."""
    told = []
    for name in names:
        facts = table["models"][name]
        each = ", ".join(f"seed {run['seed']} {run['accuracy']:.2%}" for run in facts["runs"])
        about = f"mean {facts['mean']:.3%} of {facts['n']}"
        if facts["standard_deviation"] is not None:
            about += f", standard deviation {100 * facts['standard_deviation']:.3f} points"
        told.append(f"{name}: {about} ({each})")
    return told


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="seeds", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, default=OUT, help=f"default: {OUT}")
    arguments = parser.parse_args()
    try:
        table = compare(arguments.runs, load_mnist(), read(arguments.out))
        checkpoint.write_json(arguments.out, table)
    except InklingError as error:
        sys.exit(f"seeds: {error}")
    except OSError as error:
        sys.exit(f"seeds: {arguments.out} cannot be written ({error.strerror or error}); name another --out.")
    sys.stdout.write(
        "\n".join([*lines(table, table["models"]), *map(pair_in_words, table["pairs"]), str(arguments.out)]) + "\n"
    )


if __name__ == "__main__":
    main()
