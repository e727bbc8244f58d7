"""START HERE: writes a folder with the report on models and test images. The only module here that writes files.

report.html          one self-contained page that opens offline
report.md            the same page in Markdown, with links to the figures
report.json          every number
figures/*.png        tables/*.csv
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

from inkling import offline_page
from inkling.errors import InklingError
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report import measurements, network_views, report_figures, style, tables
from inkling.training.report.measurements import Measurements, Tell
from inkling.training.report.report_figures import CONFIDENCE, ROBUSTNESS, SECTIONS, FigureSpec
from inkling.training.report.shifted_digits import augmented_test_digits, digits_in_pictures
from inkling.training.report.subject import Subject

OVERVIEW = ("model", "accuracy", "accuracy_95", "parameters", "bytes", "single_us", "batch_us", "calibration_error")


@dataclass(frozen=True)
class Table:
    """A table of strings."""

    title: str
    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class SavedFigure:
    """A figure on disk."""

    title: str
    caption: str
    wide: bool
    file: str  # relative to the report's folder
    size_px: tuple[int, int]  # width, height
    data_uri: str


@dataclass(frozen=True)
class Section:
    """A heading with its figures and tables."""

    title: str
    model: str  # "" for a section about all models
    figures: list[SavedFigure]
    tables: list[Table]

    @property
    def anchor(self) -> str:
        """The section's id, for links within the page."""
        return "-".join(f"{self.title} {self.model}".lower().split())


def make_report(
    subjects: Sequence[Subject],
    mnist: Mnist,
    out: Path,
    *,
    pictures: Path | None = None,
    tell: Tell = lambda step: None,
) -> Path:
    """Measures one or several models, draws their figures, writes the report to `out` and returns the path of its page.

    `pictures` is a folder of labeled digits on which confidence is also checked; without it, augmented test digits are
    used. `tell` is called with a description of each step. Raises BadBundle for a network that does not run, NotFound
    for a folder without labeled digits, MissingExtra without the `learn` extra, InklingError when `out` cannot be
    written.
    """
    shifted = digits_in_pictures(pictures) if pictures else augmented_test_digits(mnist)
    found, own = [], []
    for subject in subjects:

        def tell_model(step: str, label: str = subject.label) -> None:
            tell(f"{label}: {step}")

        measured = measurements.measure(subject, mnist, shifted=shifted, tell=tell_model)
        tell_model("mapping the hidden layer")
        network = network_views.inspect_network(subject.bundle, as_input(measured.images[measured.subset]))
        found.append(measured)
        own.append(report_figures.model_figures(measured, network, mnist))
    try:
        (out / "figures").mkdir(parents=True, exist_ok=True)
        (out / "tables").mkdir(exist_ok=True)
        return write_report(found, own, out, tell=tell)
    except OSError as error:
        raise InklingError(
            f"{out} cannot be written ({error.strerror or error}); expected a writable folder with 10 MB of space. "
            "Make room or choose another --out."
        ) from error


