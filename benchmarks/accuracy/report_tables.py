"""The tables of docs/benchmark.md: one function per JSON file, which converts its numbers to Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks.common import ROOT, Numbers, read_json
from benchmarks.markdown import rate, table

PAGE = ROOT / "docs" / "benchmark.md"


def baselines(numbers: Numbers) -> str:
    """Accuracy by set and reader, CPU time, and the accuracy loss of the pipeline."""
    sets = numbers["sets"]
    readers = list(dict.fromkeys(name for each in sets.values() for name in each["readers"]))
    versions = numbers["versions"]
    heads = [f"{name} {versions[name]}" if not name.startswith(("inkling", "tutorial")) else name for name in readers]
    rows = []
    for name, each in sets.items():
        found = [each["readers"].get(reader) for reader in readers]
        rows.append([f"{name} ({each['n']:,})", *(rate(f and f["right"], f and f["right_95"]) for f in found)])
    singles = [each for each in sets.values() if not each["rows"]]
    means = [_mean(each["readers"].get(reader, {}).get("right") for each in singles) for reader in readers]
    rows.append(["mean over the sets of single digits", *(rate(mean) for mean in means)])
    largest = [max(singles, key=lambda each: int(each["n"]))["readers"].get(reader) for reader in readers]
    rows.append(["CPU time per MNIST digit", *(f"{f['cpu_ms']:,.1f} ms" if f else "-" for f in largest)])
    lost = [
        [f"`{name}`", f"{each['n']:,}", rate(each["direct"], each["direct_95"], places=2),
         rate(each["pipeline"], each["pipeline_95"], places=2), f"{each['points_lost']:.2f}",
         str(each["not_one_digit"])]
        for name, each in numbers["fidelity"].items()
    ]  # fmt: skip
    head = ["MNIST test", "images", "as tiles", "as images, whole pipeline", "points lost", "not read as one digit"]
    return f"{table(['read correctly', *heads], rows)}\n\n{table(head, lost)}"


def out_of_distribution(numbers: Numbers) -> str:
    """For every model, a table of the out-of-distribution kinds and one of the sets of digits.

    Then the characters and drawings most often accepted as digits, and the fonts.
    """
    parts = []
    for name, model in numbers["models"].items():
        rows = []
        for kind, each in model["out_of_distribution"].items():
            areas = [each["auroc"].get(score) for score in ("not_digit", "softmax", "energy")]
            cells = ["-" if area is None else f"{area:.4f}" for area in areas]
            shares = [rate(each[key], each[f"{key}_95"]) for key in ("accepted", "text_given", "read_surely")]
            rows.append([f"{kind} ({each['n']:,})", *cells, *shares])
        head = [f"`{name}`, reject_at {model['reject_at']:.3g}", "AUROC, not a digit", "softmax", "energy"]
        parts.append(table([*head, "accepted as a digit", "some text read", 'outcome "read"'], rows))
        digits = [
            [f"{kind} ({each['n']:,})", *(rate(each[key], each[f"{key}_95"], places=2) for key in ("refused", "right"))]
            for kind, each in model["digits"].items()
        ]
        parts.append(table([f"digits, `{name}`", "refused", "read correctly"], digits))
    hardest = [
        f"{name} ({each['accepted']:.0%})"
        for kind, names in next(iter(numbers["models"].values()))["names"].items()
        if kind != "look-alikes"
        for name, each in sorted(names.items(), key=lambda item: -item[1]["accepted"])[:5]
        if 0 < each["accepted"] < 1
    ]
    if hardest:
        parts.append(f"Most often accepted as digits: {', '.join(hardest)}.")
    parts.append(f"Fonts: {', '.join(numbers['fonts']) or 'none'}.")
    return "\n\n".join(parts)


def calibration(numbers: Numbers) -> str:
    """Accuracy at a confidence near 95 %, at 95 % or more, and on average."""
    rows = [
        [f"`{name}`, {kind}", f"{each['n']:,}", f"{each['right']:.1%}", f"{each['confidence']:.1%}",
         _of(each["near_95"]), _of(each["from_95"])]
        for name, model in numbers["models"].items() for kind, each in model["sets"].items()
    ]  # fmt: skip
    head = ["model and set", "digits or texts", "correct", "mean confidence"]
    return table([*head, "correct at 93% to 97% confidence", "correct from 95% confidence"], rows)


def memory(numbers: Numbers) -> str:
    """A table with one row: memory and time for the photographs."""
    row = [
        f"`{numbers['model']['name']}`", f"{numbers['photos']}", f"{numbers['before_mb']:.0f} MB",
        f"{numbers['most_mb']:.0f} MB", f"{numbers['growth_mb']:.0f} MB", f"{numbers['cpu_ms']['median']:.0f} ms",
    ]  # fmt: skip
    head = ["model", "photographs", "before", "peak", "growth after warm-up", "median CPU time per photograph"]
    return table(head, [row])


def tight_crops(numbers: Numbers) -> str:
    """Accuracy for each kind of crop, by size."""
    found = {tuple(name.split(", ")): each for name, each in numbers["found"].items()}
    kinds, sides = (list(dict.fromkeys(name[k] for name in found)) for k in (0, 1))
    head = [f"`{numbers['model']['name']}`, {numbers['digits']:,} digits, read correctly", *sides]
    return table(head, [[kind, *(rate(found[kind, side]["right"]) for side in sides)] for kind in kinds])


def handwriting_fonts(numbers: Numbers) -> str:
    """Accuracy of each model, on paper and in boxes."""
    columns = ("on paper", "in boxes")
    head = [f"{len(numbers['fonts'])} fonts, {numbers['pictures']:,} digits, read correctly", *columns]
    models = numbers["models"].items()
    return table(head, [[f"`{name}`", *(rate(each[column]["right"]) for column in columns)] for name, each in models])


def paper(numbers: Numbers) -> str:
    """Tables of the sets of numbers on paper, the kinds in each, other readers, and pages without a number."""
    head = ["digits exact", "with signs", "rows", 'called "read"', "of these correct", "CPU time"]
    shown = {name: each["all"] for name, each in numbers["sets"].items()} | {"all": numbers["all"]}
    parts = [table([f"`{numbers['model']['name']}`", *head], [_paper_row(*each) for each in shown.items()])]
    boxes = numbers["sets"]["boxes"]["kinds"]
    kinds, captures = (list(dict.fromkeys(name.split(", ")[i] for name in boxes)) for i in (0, 1))
    rows = [[kind, *(rate(boxes[f"{kind}, {capture}"]["exact"]) for capture in captures)] for kind in kinds]
    parts.append(table(["eight digits in boxes, exact", *captures], rows))
    others = [_paper_row(f"{name}: {kind}", each) for name in ("ruled", "signs", "forms", "photos", "plain")
              for kind, each in numbers["sets"][name]["kinds"].items()]  # fmt: skip
    parts.append(table(["other kinds", *head], others))
    if "beside" in numbers:
        readers = list(next(iter(numbers["beside"].values()))["readers"])
        rows = [[f"{name} ({each['n']})", *(rate(each["readers"].get(reader)) for reader in readers)]
                for name, each in numbers["beside"].items()]  # fmt: skip
        parts.append(table(["a sample of each set, digits exact", *readers], rows))
        parts.append("The other readers read only digits, each with its best settings, as above; rows are joined.")
    rows = [[kind, *(str(each["outcomes"].get(outcome, 0)) for outcome in ("read", "unsure", "not_digit", "empty")),
             f"{each['most_ms']:,} ms", f"{each['most_mb']} MB"]
            for kind, each in numbers["not_numbers"].items()]  # fmt: skip
    head = ['"read"', '"unsure"', '"not_digit"', '"empty"', "CPU time, maximum", "memory, maximum"]
    return "\n\n".join([*parts, table(["pages without a number", *head], rows)])


def _paper_row(name: str, found: Numbers) -> list[str]:
    shares = (
        rate(found.get(key), found.get(f"{key}_95")) for key in ("exact", "written", "rows", "read", "read_right")
    )
    return [f"{name} ({found['n']:,})", *shares, f"{found['median_ms']:.0f} ms"]


def attribution(numbers: Numbers) -> str:
    """The drop in the lead by explanation, the largest first."""
    drops = sorted(numbers["drops"].items(), key=lambda item: -float(item[1]["points"]))
    rows = [[name, f"{each['points']:.2f}", f"{each['standard_error']:.2f}"] for name, each in drops]
    return table([f"explanation of `{numbers['model']['name']}`", "drop in points", "standard error"], rows)


TABLES: dict[str, Callable[[Numbers], str]] = {
    each.__name__: each
    for each in (
        baselines,
        paper,
        tight_crops,
        handwriting_fonts,
        out_of_distribution,
        calibration,
        attribution,
        memory,
    )
}


def numbers_of(name: str) -> Numbers:
    """The measurements for one table."""
    folder = "serving" if name == "memory" else "accuracy"
    return dict(read_json(ROOT / "benchmarks" / folder / f"{name}.json"))


def _of(found: Numbers) -> str:
    return f"{rate(found['right'], found['right_95'])} <br> of {found['n']:,}" if found["n"] else "-"


def _mean(values: Iterable[float | None]) -> float | None:
    every = list(values)
    known = [value for value in every if value is not None]
    return sum(known) / len(known) if known and len(known) == len(every) else None
