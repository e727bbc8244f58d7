"""The benchmarks' numbers -> Markdown for a page in docs, each block between its two marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from inkling.errors import BadData

Numbers = dict[str, Any]


def with_block(page: str, name: str, block: str) -> str:
    """The page with one block replaced. Raises BadData when it has no such block."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise BadData(f"the page has no block {begin} ... {end}; the table goes there. Add the two lines.")
    return f"{before}{begin}\n{block}\n{end}{after}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is words and whose others are numbers."""
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def rate(value: float | None, interval: Sequence[float] | None = None, *, places: int = 1) -> str:
    """A rate as per cent with its interval below; a dash when there is none."""
    if value is None:
        return "-"
    low_high = "" if interval is None else f" <br> {interval[0]:.{places}%} to {interval[1]:.{places}%}"
    return f"**{value:.{places}%}**{low_high}"


def others(numbers: Numbers) -> str:
    """Sets by readers; then what the road loses."""
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
    rows.append(["time of one core for an MNIST digit", *(f"{f['cpu_ms']:,.1f} ms" if f else "-" for f in largest)])
    lost = [
        [f"`{name}`", f"{each['n']:,}", rate(each["direct"], each["direct_95"], places=2),
         rate(each["road"], each["road_95"], places=2), f"{each['points_lost']:.2f}", str(each["not_one_digit"])]
        for name, each in numbers["fidelity"].items()
    ]  # fmt: skip
    head = ["MNIST test", "images", "as tiles", "as pictures, whole road", "points lost", "not read as one digit"]
    return f"{markdown(['read right', *heads], rows)}\n\n{markdown(head, lost)}"


def strangers(numbers: Numbers) -> str:
    """Each kind of stranger, then each set of digits, for every model."""
    parts = []
    for name, rates in numbers["models"].items():
        rows = []
        for kind, each in rates["strangers"].items():
            areas = [each["auroc"].get(score) for score in ("not_digit", "softmax", "energy")]
            cells = ["-" if area is None else f"{area:.4f}" for area in areas]
            shares = [rate(each[key], each[f"{key}_95"]) for key in ("accepted", "text_given", "read_surely")]
            rows.append([f"{kind} ({each['n']:,})", *cells, *shares])
        head = [f"`{name}`, reject_at {rates['reject_at']:.3g}", "AUROC, not a digit", "confidence alone", "energy"]
        parts.append(markdown([*head, "accepted as a digit", "some text given", "read, nothing doubted"], rows))
        digits = [
            [f"{kind} ({each['n']:,})", *(rate(each[key], each[f"{key}_95"], places=2) for key in ("refused", "right"))]
            for kind, each in rates["digits"].items()
        ]
        parts.append(markdown([f"digits, `{name}`", "refused", "read right"], digits))
    hardest = [
        f"{name} ({each['accepted']:.0%})"
        for kind, names in next(iter(numbers["models"].values()))["names"].items()
        if kind != "look-alikes"
        for name, each in sorted(names.items(), key=lambda item: -item[1]["accepted"])[:5]
        if 0 < each["accepted"] < 1
    ]
    if hardest:
        parts.append(f"Most often taken for digits: {', '.join(hardest)}.")
    parts.append(f"Fonts: {', '.join(numbers['fonts']) or 'none'}.")
    return "\n\n".join(parts)


def calibration(numbers: Numbers) -> str:
    """What was given at 95 %, and on average."""
    rows = []
    for name, model in numbers["models"].items():
        for kind, each in model["sets"].items():
            near, high = each["near_95"], each["from_95"]
            rows.append(
                [f"`{name}`, {kind}", f"{each['n']:,}", f"{each['right']:.1%}", f"{each['confidence']:.1%}",
                 _of(near), _of(high)]
            )  # fmt: skip
    head = [
        "model and set",
        "given",
        "right",
        "mean confidence",
        "right of those at 93% to 97%",
        "right of those from 95%",
    ]
    return markdown(head, rows)


def memory(numbers: Numbers) -> str:
    """One row."""
    times = numbers["cpu_ms"]
    row = [
        f"`{numbers['model']['name']}`", f"{numbers['photos']}", f"{numbers['before_mb']:.0f} MB",
        f"{numbers['most_mb']:.0f} MB", f"{numbers['growth_mb']:.0f} MB", f"{times['median']:.0f} ms",
    ]  # fmt: skip
    return markdown(
        ["model", "photographs", "before", "at most", "growth once warm", "computing for one, median"], [row]
    )


def close(numbers: Numbers) -> str:
    """Ways to cut out by sizes."""
    found = {tuple(name.split(", ")): each for name, each in numbers["found"].items()}
    ways, sides = (list(dict.fromkeys(name[k] for name in found)) for k in (0, 1))
    head = [f"`{numbers['model']['name']}`, {numbers['digits']:,} digits, read right", *sides]
    return markdown(head, [[way, *(rate(found[way, side]["right"]) for side in sides)] for way in ways])


def hands(numbers: Numbers) -> str:
    """Models by ways to show a digit."""
    ways = ("on paper", "in boxes")
    head = [f"{len(numbers['fonts'])} fonts, {numbers['pictures']:,} digits, read right", *ways]
    return markdown(
        head, [[f"`{name}`", *(rate(each[way]["right"]) for way in ways)] for name, each in numbers["models"].items()]
    )


BLOCKS: dict[str, Callable[[Numbers], str]] = {
    "baselines": others,
    "tight_crops": close,
    "handwriting_fonts": hands,
    "out_of_distribution": strangers,
    "calibration": calibration,
    "memory": memory,
}
WITHOUT_FIGURE = ("tight_crops", "handwriting_fonts")


def _of(found: Numbers) -> str:
    return f"{rate(found['right'], found['right_95'])} <br> of {found['n']:,}" if found["n"] else "-"


def _mean(values: Iterable[float | None]) -> float | None:
    every = list(values)
    known = [value for value in every if value is not None]
    return sum(known) / len(known) if known and len(known) == len(every) else None
