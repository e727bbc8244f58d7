"""The arguments of `inkling teach` -> lessons: folders, and tables of corrections, which name pictures, pages of
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
    """A picture and the number that is written in it."""

    source: str  # as the user names it
    right: str
    field: str = ""  # of a form


def lessons_of(
    reader: Reader, given: Path, problems: list[str], *, session: str, template: str | None = None
) -> Iterator[Lesson]:
    """The lessons of a folder or table; `problems` gets a sentence for each picture that gives none.

    `template`: of the form whose fields a table corrects: a TOML file, or the name of a shipped form.
    """
    from inkling.hands.cut import cut_lessons

    if given.is_dir():
        labelled, folder = list(_of_folder(given, problems)), Path()
    elif given.suffix.lower() in TABLES and given.is_file():
        labelled, folder = list(_of_table(given)), given.parent
    else:
        raise NotFound(f"{given} is neither a folder nor a .csv file; expected labelled pictures. Check the path.")
    form = _open_form(template, reader) if template else None
    with ExitStack() as stack:
        pictures = stack.enter_context(closing(Pictures([each.source for each in labelled], folder)))
        for each in labelled:
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
    """Opens pictures by the names that readings give them. Close it."""

    def __init__(self, sources: Sequence[str], folder: Path) -> None:
        """`sources`: all that will be opened; relative ones are relative to the working folder, or to `folder`."""
        from inkling.batch.front_to_back import FrontToBack
        from inkling.documents import PagesByNumber

        self._wanted, self._folder = set(sources), folder
        self._archive, self._documents = FrontToBack(), PagesByNumber()
        self._members: dict[str, dict[str, ImageRef]] = {}  # the wanted ones, by archive

    def open(self, source: str) -> ImageSource:
        """Raises NotFound, and what opening the picture raises."""
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
        raise NotFound(f"{source} does not exist; expected the corrected picture. Put it back.")


def _of_folder(folder: Path, problems: list[str]) -> Iterator[Labelled]:
    from inkling.documents.pages import DOCUMENT_SUFFIXES, SUFFIXES
    from inkling.hands.cut import required_label

    pictures = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    if not pictures:
        raise NotFound(f"{folder} holds no picture; expected files named LABEL__x.png. Name another folder.")
    for path in pictures:
        try:
            if path.suffix.lower() in DOCUMENT_SUFFIXES:
                raise BadRequest(f"{path} is a document; expected a picture. Save each page as one.")
            yield Labelled(str(path), required_label(path))
        except BadRequest as error:
            problems.append(str(error))


def _of_table(table: Path) -> Iterator[Labelled]:
    """Corrections that a review page saved, or a merged table of pictures."""
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
            f"{table} holds no corrections; expected the file that a review page saved, or the table that inkling "
            "merge wrote. Name that."
        )


def _open_form(template: str, reader: Reader) -> Form:
    from inkling.forms.examples import example, example_names
    from inkling.forms.form import Form

    is_shipped = template in example_names() and not Path(template).exists()
    return Form(example(template), reader) if is_shipped else Form.load(template, reader)


def _of_field(
    reader: Reader, form: Form | None, picture: ImageSource, each: Labelled, session: str
) -> Iterator[Lesson]:
    """The digits of a form's field."""
    from inkling.hands.box import with_answers
    from inkling.hands.lesson import Lesson, as_tile

    if form is None:
        raise BadRequest(
            f"{each.source} is a form; expected its template to find the field {each.field}. Name it with --form."
        )
    tiles = form.tiles(picture)
    if each.field not in tiles:
        raise BadRequest(f"the form {form.template.name!r} has no field {each.field}; expected its own. Check --form.")
    labels = [sign for sign in each.right if sign.isdigit()]
    found = tiles[each.field]
    if len(found) != len(labels):
        raise BadRequest(
            f"{each.source}: its field {each.field} shows {len(found)} separate digits; expected {len(labels)} for "
            f"{each.right!r}. It is left out."
        )
    pairs = zip(found, labels, strict=True)
    yield from with_answers(
        reader, [(Lesson(as_tile(tile), label, source=each.source, session=session), tile) for tile, label in pairs]
    )
