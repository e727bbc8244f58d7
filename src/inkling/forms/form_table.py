"""The CSV table of `inkling form read`."""

from __future__ import annotations

from pathlib import Path

from inkling.batch.csv_file import CsvFile
from inkling.batch.csv_table import field_column, joined_to
from inkling.batch.form_status import added_up, sum_column, text_or_unknown
from inkling.csv_cells import safe_cell, text_cell
from inkling.forms.filled import FilledForm
from inkling.forms.filled_pages import FilledPage
from inkling.forms.template import Sum, Template


class FormTable(CsvFile):
    """A CSV table with a row for each sheet, written as sheets are read; moved to its path only when complete.

    Columns: source, page, status, reason; for each field the text (NAME), the outcome (NAME_outcome) and the text in a
    form that keeps leading zeros in spreadsheets (NAME_cell); for each field with a roster the roster's other columns
    for its number (NAME.COLUMN); for each sum the total of its parts (`TOTAL = PART + PART`). The text is exact, for
    programs, like `written` in `inkling.batch.csv_table`.
    """

    def __init__(self, path: Path, template: Template) -> None:
        """Raises NotFound if it cannot be written."""
        fields, self._sums = template.fields, template.sums
        self._names = names = [field.name for field in fields]
        rosters = [(field.name, field.constraints.roster) for field in fields]
        self._joined = [(name, column) for name, roster in rosters if roster for column in roster.columns]
        outcomes, cells = ([field_column(name, each) for name in names] for each in ("outcome", "cell"))
        joined = [joined_to(name, column) for name, column in self._joined]
        sums = [sum_column(each.total, each.of) for each in self._sums]
        super().__init__(path, ["source", "page", "status", "reason", *names, *outcomes, *cells, *joined, *sums])

    def add(self, page: FilledPage) -> None:
        """Write the row of a sheet. Raises NotFound if the disk is full."""
        head = {"source": page.source, "page": page.page, "status": page.filled.status, "reason": page.filled.reason}
        found = {field.name: field for field in page.filled.fields}
        row = [safe_cell(name, value) for name, value in head.items()]
        row += [found[name].text if name in found else "" for name in self._names]
        row += [found[name].outcome if name in found else "" for name in self._names]
        row += [text_cell(found[name].text) if name in found else "" for name in self._names]
        listed = (found[name].listed.get(column, "") if name in found else "" for name, column in self._joined)
        row += [safe_cell("", cell) for cell in listed]
        row += [_added_up(each, page.filled) for each in self._sums]
        self.write([row])


def _added_up(each: Sum, filled: FilledForm) -> str:
    """The total of the parts of a sum; "" if it is unknown."""
    is_there = any(found.total == each.total for found in filled.sums)  # all fields of the sum are in the picture
    parts = added_up(text_or_unknown(filled[name].text, filled[name].outcome) for name in each.of) if is_there else None
    return "" if parts is None else str(parts)
