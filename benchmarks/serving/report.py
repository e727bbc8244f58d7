"""Write docs/serving.md, its figure, and the sentence in README.md from the JSON files in this folder.

python -m benchmarks.serving.report        (needs the learn extra, for Matplotlib)
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import markdown
from benchmarks.common import ROOT, Numbers, microseconds, read_json
from benchmarks.serving.baseline_servers import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
PAGE, FIGURE, README = ROOT / "docs" / "serving.md", ROOT / "docs" / "benchmark" / "servers.svg", ROOT / "README.md"
NOT_YET = "Not measured yet."
TRIAL = "These figures are from a short trial on a busy machine, not from a full run."


def current(numbers: Numbers) -> dict[str, Numbers]:
    """The servers that were measured with their current packages, the fastest first."""
    measured = numbers["servers"]
    same = [each.name for each in ALL if set(measured.get(each.name, {}).get("versions", ())) == set(each.packages)]
    return {name: measured[name] for name in sorted(same, key=lambda name: -float(measured[name]["per_s"]))}


def servers(numbers: Numbers) -> str:
    """A table with a row per server, the fastest first, then the machine and the method."""
    found = current(numbers)
    tutorial = found["tutorial"]["per_s"]
    absent = [each.name for each in ALL if each.name not in found]
    rows = [
        [
            f"**{name}** <br> {each['about']} <br> {_versions(each)}",
            f"{each['per_s']:,.0f}", times(each["per_s"], tutorial), f"{each['p50_ms']:.1f} ms",
            f"{each['p99_ms']:.0f} ms", f"{each['memory_mb']:,.0f} MB", f"{each['start_s']:.2f} s",
            f"{each['size_mb']:,.0f} MB", f"{each['errors']:,}",
        ]
        for name, each in found.items()
    ]  # fmt: skip
    head = ["server", "requests/s", "vs. tutorial", "p50", "p99", "memory", "start to answer", "installed", "errors"]
    said = method(numbers) + (f" Not measured yet with current packages: {', '.join(absent)}." if absent else "")
    return f"{markdown.table(head, rows)}\n\n{said}"


def bodies(numbers: Numbers) -> str:
    """A table that compares three servers, with a row per body; then the machine and the method."""
    rows = []
    for name, each in numbers["bodies"].items():
        inkling, tutorial, fastapi = (each["per_s"][server] for server in ("inkling ann", "tutorial", "FastAPI"))
        rows.append([name, f"{each['bytes'] / 1000:,.0f} KB", f"{inkling:,.0f}", f"{tutorial:,.1f}", f"{fastapi:,.0f}",
                     times(inkling, tutorial), times(inkling, fastapi, 2)])  # fmt: skip
    head = ["body", "size", "inkling ann, requests/s", "tutorial", "FastAPI", "vs. tutorial", "vs. FastAPI"]
    return f"{markdown.table(head, rows)}\n\n{method(numbers)}"


def times(rate: float, other: float, places: int = 0) -> str:
    """The ratio of two rates as text; "-" if the other rate is 0, which is possible in a short trial."""
    return f"{rate / other:,.{places}f}x" if other else "-"


def method(numbers: Numbers) -> str:
    """A sentence about the machine and the rounds."""
    facts = numbers["machine"]
    how = (
        f"{numbers['rounds']} interleaved rounds of {numbers['seconds']} s, {numbers['connections']} connections, "
        f"{facts['cores']} cores ({facts['cpu']}), Python {facts['python']}; medians."
    )
    return f"{how} {TRIAL}" if numbers["quick"] else how


def _versions(each: Numbers) -> str:
    return ", ".join(f"{name} {version}" for name, version in each["versions"].items())


def soak(numbers: Numbers) -> str:
    """A table with a row per requirement."""
    from benchmarks.serving.soak.__main__ import PROGRAMS

    rows, tried = [], []
    for name, program in PROGRAMS.items():
        part = numbers["parts"].get(name)
        if part is None or name == "attacks":  # attacks have their own table
            continue
        tried += [name] if part["quick"] else []
        rows += [[what, bound, found, "yes" if good else "**no**"] for what, bound, found, good in program.checks(part)]
    table = markdown.table(["requirement", "limit", "result", "passed"], rows)
    return f"{table}\n\nFrom a short trial: {', '.join(tried)}. {TRIAL}" if tried else table


def attacks(numbers: Numbers) -> str:
    """A table with a row per attack: results of the regular client with and without the proxy, and server memory."""
    from benchmarks.serving.soak.attacks.kinds import ATTACKS
    from benchmarks.serving.soak.attacks.measurement import WAYS

    part = numbers["parts"].get("attacks")
    if part is None:
        return NOT_YET
    found = {(row["attack"], row["way"]): row for row in part["rows"]}
    rows = []
    for name in ("none", *ATTACKS):
        cells = [ATTACKS[name].what if name in ATTACKS else "no attack"]
        for way in WAYS:
            row = found[name, way]
            cells += [
                f"{row['answered']:,} of {row['requests']:,}",
                f"{row['p99_ms']:,.0f} ms",
                f"{row['memory_mb']:,} MB",
            ]
        rows.append(cells)
    head = ["attack", *(f"{way}: {what}" for way in WAYS for what in ("answered", "p99", "memory"))]
    said = f"{part['seconds']:.0f} s each; the memory limit is {part['memory_most_mb']:,} MB, by the formula below. "
    said += f"The load of the {part['machine']['cores']} cores before the test was {part['machine']['load_before']:g}."
    return f"{markdown.table(head, rows)}\n\n{said}" + (f" {TRIAL}" if part["quick"] else "")


def steps(numbers: Numbers) -> str:
    """A table of the in-process time of each step for one drawing, in microseconds."""
    rows = [[f"`{name}`", microseconds(each)] for name, each in numbers["steps_us"].items()]
    rest = {name: each - sum(numbers["steps_us"].values()) for name, each in numbers["read_us"].items()}
    rows += [[f"rows, network `{name}`, result", microseconds(rest[name])] for name in ("ann", "cnn") if name in rest]
    around = [each - numbers["read_us"][name] for name, each in numbers.get("request_us", {}).items()]
    if around:
        rows.append(
            ["rest of the request: routing, parameters, JSON, headers", microseconds(statistics.median(around))]
        )
    return markdown.table(["step", "microseconds"], rows)


def largest(numbers: Numbers) -> str:
    """A table of memory and time for the largest accepted image of each format and mode, the most memory first."""
    ordered = sorted(numbers["largest"].items(), key=lambda item: -float(item[1]["above_mb"]))
    rows = [
        [name, f"{each['side']}x{each['side']}", f"{each['kb']:,.0f} KB", f"{each['above_mb']:.0f} MB",
         f"{each['ms']} ms"]
        for name, each in ordered
    ]  # fmt: skip
    return markdown.table(["format", "largest accepted", "file", "memory", "time"], rows)


def pen_to_answer(numbers: Numbers) -> str:
    """A table of the time from a pen move to the painted answer, on the drawing page."""
    rows = [
        [name, f"{each['p50']:.0f} ms", f"{each['p95']:.0f} ms", f"{each['p99']:.0f} ms"]
        for name, each in numbers["pen_to_answer_ms"].items()
    ]
    return markdown.table(["network and drawing", "p50", "p95", "p99"], rows)


def lighthouse(numbers: Numbers) -> str:
    """A table of Lighthouse's scores, with a row for each page."""
    forms = list(next(iter(numbers["pages"].values())))
    scores = list(next(iter(numbers["pages"].values()))[forms[0]])
    rows = [
        [f"`{path}`", *(" / ".join(str(found[form][score]) for score in scores) for form in forms)]
        for path, found in numbers["pages"].items()
    ]
    said = f"Lighthouse {numbers['lighthouse']}: {', '.join(scores)}; the most is 100."
    return f"{markdown.table(['page', *forms], rows)}\n\n{said}"


