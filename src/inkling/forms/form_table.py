"""The CSV table of `inkling form read`."""

from __future__ import annotations

import csv
from pathlib import Path

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.sheet import added_up, sum_column, text_or_unknown
from inkling.batch.table import ENCODING, field_column, joined_to
from inkling.csv_cells import safe_cell, text_cell
from inkling.forms.filled import FilledForm
from inkling.forms.many import FilledPage
from inkling.forms.template import Sum, Template


class FormTable:
    """A CSV table with a row for each sheet, written while they are read; a file of its name is complete.

    source, page, status, reason, then for each field the text (NAME), the outcome (NAME_outcome) and the text as a
    spreadsheet shows it with its zeros (NAME_cell), then for each field with a roster the other columns of its number
    (NAME.COLUMN), then for each sum what its parts add up to (`TOTAL = PART + PART`). The text is exact, for programs,
    as `written` in `inkling.batch.table`.
    """

    def __init__(self, path: Path, template: Template) -> None:
        """Raises NotFound if it cannot be written."""
        check_writable(path)
        fields, self._sums = template.fields, template.sums
        names = [field.name for field in fields]
        self.path, self._names = path, names
        rosters = [(field.name, field.constraints.roster) for field in fields]
        self._joined = [(name, column) for name, roster in rosters if roster for column in roster.columns]
        self._file = partial_path(path).open("w", **ENCODING)
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
        outcomes, cells = ([field_column(name, each) for name in names] for each in ("outcome", "cell"))
        joined = [joined_to(name, column) for name, column in self._joined]
        sums = [sum_column(each.total, each.of) for each in self._sums]
        self._writer.writerow(["source", "page", "status", "reason", *names, *outcomes, *cells, *joined, *sums])

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
        try:
            self._writer.writerow(row)
            self._file.flush()
        except OSError as error:
            raise write_error(self.path, error) from error

    def finish(self) -> None:
        """Move the complete table to its path. Raises NotFound if that fails."""
        self._file.close()
        commit(self.path)

    def close(self) -> None:
        """Leave what is written of an unfinished table beside its path."""
        self._file.close()


def _added_up(each: Sum, filled: FilledForm) -> str:
    """What the parts of a sum add up to; "" where it is not known."""
    is_there = any(found.total == each.total for found in filled.sums)  # all of its fields are in the picture
    parts = added_up(text_or_unknown(filled[name].text, filled[name].outcome) for name in each.of) if is_there else None
    return "" if parts is None else str(parts)
