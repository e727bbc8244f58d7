"""Evaluate every packaged model; write docs/results.json, the tables of docs/networks.md and a sentence of README.md.

    python -m scripts.results [--real DIR]

Each folder in DIR with pictures named LABEL__anything is a data set of real handwriting for the whole pipeline. Without
--real, the scores of such folders are kept for models whose version has not changed. Needs MNIST: see
`inkling data fetch`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from benchmarks import markdown
from inkling import Reader
from inkling.errors import BadData, InklingError, NotFound
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import MAX_BATCH, Classifier
from inkling.training import evaluate
from inkling.training.data.mnist import Mnist, as_input, load_mnist
from inkling.training.report import measurements
from inkling.training.seeds import differences, pair_in_words
from inkling.training.seeds import read as read_seeds

ROOT = Path(__file__).parents[1]
RESULTS, PAGE, README, READ = (
    ROOT / "docs" / "results.json",
    ROOT / "docs" / "networks.md",
    ROOT / "README.md",
    ROOT / "benchmarks" / "serving" / "read.json",
)
SEEDS = ROOT / "docs" / "seeds.json"  # written by python -m inkling.training.seeds
MNIST_TEST, DEFAULT = "mnist-test", "cnn"
COMMAND = "python -m scripts.results"

Results = dict[str, Any]


def judge(found: Bundle, mnist: Mnist, folders: list[Path], *, progress: Progress) -> Results:
    """The facts about one model: size, time of the network alone, scores by data set."""
    model = Classifier(found)
    tiles = as_input(mnist.x_test[:MAX_BATCH])
    latency = measurements.measure_latency(model, tiles)
    scores = {MNIST_TEST: _kept(evaluate.evaluate_mnist(found, mnist))}
    facts = found.manifest
    reader = Reader(found.path)
    for folder in folders:
        task = progress.add_task(f"{found.name}: {folder.name}")

        def step(done: int, total: int, task: Any = task) -> None:
            progress.update(task, completed=done, total=total)

        scores[folder.name] = _kept(evaluate.evaluate_folder(reader, folder, progress=step))
        progress.remove_task(task)
    return {
        "version": found.version,
        "architecture": facts["architecture"],
        "parameters": facts["parameters"],
        "training": facts.get("training"),
        "difference_from_keras": facts["scores"].get(MNIST_TEST, {}).get("difference_from_keras"),
        "bytes": found.model_path.stat().st_size,
        "single_us": latency.single_us,
        "batch_us": latency.batch_us,
        "scores": scores,
    }


def real_folders(real: Path | None) -> list[Path]:
    """Folders in `real` with labeled pictures, by name. Raises NotFound if there are none."""
    if real is None:
        return []
    if not real.is_dir():
        raise NotFound(f"{real} is not a folder; expected a folder of folders of pictures. Check --real.")
    found = []
    for folder in sorted(path for path in real.iterdir() if path.is_dir()):
        try:
            evaluate.labelled_images(folder)
        except NotFound:
            continue
        found.append(folder)
    if not found:
        raise NotFound(f"{real} has no folder with pictures named like 7__anything.png; expected some. Check --real.")
    return found


def with_earlier(models: Results, earlier: Results) -> Results:
    """`models` with the earlier scores of data sets that were not evaluated now, for models of the same version."""
    together = {}
    for name, facts in models.items():
        before = earlier.get("models", {}).get(name, {})
        kept = before.get("scores", {}) if before.get("version") == facts["version"] else {}
        together[name] = {**facts, "scores": {**kept, **facts["scores"]}}
    return together


def table(results: Results) -> str:
    """results.json -> Markdown: a column per model, sorted by score on MNIST."""
    models = sorted(results["models"].items(), key=lambda item: float(item[1]["scores"][MNIST_TEST]["accuracy"]))
    names = [name for name, _ in models]
    sets = list(dict.fromkeys(each for _, facts in models for each in facts["scores"]))
    rows = []
    for each in sorted(sets, key=_order):
        found = [facts["scores"].get(each) for _, facts in models]
        rows.append(_score_row(each, found))
        refusing = [score.get("refusals_wrong") if score else None for score in found]
        if any(refusing):
            cells = [_rate(counted) if counted else "" for counted in refusing]
            rows.append(["the same, with refusals counted as errors", *cells])
    rows.append(["parameters", *[f"{facts['parameters']:,}" for _, facts in models]])
    rows.append(["model file", *[f"{facts['bytes'] / 1000:,.0f} KB" for _, facts in models]])
    rows.append(["latency of the network", *[f"{facts['single_us']:,.0f} \N{MICRO SIGN}s" for _, facts in models]])
    whole = results.get("read", {}).get("read_us", {})
    if any(name in whole for name in names):
        times = [f"{whole[name] / 1000:,.2f} ms" if name in whole else "" for name in names]
        rows.append(["latency from drawing to answer", *times])
    apart = [facts.get("difference_from_keras") for _, facts in models]
    if any(each is not None for each in apart):
        differ = ["" if each is None else f"{each:.0e}" for each in apart]
        rows.append(["maximum difference between LiteRT and Keras on the test images", *differ])
    if any(facts.get("training") for _, facts in models):
        rows.append(["training time", *[_time(facts.get("training")) for _, facts in models]])
    return markdown.table(["accuracy, with 95% interval", *[f"`{name}`" for name in names]], rows)


def seeds_table(seeds: Results) -> str:
    """seeds.json -> the scores of each recipe with several seeds, lowest mean first, and how the recipes differ."""
    models = sorted(seeds["models"].items(), key=lambda item: float(item[1]["mean"]))
    rows = []
    for name, facts in models:
        each = ", ".join(f"{run['accuracy']:.2%}" for run in facts["runs"])
        deviation = facts["standard_deviation"]
        spread = "" if deviation is None else f"{100 * deviation:.2f}"
        rows.append([f"`{name}`", str(facts["recipe"]["epochs"]), each, f"**{facts['mean']:.2%}**", spread])
    told = f"\n\n{_apart(models)}" if len(models) == 2 else ""
    told += "".join(f" {pair_in_words(pair)}" for pair in seeds.get("pairs", [])) if told else ""
    head = ["accuracy, MNIST test images", "epochs", "each seed", "mean", "standard deviation, points"]
    return markdown.table(head, rows) + told


def _apart(models: list[tuple[str, Results]]) -> str:
    """A sentence with the differences between two recipes, so that readers can verify that the comparison is fair."""
    (one, first), (other, second) = models
    names = [key for key in differences(first["recipe"], second["recipe"]) if key not in ("name", "about")]
    pairs = [f"{key} ({_at(first['recipe'], key)} and {_at(second['recipe'], key)})" for key in names]
    return f"The recipes of `{one}` and `{other}` differ only in {' and '.join(pairs) or 'nothing'}."


def _at(recipe: Results, key: str) -> Any:
    for part in key.split("."):
        recipe = recipe[part]
    return recipe


def _time(training: Results | None) -> str:
    if not training:
        return ""
    cores = f"{training['cores']} core{'s' if training['cores'] > 1 else ''}"
    seconds = float(training["seconds"])
    return f"{seconds:.0f} s on {cores}" if seconds < 100 else f"{seconds / 60:.0f} min on {cores}"


def tables(results: Results) -> str:
    """results.json -> the tables of docs/networks.md."""
    seeds = f"\n\n{seeds_table(results['seeds'])}" if "seeds" in results else ""
    return f"{table(results)}{seeds}"


def sentence(results: Results) -> str:
    """results.json -> the README's sentence about the default network."""
    scores = results["models"][DEFAULT]["scores"]
    others = [score for name, score in scores.items() if name != MNIST_TEST]
    elsewhere = ""
    if others:
        n, right = (sum(each) for each in zip(*[(s["n"], s["n"] * s["accuracy"]) for s in others], strict=True))
        elsewhere = f", and {right / n:.1%} of {n:,} pictures of other people's digits from {len(others)} sources"
    return (
        f"The default network correctly reads {scores[MNIST_TEST]['accuracy']:.2%} of MNIST's 10,000 test "
        f"images{elsewhere}. See [all networks](docs/networks.md) and [rows, forms, photographs](docs/benchmark.md)."
    )


