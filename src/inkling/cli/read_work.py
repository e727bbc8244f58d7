"""The inputs of `inkling read` and `inkling form read`: the files named by the arguments, and their pages."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.errors import InklingError, NotFound

if TYPE_CHECKING:
    from inkling.batch.csv_table import ResultJson
    from inkling.batch.review_card import OpenImage
    from inkling.documents import Page, PagesByNumber
    from inkling.pipeline.decode import ImageSource

STDIN = "-"
MAX_NAMED = 5  # skipped files that a message names; the same as `batch.sources.MAX_NAMED`, which is slow to import


@dataclass
class Work:
    """The inputs, and what is known about them so far."""

    sources: list[Path | bytes] = field(default_factory=list)  # files, and the content of standard input
    failed: list[ResultJson] = field(default_factory=list)  # an error result for each folder without pictures
    skipped: list[Path] = field(default_factory=list)  # other files in folders
    planned: int = 0  # number of pictures; increases when a document turns out to have several pages

    @property
    def has_documents(self) -> bool:
        from inkling.documents.pages import DOCUMENT_SUFFIXES

        return any(isinstance(source, bytes) or source.suffix.lower() in DOCUMENT_SUFFIXES for source in self.sources)

    def pages(self) -> Iterator[tuple[Page | ResultJson, OpenImage | None]]:
        """Each page, or its error result; and a function that opens it again, or None if the page is a file."""
        from inkling.documents import PagesByNumber, pages

        again = PagesByNumber()
        yield from ((result, None) for result in self.failed)
        for source in self.sources:
            name = STDIN if isinstance(source, bytes) else str(source)
            try:
                for page in pages(source, name=name):
                    if page.number == 1:
                        self.planned += page.n_pages - 1
                    is_file = isinstance(page.content, Path)
                    yield page, None if is_file else partial(_open_again, again, name, page.number, source)
            except InklingError as error:
                yield failed_result(name, error), None


def _open_again(again: PagesByNumber, name: str, number: int, source: Path | bytes) -> ImageSource:
    return again.image(name, number, lambda: source)


def expand(paths: Iterable[str], *, own: Container[Path]) -> Work:
    """Arguments -> the inputs: files, files in folders, standard input. `own` files are not reported as skipped."""
    from inkling.documents import DOCUMENT_LIMITS
    from inkling.documents.pages import SUFFIXES, is_system_file

    work = Work()
    for path in paths:
        if path == STDIN:
            work.sources.append(sys.stdin.buffer.read(DOCUMENT_LIMITS.max_bytes + 1))
        elif not Path(path).is_dir():
            work.sources.append(Path(path))
        else:
            files = [file for file in sorted(Path(path).rglob("*")) if file.is_file() and not is_system_file(file.name)]
            found = [file for file in files if file.suffix.lower() in SUFFIXES]
            work.sources.extend(found)
            others = (file for file in files if file.suffix.lower() not in SUFFIXES)
            work.skipped.extend(file for file in others if file.resolve() not in own)
            if not found:
                kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
                error = NotFound(f"folder contains no pictures; expected {kinds}. Choose another folder.")
                work.failed.append(failed_result(path, error))
    work.planned = len(work.sources) + len(work.failed)
    return work


def tell_skipped(names: Sequence[Path | str], n: int | None = None) -> None:
    """Report skipped files on standard error. `n`: their number, if `names` does not list all of them."""
    n = len(names) if n is None else n
    if n:
        more = f" and {n - MAX_NAMED:,} more" if n > MAX_NAMED else ""
        click.echo(
            f"inkling: skipped unsupported files ({n:,}): {', '.join(map(str, names[:MAX_NAMED]))}{more}.", err=True
        )


def failed_result(source: str, error: InklingError, *, page: int | None = None) -> ResultJson:
    """The JSON object for a picture or document that cannot be read."""
    return {"source": source, "page": page, "ok": False, "kind": error.kind, "error": str(error)}
