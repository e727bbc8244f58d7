"""The lessons from the arguments of `inkling teach`: folders, and tables of corrections, which name pictures, pages of
documents, members of archives, and fields of forms."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from inkling.errors import BadRequest, InklingError, NotFound

if TYPE_CHECKING:
    from inkling.batch.image_ref import ImageRef
    from inkling.forms.form import Form
    from inkling.hands.lesson import Lesson
    from inkling.pipeline.decode import ImageSource
    from inkling.pipeline.reader import Reader

TABLES = (".csv",)


@dataclass(frozen=True)
class Labelled:
    """A picture and the correct number for it."""

    source: str  # as named by the user
    right: str
    field: str = ""  # of a form


def lessons_of(
    reader: Reader, given: Path, problems: list[str], *, session: str, template: str | None = None
) -> Iterator[Lesson]:
    """The lessons in a folder or table. `problems` receives a message for each picture that cannot be used.

    `template`: a TOML file or the name of a shipped form, if the table corrects fields of a form.
    """
    from inkling.hands.picture_lessons import cut_lessons

    if given.is_dir():
        labeled, folder = list(_of_folder(given, problems)), Path()
    elif given.suffix.lower() in TABLES and given.is_file():
        labeled, folder = list(_of_table(given)), given.parent
    else:
        raise NotFound(f"{given} is neither a folder nor a .csv file; expected labeled pictures. Check the path.")
    form = _open_form(template, reader) if template else None
    with ExitStack() as stack:
        pictures = stack.enter_context(closing(Pictures([each.source for each in labeled], folder)))
        for each in labeled:
            try:
                picture = pictures.open(each.source)
                if each.field:
                    yield from _of_field(reader, form, picture, each, session)
                else:
                    yield from cut_lessons(reader, picture, each.right, name=each.source, session=session)
            except InklingError as error:
                named = str(error) if str(error).startswith(each.source) else f"{each.source}: {error}"
                problems.append(named)


class Pictures:
    """Opens pictures by their names in readings. Must be closed."""

    def __init__(self, sources: Sequence[str], folder: Path) -> None:
        """`sources`: the names that will be opened; relative paths start at the working folder or at `folder`."""
        from inkling.batch.sequential_archive import FrontToBack
        from inkling.documents import PagesByNumber

        self._wanted, self._folder = set(sources), folder
        self._archive, self._documents = FrontToBack(), PagesByNumber()
        self._members: dict[str, dict[str, ImageRef]] = {}  # the wanted members, by archive

    def open(self, source: str) -> ImageSource:
        """Open a picture. Raises NotFound, and the errors of opening it."""
        if (path := self._path(source)) is not None:
            return path
        name, mark, number = source.rpartition("#")
        if mark and number.isdecimal():
            return self._documents.image(name, int(number), lambda: self._path(name) or self._member(name))
        return self._member(source)

    def close(self) -> None:
        self._archive.close()
        self._documents.close()

    def _path(self, name: str) -> Path | None:
        return next((path for path in (Path(name), self._folder / name) if path.is_file()), None)

    def _member(self, source: str) -> Path | bytes:
        from inkling.batch.batch_reader import fetch
        from inkling.batch.sources import list_images

        for parent in PurePosixPath(source).parents:
            archive = self._path(str(parent))
            if archive is None:
                continue
            if str(parent) not in self._members:
                inside = {
                    f"{parent}{ref.source.removeprefix(str(archive))}": ref for ref in list_images([str(archive)])
                }
                wanted = {name.rpartition("#")[0] or name for name in self._wanted} | self._wanted
                self._members[str(parent)] = {name: ref for name, ref in inside.items() if name in wanted}
            if source in self._members[str(parent)]:
                [content] = fetch([self._members[str(parent)][source]], self._archive)
                if isinstance(content, InklingError):
                    raise content
                return content
        raise NotFound(f"{source} does not exist; expected the corrected picture. Restore it.")


def _of_folder(folder: Path, problems: list[str]) -> Iterator[Labelled]:
    from inkling.documents.pages import DOCUMENT_SUFFIXES, SUFFIXES
    from inkling.hands.picture_lessons import required_label

    pictures = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    if not pictures:
        raise NotFound(f"{folder} contains no pictures; expected files named LABEL__x.png. Choose another folder.")
    for path in pictures:
        try:
            if path.suffix.lower() in DOCUMENT_SUFFIXES:
                raise BadRequest(f"{path} is a document; expected a picture. Save each page as a picture.")
            yield Labelled(str(path), required_label(path))
        except BadRequest as error:
            problems.append(str(error))


def _of_table(table: Path) -> Iterator[Labelled]:
    """The corrections saved by a review page, or those in a merged table of pictures."""
    from inkling.batch.merge import HEADING, MACHINE, read_corrections
    from inkling.constraints.roster import csv_errors, read_text

    with csv_errors(table):
        rows = csv.DictReader(read_text(table).splitlines(keepends=True))
        columns = rows.fieldnames or []
        written = [row for row in rows if row.get("written") and row.get("said_by") not in (None, MACHINE)]
    if set(HEADING) <= set(columns):
        for each in read_corrections(table):
            if each.answer == "number":
                yield Labelled(each.source, each.right, each.field)
    elif {"source", "written", "said_by"} <= set(columns):
        for row in written:
            number = f"#{row['page']}" if row.get("page", "") not in ("", "1") and "#" not in row["source"] else ""
            yield Labelled(row["source"] + number, row["written"])
    else:
        raise BadRequest(
            f"{table} contains no corrections; expected a file saved by a review page, or a table written by inkling "
            "merge. Choose another file."
        )


def _open_form(template: str, reader: Reader) -> Form:
    from inkling.cli.form import find_template
    from inkling.forms.form import Form

    return Form(find_template(template), reader)


def _of_field(
    reader: Reader, form: Form | None, picture: ImageSource, each: Labelled, session: str
) -> Iterator[Lesson]:
    """The lessons from one field of a form."""
    from inkling.hands.box import with_answers
    from inkling.hands.lesson import Lesson, as_tile

    if form is None:
        raise BadRequest(
            f"{each.source} is a form; expected its template, to find the field {each.field}. Name it with --form."
        )
    tiles = form.tiles(picture)
    if each.field not in tiles:
        raise BadRequest(
            f"the form {form.template.name!r} has no field {each.field}; expected its template. Check --form."
        )
    labels = [sign for sign in each.right if sign.isdigit()]
    found = tiles[each.field]
    if len(found) != len(labels):
        raise BadRequest(
            f"{each.source}: field {each.field} shows {len(found)} separate digits; expected {len(labels)} for "
            f"{each.right!r}. It is skipped."
        )
    pairs = zip(found, labels, strict=True)
    yield from with_answers(
        reader, [(Lesson(as_tile(tile), label, source=each.source, session=session), tile) for tile, label in pairs]
    )