def read_results(path: Path = RESULTS) -> Results:
    """docs/results.json; {} if it does not exist. Raises BadData if it is damaged."""
    if not path.is_file():
        return {}
    try:
        results: Results = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadData(f"{path} is not JSON ({error}); expected the output of {COMMAND}. Delete it.") from error
    return results


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--real", type=Path, metavar="DIR", help="a folder of folders of real handwriting")
    try:
        run(parser.parse_args().real)
    except InklingError as error:
        sys.exit(f"results: {error}")


def run(real: Path | None) -> None:
    """Evaluate the models, then write results.json and the blocks of the pages."""
    folders, mnist, earlier = real_folders(real), load_mnist(), read_results()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        models = {}
        for name, found in registry.packaged().items():
            models[name] = judge(found, mnist, folders, progress=progress)
    results: Results = {
        "written_by": COMMAND + (" --real DIR" if real else ""),
        "machine": {"processor": platform.machine(), "system": platform.system(), "cores": os.cpu_count()},
        "models": with_earlier(models, earlier),
    }
    if READ.is_file():
        results["read"] = json.loads(READ.read_text("utf-8"))
    if SEEDS.is_file():
        results["seeds"] = read_seeds(SEEDS)
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(RESULTS.relative_to(ROOT))
    markdown.write_blocks(PAGE, {"results": tables(results)})
    markdown.write_blocks(README, {"accuracy": sentence(results)})
    print("docs/networks.md, README.md")


def _kept(report: Results) -> Results:
    return {key: report[key] for key in ("n", "accuracy", "accuracy_95", "refusals_wrong") if key in report}


def _order(name: str) -> tuple[bool, str]:
    return name != MNIST_TEST, name


def _rate(score: Results) -> str:
    low, high = score["accuracy_95"]
    return f"**{score['accuracy']:.2%}** <br> {low:.1%} to {high:.1%}"


def _score_row(name: str, scores: list[Results | None]) -> list[str]:
    n = next(score["n"] for score in scores if score)
    cells = [_rate(score) if score else "" for score in scores]
    title = "MNIST test images" if name == MNIST_TEST else f"`{name}`"
    return [f"{title} ({n:,})", *cells]


if __name__ == "__main__":
    main()