def sentence(numbers: Numbers) -> str:
    """The README's sentence; empty after a trial, or if inkling was not measured with its current packages."""
    found = current(numbers)
    if numbers["quick"] or not {"inkling ann", "inkling cnn", "tutorial"} <= set(found):
        return ""
    ann, cnn, tutorial = (found[name] for name in ("inkling ann", "inkling cnn", "tutorial"))
    return (
        f"Two workers on {numbers['machine']['cores']} cores read {ann['per_s']:,.0f} drawings per second with `ann`, "
        f"and {cnn['per_s']:,.0f} with `cnn`. That is {ann['per_s'] / tutorial['per_s']:,.0f} and "
        f"{cnn['per_s'] / tutorial['per_s']:,.0f} times the rate of Flask with `model.predict`. The server uses "
        f"{cnn['memory_mb']:,.0f} MB and answers {cnn['start_s']:.1f} s after the start. See "
        "[comparisons, overload tests and attacks](docs/serving.md)."
    )


def draw(ax: Axes, numbers: Numbers) -> Axes:
    """Draw a bar per server, with its requests per second as length."""
    from inkling.training.report import style

    ordered = list(reversed(current(numbers).items()))
    most = max(each["per_s"] for _, each in ordered)
    for y, (name, each) in enumerate(ordered):
        colour = style.SERIES[0] if name.startswith("inkling") else style.BEFORE
        ax.barh(y, each["per_s"], 0.62, color=colour)
        words = f"{each['per_s']:,.0f}/s, p99 {each['p99_ms']:.0f} ms, {each['memory_mb']:,.0f} MB"
        ax.text(each["per_s"] + most / 80, y, words, va="center", color=style.QUIET)
    ax.set_yticks(range(len(ordered)), [name for name, _ in ordered], color=style.INK)
    ax.set_xlim(0, 1.75 * most)  # room for the words
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


def blocks() -> dict[str, str]:
    """The generated blocks of docs/serving.md by name."""
    parts = {
        "servers": (servers, "servers"),
        "bodies": (bodies, "bodies"),
        "attacks": (attacks, "soak"),
        "soak": (soak, "soak"),
        "steps": (steps, "read"),
        "largest": (largest, "memory"),
        "pen_to_answer": (pen_to_answer, "drawing_page"),
        "lighthouse": (lighthouse, "lighthouse"),
    }
    files = {name: (write, HERE / f"{file}.json") for name, (write, file) in parts.items()}
    return {name: write(read_json(file)) if file.is_file() else NOT_YET for name, (write, file) in files.items()}


def main() -> None:
    from inkling.training.report import themed_svg

    numbers = read_json(HERE / "servers.json")
    markdown.write_blocks(PAGE, blocks())
    FIGURE.write_text(themed_svg.to_svg(lambda ax: draw(ax, numbers), (8.6, 3.6)), "utf-8")
    markdown.write_blocks(README, {"servers": sentence(numbers)})
    print("docs/serving.md, docs/benchmark/servers.svg, README.md")


if __name__ == "__main__":
    main()
