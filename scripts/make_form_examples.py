"""Draw the two example forms, each as a PDF and its template: `python scripts/make_form_examples.py`.

Lengths are in millimeters on an A4 page; y points down. The same numbers define the drawing and the regions, so the two
agree. The files contain no date: the same version of Matplotlib writes the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from inkling.forms.template_parser import parse_template

FOLDER = Path(__file__).parents[1] / "src" / "inkling" / "forms" / "examples"
PAGE_MM = (210.0, 297.0)
PX_PER_MM = 6.0  # of the regions: 152 dpi
POINTS_PER_MM = 72 / 25.4

Box = tuple[float, float, float, float]  # x, y, w, h


@dataclass
class Drawing:
    """A drawn page and its regions."""

    name: str
    about: str
    figure: Figure = field(default_factory=lambda: Figure(figsize=(PAGE_MM[0] / 25.4, PAGE_MM[1] / 25.4)))
    regions: list[dict[str, Any]] = field(default_factory=list)
    sums: list[dict[str, Any]] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, mm: float = 4.0, bold: bool = False, align: str = "left") -> None:
        """Draw text whose baseline starts, ends or is centered at (x, y), as `align` says; `mm`: the font size."""
        weight = "bold" if bold else "normal"
        at = x / PAGE_MM[0], 1 - y / PAGE_MM[1]
        self.figure.text(*at, text, fontsize=mm * POINTS_PER_MM, weight=weight, ha=align, va="baseline")

    def line(self, x: float, y: float, length: float, *, mm: float = 0.3) -> None:
        """Draw a horizontal line to the right."""
        ends = [x / PAGE_MM[0], (x + length) / PAGE_MM[0]], [1 - y / PAGE_MM[1]] * 2
        self.figure.add_artist(Line2D(*ends, color="0.15", linewidth=mm * POINTS_PER_MM))

    def box(self, box: Box, *, mm: float = 0.35, fill: str = "none") -> None:
        """Draw a rectangle."""
        x, y, w, h = box
        at = x / PAGE_MM[0], 1 - (y + h) / PAGE_MM[1]
        style: dict[str, Any] = {"edgecolor": "0.15", "facecolor": fill, "linewidth": mm * POINTS_PER_MM}
        self.figure.add_artist(Rectangle(at, w / PAGE_MM[0], h / PAGE_MM[1], **style))

    def cells(self, box: Box, rows: int, columns: int) -> None:
        """Draw adjacent boxes that divide a box equally."""
        x, y, w, h = box
        for row in range(rows):
            for column in range(columns):
                self.box((x + column * w / columns, y + row * h / rows, w / columns, h / rows))

    def region(self, name: str, kind: str, box: Box, **known: Any) -> None:
        """Add a field to the template."""
        self.regions.append({"name": name, "kind": kind, "box": [round(side * PX_PER_MM) for side in box], **known})

    def save(self) -> None:
        """Write the PDF and the TOML file."""
        with mpl.rc_context({"pdf.compression": 9}):
            FigureCanvasPdf(self.figure).print_pdf(
                FOLDER / f"{self.name}.pdf", metadata={"CreationDate": None, "Producer": None, "Creator": "inkling"}
            )
        size = [round(side * PX_PER_MM) for side in PAGE_MM]
        data = {"name": self.name, "about": self.about, "blank": f"{self.name}.pdf", "size": size}
        data |= {"region": self.regions, "sum": self.sums}
        template = parse_template(data, FOLDER)
        (FOLDER / f"{self.name}.toml").write_text(template.to_toml(), "utf-8")


def exam() -> Drawing:
    """A cover sheet: a student number of eight digits, nine marks, their total, and a name that is not read."""
    page = Drawing("exam", "Cover sheet of an exam: student number, nine marks from 0 to 10, their total.")
    page.text(20, 26, "Written examination", mm=8, bold=True)
    page.text(20, 34, "Cover sheet. Fill it in by hand, in digits like those that you write every day.", mm=3.4)
    page.line(20, 38, 170, mm=0.8)
    for y, label in ((52, "Name"), (64, "Course")):
        page.text(20, y, label, mm=4)
        page.line(45, y + 1, 145)
    page.text(20, 79, "Student number", mm=4, bold=True)
    page.text(20, 84, "one digit in each box", mm=3)
    number: Box = (70, 72, 104, 14)
    page.cells(number, 1, 8)
    page.region("student_number", "comb", number, columns=8, length=8)
    left, top, row = 55.0, 104.0, 13.0
    for x, heading in ((left + 16, "Question"), (left + 50, "Most"), (left + 80, "Mark")):
        page.text(x, top - 3, heading, mm=3.6, bold=True, align="center")
    page.cells((left, top, 64, 9 * row), 9, 2)
    for i in range(9):
        page.text(left + 16, top + (i + 0.65) * row, f"{i + 1}", mm=5, align="center")
        page.text(left + 48, top + (i + 0.65) * row, "10", mm=5, align="center")
    marks: Box = (left + 64, top, 32, 9 * row)
    page.cells(marks, 9, 1)
    page.region("mark", "table", marks, rows=9, columns=1, pattern="[0-9]|10")
    total: Box = (left + 64, top + 9.5 * row, 32, 14)
    page.text(left + 58, top + 9.5 * row + 9, "Total", mm=5, bold=True, align="right")
    page.box(total, mm=0.8)
    page.region("total", "number", total, pattern="[0-9]|[1-8][0-9]|90")
    page.sums.append({"total": "total", "of": ["mark"]})
    page.text(20, 258, "Examiner: write a mark for every question, 0 where nothing was handed in, and their sum below.",
              mm=3.2)  # fmt: skip
    page.line(20, 264, 170)
    page.text(20, 270, "Keep this sheet flat and clean. Do not write in the margins. It is read by a machine.", mm=3)
    page.text(190, 270, "Form E 1", mm=3, align="right")
    return page


PARTIES = ("Apple", "Birch", "Cedar", "Daisy", "Elder", "Fern", "Gorse", "Hazel", "Invalid votes")


def tally() -> Drawing:
    """A tally sheet: a polling station with a check digit, the votes for eight lists, invalid votes, and the total."""
    page = Drawing("tally", "Tally sheet of a polling station: votes for eight lists, invalid votes, their total.")
    page.text(105, 24, "Result of the count", mm=7.5, bold=True, align="center")
    page.line(20, 29, 170, mm=0.8)
    page.text(20, 45, "Polling station", mm=4.2, bold=True)
    page.text(20, 50, "six digits, the last one checks the others", mm=3)
    station: Box = (100, 38, 66, 13)
    page.cells(station, 1, 6)
    page.region("station", "comb", station, columns=6, length=6, check="luhn")
    page.text(20, 66, "Votes", mm=5, bold=True)
    page.text(190, 66, "ones in the last box: boxes in front may stay empty", mm=3, align="right")
    top, row = 72.0, 17.0
    for i, party in enumerate(PARTIES):
        y = top + i * row
        page.text(26, y + 8.5, f"{i + 1}", mm=4.2, align="right")
        page.text(32, y + 8.5, party, mm=4.2)
        page.line(20, y + 14.5, 170, mm=0.15)
        votes: Box = (118, y, 44, 12.5)
        page.cells(votes, 1, 4)
        page.region(f"votes_{i + 1}", "comb", votes, columns=4)
    y = top + len(PARTIES) * row + 3
    page.text(32, y + 9, "Votes cast, all together", mm=4.6, bold=True)
    total: Box = (107, y, 55, 13)
    page.cells(total, 1, 5)
    page.region("total", "comb", total, columns=5)
    page.sums.append({"total": "total", "of": [f"votes_{i + 1}" for i in range(len(PARTIES))]})
    page.text(20, 257, "Chair", mm=4)
    page.line(35, 258, 60)
    page.text(105, 257, "Clerk", mm=4)
    page.line(120, 258, 70)
    page.text(20, 272, "Send this sheet to the returning officer before midnight.", mm=3)
    page.text(190, 272, "Form T 1", mm=3, align="right")
    return page


if __name__ == "__main__":
    for drawn in (exam(), tally()):
        drawn.save()