def write_report(found: Sequence[Measurements], own: list[list[FigureSpec]], out: Path, *, tell: Tell) -> Path:
    """Writes figures, tables and pages about measured models. own: the figures about each model."""
    shared = report_figures.shared_figures(found)
    if len(found) == 1:
        parts = [("", own[0] + shared)]
    else:
        parts = [("", shared), *((m.subject.label, specs) for m, specs in zip(found, own, strict=True))]
    sections = []
    with mpl.rc_context(style.rc_params()):
        for model, specs in parts:
            for title in SECTIONS:
                saved = [_save(spec, model, out, tell) for spec in specs if spec.section == title]
                if saved:
                    sections.append(Section(title, model, saved, section_tables(title, model, found)))
    tell("writing the page")
    for name, frame in tables.all_tables(found).items():
        frame.to_csv(out / "tables" / f"{name}.csv", index=False)
    values = {"data": "mnist-test", "n": len(found[0].labels), "models": [m.to_json() for m in found]}
    (out / "report.json").write_text(json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    links = {section.model or section.anchor: (section.anchor, section.model or section.title)
             for section in reversed(sections)}  # fmt: skip
    page: dict[str, Any] = {
        "title": " and ".join(", ".join(m.subject.label for m in found).rsplit(", ", 1)),
        "lead": lead(found),
        "overview": Table("Overview", *tables.as_text(tables.overview(found), OVERVIEW)),
        "sections": sections,
        "about": about(found),
    }
    (out / "report.md").write_text("\n".join(markdown_lines(**page)) + "\n", "utf-8")
    html = offline_page.render(
        Path(__file__).with_suffix(".html"),
        styles=(offline_page.REPORT_CSS,),
        facts=facts(found[0]) if len(found) == 1 else [],
        links=list(links.values())[::-1],
        **page,
    )
    (out / "report.html").write_text(html, "utf-8")
    return out / "report.html"


def lead(found: Sequence[Measurements]) -> str:
    """The first sentence of the page: the accuracy of each model, best first."""
    parts = []
    for m in sorted(found, key=lambda m: -m.summary["accuracy"]):
        low, high = m.summary["accuracy_95"]
        parts.append(f"{m.subject.label} {m.summary['accuracy']:.2%} (95% interval {low:.2%} to {high:.2%})")
    return f"Accuracy on {len(found[0].labels):,} MNIST test images: " + ", ".join(parts) + "."


def facts(found: Measurements) -> list[tuple[str, str]]:
    """The key figures of one model: value and label."""
    wrong = len(found.labels) - int(found.confusion.trace())
    return [
        (f"{found.summary['accuracy']:.2%}", "accuracy on the test images"),
        (f"{wrong:,}", f"misread of {len(found.labels):,}"),
        (f"{found.at_sure.coverage:.2%}", f"sure, {found.at_sure.error:.2%} of these wrong"),
        (f"{int(found.subject.bundle.manifest.get('parameters', 0)):,}", f"parameters in {found.bytes / 1000:,.0f} KB"),
        (f"{found.latency.single_us:,.1f} \N{MICRO SIGN}s", "for one tile on one core"),
    ]


def about(found: Sequence[Measurements]) -> list[str]:
    """The footer of the page: how the numbers were measured."""
    return [
        "The scores are of the LiteRT network alone, without the rest of the pipeline. Evaluations on MNIST's test "
        "images so far, including this report: "
        + ", ".join(f"{m.subject.label} {m.subject.bundle.test_looks_in_words}" for m in found)
        + ". If you choose a network by its test score, that score is too optimistic; choose by validation images. "
        "Intervals are Wilson's; the calibration error uses 15 bins (Guo et al. 2017).",
        "Times are the shortest of many measurements on one core of the machine that wrote this report. The time per "
        f"tile in a batch is that of a batch of {found[0].latency.batch}, divided by its size.",
        "Models: " + ", ".join(f"{m.subject.label} {m.subject.bundle.version}" for m in found) + ".",
    ]


def section_tables(title: str, model: str, found: Sequence[Measurements]) -> list[Table]:
    """The tables below a section's figures."""
    named = ("model",) if len(found) > 1 else ()
    if title == CONFIDENCE and not model:
        columns = (*named, "sure_at", "coverage", "error", "error_95")
        shifted = (*named, "data", "accuracy", "calibration_error", "coverage", "error", "error_95")
        return [
            Table("Effect of sure_at", *tables.as_text(tables.coverage(found), columns)),
            Table("Confidence on other digits", *tables.as_text(tables.calibration(found), shifted)),
        ]
    if title == ROBUSTNESS:
        columns = (*named, "distortion", "level", "accuracy", "accuracy_95")
        return [Table("Accuracy at each level", *tables.as_text(tables.robustness(found), columns))]
    return []


def markdown_lines(
    *, title: str, lead: str, overview: Table, sections: Sequence[Section], about: Sequence[str]
) -> Iterator[str]:
    """The page in Markdown, with links to the figure files."""
    yield from (f"# {title}", "", lead, "", *_markdown_table(overview))
    model = ""
    for section in sections:
        if section.model != model:
            model = section.model
            yield from (f"## {model}", "")
        yield from (f"{'###' if section.model else '##'} {section.title}", "")
        for figure in section.figures:
            yield from (f"![{figure.title}]({figure.file})", "", f"**{figure.title}.** {figure.caption}", "")
        for table in section.tables:
            yield from (f"**{table.title}**", "", *_markdown_table(table))
    yield from ("---", "", "\n\n".join(about))


def _save(spec: FigureSpec, model: str, out: Path, tell: Tell) -> SavedFigure:
    name = f"{model}-{spec.name}".strip("-")
    tell(f"drawing {name}")
    path = out / "figures" / f"{name}.png"
    figure, ax = style.new_figure(spec.size_in, spec.title)
    spec.draw(ax)
    figure.savefig(path, dpi=style.DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 9})
    width, height = (round(side * style.DPI) for side in spec.size_in)
    uri = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    return SavedFigure(spec.title, spec.caption, spec.wide, f"figures/{path.name}", (width, height), uri)


def _markdown_table(table: Table) -> list[str]:
    rule = ["---" if k == 0 else "---:" for k in range(len(table.headings))]
    return ["| " + " | ".join(row) + " |" for row in (table.headings, rule, *table.rows)] + [""]
