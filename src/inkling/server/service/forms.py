"""The forms that a server reads: the shipped ones, and templates in the folder of the `forms` setting."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling.errors import BadPicture, BadRequest, BadTemplate, InklingError, Overloaded, UnknownName
from inkling.server.service.readers import Readers
from inkling.server.settings import Settings

if TYPE_CHECKING:
    from inkling.documents import Page
    from inkling.forms.form import Form
    from inkling.forms.template import Template
    from inkling.pipeline.reader import Reader


class Forms:
    """Forms by name, each loaded on first use and again when its file changes."""

    def __init__(self, settings: Settings, readers: Readers) -> None:
        self._folder = Path(settings.forms) if settings.forms else None
        self._readers = readers
        self._loading = threading.Lock()
        self._loaded: dict[Path, tuple[int, Form]] = {}

    def templates(self) -> list[Template]:
        """The templates of all forms, without broken ones."""
        from inkling.forms.template_parser import load_template

        found = []
        for path in self._paths().values():
            try:
                found.append(load_template(path))
            except InklingError:
                continue
        return found

    def get(self, name: str) -> Form:
        """The form with this name. Raises UnknownName, and BadTemplate for a broken template."""
        from inkling.forms.form import Form

        paths = self._paths()
        if name not in paths:
            raise UnknownName("form", name, paths)
        path = paths[name]
        with self._loading:
            changed_ns = path.stat().st_mtime_ns
            if path not in self._loaded or self._loaded[path][0] != changed_ns:
                try:
                    self._loaded[path] = changed_ns, Form.load(path, self._readers.get())
                except BadTemplate as error:  # hide the server's path in the message
                    raise BadTemplate(str(error).replace(f"{path.parent}/", "")) from None
            return self._loaded[path][1]

    def _paths(self) -> dict[str, Path]:
        """The template path of each form by file name; the operator's templates override the shipped ones."""
        from inkling.forms.examples import FOLDER

        folders = [FOLDER] if self._folder is None else [FOLDER, self._folder]
        return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def with_reader(form: Form, reader: Reader) -> Form:
    """The same form with another reader."""
    other = copy.copy(form)
    other.reader = reader
    return other


def read_documents(
    form: Form, documents: Iterable[bytes], readers: Readers, *, most: int, until_s: float
) -> Iterator[dict[str, Any]]:
    """The JSON of each page of the documents, or the page's error. Each page takes its own permit.

    After `most` pages, or at `until_s` by the monotonic clock, one error reports that the rest was not read.
    """
    number = 0
    for page in _pages(documents):
        if isinstance(page, InklingError):
            yield _error(number + 1, page)
            continue
        number += 1
        if number > most or (number > 1 and time.monotonic() > until_s):
            late = "the maximum per request" if number > most else "the maximum in the time for one request"
            yield _error(
                number, Overloaded(f"{number - 1} pages were read, {late}. Send the others in another request.")
            )
            return
        try:
            with readers.permit():
                yield {"ok": True, "page": number, **form.read(page.image).to_json()}
        except BadPicture as error:
            yield _error(number, error)


def _pages(documents: Iterable[bytes]) -> Iterator[Page | BadPicture | BadRequest]:
    from inkling.documents import pages

    for content in documents:
        try:
            yield from pages(content)
        except (BadPicture, BadRequest) as error:
            yield error


def _error(number: int, error: InklingError) -> dict[str, Any]:
    return {"ok": False, "page": number, "kind": error.kind, "error": str(error)}
