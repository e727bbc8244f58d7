"""List the images of a source, in the same order every time, keeping few of them in memory.

| source | its images |
| --- | --- |
| folder, `s3://bucket/folder` | every image file below it, and those in every archive below it |
| `scans/**/*.png`, `s3://bucket/2024-*/` | matching names: `*` and `?` in a name, `**` across folders, `{000..127}` |
| `shard-000.tar`, `.tar.gz`, `.zip` | the images among its members: WebDataset's layout |
| `list.csv`, `list.parquet` | one image per row; relative names are relative to the listing |
| `train.parquet` with a column of bytes | the image in each row, as in Hugging Face's data sets |
| anything else | one image file |

A document (PDF or TIFF) is listed as one image; its pages are found when it is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from inkling.batch import buckets, storage
from inkling.batch.archives import images_in_archive, is_archive
from inkling.batch.image_ref import ImageRef
from inkling.batch.listings import names_in
from inkling.batch.parquet import PictureColumn, has_pictures
from inkling.documents.pages import SUFFIXES, is_system_file
from inkling.errors import InklingError, NotFound

LISTINGS = (".csv", ".parquet")
MAX_NAMED = 5  # skipped files whose names are kept


class Skipped:
    """The files that a folder contains besides pictures, documents and archives."""

    def __init__(self, *, own: Collection[str] = ()) -> None:
        """`own`: absolute paths and URLs of the run's output files and folder, which are not counted."""
        self.n = 0
        self.named: list[str] = []  # the first names
        self._own = own

    def add(self, name: str, location: str) -> None:
        """`name`: the name that messages show."""
        is_own = any(location == own or location.startswith(f"{own}/") for own in self._own)
        if is_own or is_system_file(PurePosixPath(location).name):
            return
        self.n += 1
        if self.n <= MAX_NAMED:
            self.named.append(name)


def list_images(sources: Iterable[str], skipped: Skipped | None = None) -> Iterator[ImageRef]:
    """Yield the images of all sources, one source after another; `skipped` collects the other files in folders.

    Raises NotFound when it reaches a missing source.
    """
    for source in sources:
        for one in _expand_braces(source):
            yield from _images_of(one, skipped or Skipped())


def check_sources(sources: Iterable[str]) -> None:
    """Raise NotFound, NoPermission, BadRequest or Unreachable if a source cannot be used."""
    for source in sources:
        for one in _expand_braces(source):
            root = _glob_root(one) if _is_glob(one) else one
            if storage.probe(absolute(root)) == "none":
                raise NotFound(
                    f"{one} does not exist; expected a folder, a pattern, a listing (.csv, .parquet), an archive "
                    "(.tar, .tar.gz, .zip) or a picture. Check the name."
                )


def absolute(location: str) -> str:
    """A path, made absolute; a URL, without a trailing slash."""
    return location.rstrip("/") if buckets.is_url(location) else os.path.abspath(location)


def _images_of(source: str, skipped: Skipped) -> Iterator[ImageRef]:
    source = source.rstrip("/") if buckets.is_url(source) else str(Path(source))
    location = absolute(source)
    if _is_glob(source) and storage.kind(location) == "none":
        root = _glob_root(source)
        regex = _glob_regex(source)
        for name, found in _walk(root, absolute(root)):
            if regex.fullmatch(name):
                listed = _suffix(source) in LISTINGS  # only if the pattern ends with a listing's suffix
                yield from _images_in_listing(name, found) if listed else _images_in_file(name, found, skipped)
    elif storage.kind(location) == "folder":
        for name, found in _walk(source, location):
            yield from _images_in_file(name, found, skipped)
    elif _suffix(source) in LISTINGS:
        yield from _images_in_listing(source, location)
    elif is_archive(source):
        yield from images_in_archive(source, location)
    else:
        yield ImageRef(source, location)


def _images_in_listing(source: str, location: str) -> Iterator[ImageRef]:
    """Yield the images that a listing contains or names."""
    if _suffix(location) == ".parquet" and has_pictures(location):
        with closing(PictureColumn(location)) as pictures:
            rows = pictures.rows
        for row in range(rows):
            yield ImageRef(f"{source}/{row}", location, row, member=str(row), stored="parquet")
        return
    for name in names_in(location):
        is_absolute = buckets.is_url(name) or os.path.isabs(name)
        beside = name if is_absolute else storage.join(_parent(source), name).removeprefix("./")
        yield ImageRef(beside, name if is_absolute else storage.join(_parent(location), name))


def _walk(source: str, location: str) -> Iterator[tuple[str, str]]:
    """Yield the files below a folder: (name in the result, location)."""
    for file in storage.walk(location):
        yield (source.rstrip("/") + file[len(location.rstrip("/")) :]).removeprefix("./"), file


def _images_in_file(source: str, location: str, skipped: Skipped) -> Iterator[ImageRef]:
    """Yield the images of a file in a folder: an image, or an archive. Other files are skipped."""
    suffix = _suffix(location)
    if suffix in SUFFIXES:
        yield ImageRef(source, location)
    elif is_archive(location):
        try:
            yield from images_in_archive(source, location)
        except InklingError as error:
            yield ImageRef(source, location, error=str(error))
    else:
        skipped.add(source, location)


def _suffix(location: str) -> str:
    return PurePosixPath(location).suffix.lower()


def _parent(location: str) -> str:
    return location.rpartition("/")[0] if buckets.is_url(location) else str(Path(location).parent)


def _is_glob(source: str) -> bool:
    rest = source.partition("://")[2] if buckets.is_url(source) else source
    return any(sign in rest for sign in "*?[")


def _glob_root(pattern: str) -> str:
    """The folder that contains all possible matches."""
    names = pattern.split("/")
    fixed = next(i for i, name in enumerate(names) if any(sign in name for sign in "*?["))
    return "/".join(names[:fixed]) or ("/" if pattern.startswith("/") else ".")


def _glob_regex(pattern: str) -> re.Pattern[str]:
    """A glob pattern -> a regular expression for names as `_walk` yields them."""
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    out = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", pattern.rstrip("/").removeprefix("./"), re.S):
        if token.startswith("[") and len(token) > 2:
            out.append("[" + token[1:-1].replace("\\", r"\\").replace("!", "^", token[1] == "!") + "]")
        else:
            out.append(wildcards.get(token) or re.escape(token))
    return re.compile("".join(out) + "(?:/.*)?", re.S)  # a matching folder includes everything in it


def _expand_braces(source: str) -> list[str]:
    """`shard-{000..002}.tar` -> shard-000.tar, shard-001.tar, shard-002.tar."""
    match = re.search(r"\{(\d+)\.\.(\d+)\}", source)
    if match is None:
        return [source]
    before, after = source[: match.start()], source[match.end() :]
    numbers = range(int(match[1]), int(match[2]) + 1)
    return [one for i in numbers for one in _expand_braces(f"{before}{i:0{len(match[1])}d}{after}")]
