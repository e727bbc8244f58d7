"""START HERE: subjects and test images -> a folder with the report. The only module here that writes files.

report.html          one page that opens offline: style and figures are inside
report.md            the same in Markdown, with the figures beside it
report.json          every number
figures/*.png        tables/*.csv
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import matplotlib as mpl

from inkling.errors import InklingError
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report import figures, measurements, network_views, style, tables
from inkling.training.report.figures import Plate
from inkling.training.report.measurements import Measured
from inkling.training.report.subject import Subject

HERE = Path(__file__).parent
SECTIONS = (
    figures.Learning,
    figures.Mistakes,
    figures.Confidence,
    figures.Robustness,
    figures.InsideOf,
    figures.Images,
)
OVERVIEW = ("model", "accuracy", "accuracy_95", "parameters", "bytes", "single_us", "batch_us", "calibration_error")


@dataclass(frozen=True)
class Table:
    """A table as text."""

    title: str
    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Drawn:
    """A figure on disk."""

    plate: Plate
    file: str  # relative to the report's folder
    size_px: tuple[int, int]
    source: str  # as a data: URI


@dataclass(frozen=True)
class Section:
    """A heading with its figures and tables."""

    title: str
    model: str  # "" when it is about all of them
    plates: list[Drawn]
    tables: list[Table]

    @property
    def anchor(self) -> str:
        """For links within the page."""
        return "-".join(f"{self.title} {self.model}".lower().split())


def make(
    subjects: Sequence[Subject], mnist: Mnist, out: Path, *, tell: Callable[[str], None] = lambda what: None
) -> Path:
    """Measures, draws and writes the report of one or several models into `out`; returns its report.html.

    `tell` hears what comes next. Raises BadBundle for a network that does not run, MissingExtra without the `learn`
    extra, InklingError when `out` cannot be written.
    """
    found, own = [], []
    for subject in subjects:
        say = _saying(tell, subject.label)
        measured = measurements.measure(subject, mnist, tell=say)
        say("looking into the hidden layer")
        inside = network_views.look_inside(subject.bundle, as_input(measured.images[measured.subset]))
        found.append(measured)
        own.append(figures.of_one(measured, inside, mnist))
    try:
        (out / "figures").mkdir(parents=True, exist_ok=True)
        (out / "tables").mkdir(exist_ok=True)
        return write(found, own, out, tell=tell)
    except OSError as error:
        raise InklingError(
            f"{out} cannot be written ({error.strerror or error}); a report needs some 10 MB and the right to write. "
            "Make room or choose another --out."
        ) from error


def write(found: list[Measured], own: list[list[Plate]], out: Path, *, tell: Callable[[str], None]) -> Path:
    """Figures, tables and pages of what was measured. own: the plates of each model."""
    alone = len(found) == 1
    shared = figures.of_all(found)
    parts: list[tuple[str, list[Plate]]] = [("", own[0] + shared)] if alone else [("", shared)]
    if not alone:
        parts += [(m.subject.label, plates) for m, plates in zip(found, own, strict=True)]
    sections = []
    with mpl.rc_context(style.rc()):
        for model, plates in parts:
            for title in SECTIONS:
                chosen = [plate for plate in plates if plate.section == title]
                if chosen:
                    drawn = [_draw(plate, model, out, tell) for plate in chosen]
                    sections.append(Section(title, model, drawn, _tables(title, model, found)))
    tell("writing the page")
    for name, frame in tables.every(found).items():
        frame.to_csv(out / "tables" / f"{name}.csv", index=False)
    values = {"data": "mnist-test", "n": len(found[0].labels), "models": [m.to_json() for m in found]}
    (out / "report.json").write_text(json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    overview = Table("Overview", *tables.worded(tables.overview(found), OVERVIEW))
    told = {
        "title": " and ".join(", ".join(m.subject.label for m in found).rsplit(", ", 1)),
        "lead": lead(found),
        "facts": facts(found[0]) if alone else [],
        "overview": overview,
        "sections": sections,
        "about": about(found),
    }
    (out / "report.md").write_text(markdown(told), "utf-8")
    (out / "report.html").write_text(html(told), "utf-8")
    return out / "report.html"


def lead(found: Sequence[Measured]) -> str:
    """The first sentence of the page: who reads how well."""
    parts = []
    for m in sorted(found, key=lambda m: -m.summary["accuracy"]):
        low, high = m.summary["accuracy_95"]
        parts.append(f"{m.subject.label} reads {m.summary['accuracy']:.2%} (95% interval {low:.2%} to {high:.2%})")
    return f"Of {len(found[0].labels):,} MNIST test images, " + ", ".join(parts) + "."


def facts(found: Measured) -> list[tuple[str, str]]:
    """The few numbers of one model that come first: value and what it is."""
    wrong = len(found.labels) - int(found.confusion.trace())
    return [
        (f"{found.summary['accuracy']:.2%}", "of the test images read right"),
        (f"{wrong:,}", f"wrong of {len(found.labels):,}"),
        (f"{found.at_sure.coverage:.2%}", f"read surely, {found.at_sure.error:.2%} of them wrong"),
        (f"{int(found.subject.bundle.manifest.get('parameters', 0)):,}", f"parameters in {found.bytes / 1000:,.0f} KB"),
        (f"{found.latency.single_us:,.1f} \N{MICRO SIGN}s", "for one tile on one core"),
    ]


def about(found: Sequence[Measured]) -> list[str]:
    """How the numbers came to be, for the foot of the page."""
    return [
        "The network alone is judged, as it runs (LiteRT), on images that were used for nothing else. "
        "Intervals are Wilson's; calibration error has 15 bins (Guo et al. 2017).",
        f"Times are medians on one core of the machine that wrote this, which may have been busy; a tile of many is "
        f"its share of a batch of {found[0].latency.batch}.",
        "Models: " + ", ".join(f"{m.subject.label} {m.subject.bundle.version}" for m in found) + ".",
    ]


def html(told: dict[str, Any]) -> str:
    """The page, style and figures inside."""
    loader = jinja2.FileSystemLoader(HERE)
    template = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "page.html"
    )
    return template.render(**told, css=(HERE / "page.css").read_text("utf-8")) + "\n"


def markdown(told: dict[str, Any]) -> str:
    """The same in Markdown; figures by file."""
    lines = [f"# {told['title']}", "", told["lead"], "", *_markdown_table(told["overview"])]
    model = ""
    for section in told["sections"]:
        if section.model != model:
            model = section.model
            lines += [f"## {model}", ""]
        lines += [f"{'###' if section.model else '##'} {section.title}", ""]
        for drawn in section.plates:
            lines += [
                f"![{drawn.plate.title}]({drawn.file})",
                "",
                f"**{drawn.plate.title}.** {drawn.plate.caption}",
                "",
            ]
        for table in section.tables:
            lines += [f"**{table.title}**", "", *_markdown_table(table)]
    lines += ["---", "", *[line for text in told["about"] for line in (text, "")]]
    return "\n".join(lines).rstrip() + "\n"


def _draw(plate: Plate, model: str, out: Path, tell: Callable[[str], None]) -> Drawn:
    name = f"{model}-{plate.name}".strip("-")
    tell(f"drawing {name}")
    file = f"figures/{name}.png"
    figure, ax = style.blank(plate.size_in, plate.title)
    plate.draw(ax)
    colours = {"compress_level": 9}
    figure.savefig(out / file, dpi=style.DPI, metadata={"Software": None}, pil_kwargs=colours)
    content = (out / file).read_bytes()
    width, height = (round(side * style.DPI) for side in plate.size_in)
    source = "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    return Drawn(plate, file, (width, height), source)


def _tables(title: str, model: str, found: Sequence[Measured]) -> list[Table]:
    named = ("model",) if len(found) > 1 else ()
    if title == figures.Confidence and not model:
        columns = (*named, "sure_at", "coverage", "error", "error_95")
        return [Table("What sure_at decides", *tables.worded(tables.coverage(found), columns))]
    if title == figures.Robustness:
        columns = (*named, "distortion", "level", "accuracy", "accuracy_95")
        return [Table("Accuracy at each level", *tables.worded(tables.robustness(found), columns))]
    return []


def _markdown_table(table: Table) -> list[str]:
    rule = ["---" if k == 0 else "---:" for k in range(len(table.headings))]
    return ["| " + " | ".join(row) + " |" for row in (table.headings, rule, *table.rows)] + [""]


def _saying(tell: Callable[[str], None], label: str) -> Callable[[str], None]:
    return lambda what: tell(f"{label}: {what}")
