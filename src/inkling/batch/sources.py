"""SOURCE -> a stream of pictures, in the same order every time, with few of them in memory.

| source | its pictures |
| --- | --- |
| folder, `s3://bucket/folder` | every picture file below it, and the pictures in every .tar file below it |
| `scans/**/*.png`, `s3://bucket/2024-*/` | what fits: `*`, `?` within a name, `**` over folders, `{000..127}` |
| `shard-000.tar` | the pictures among its members: WebDataset's layout |
| `list.csv`, `list.parquet` | a picture a row; a name that is relative is relative to the listing |
| anything else | one picture file |
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.batch.listings import names_in
from inkling.batch.tar_shards import images_in_shard
from inkling.errors import InklingError, NotFound
from inkling.pipeline.decode import SUFFIXES

LISTINGS = (".csv", ".parquet")
SHARD = ".tar"


def list_images(sources: Iterable[str]) -> Iterator[ImageRef]:
    """The pictures of all sources, one after another. Raises NotFound for what is not there once it is come to."""
    for source in sources:
        for one in _counted(source):
            yield from _of_source(one)


def check_sources(sources: Iterable[str]) -> None:
    """Raises NotFound, NoPermission, BadRequest or Unreachable at once where a source cannot be used."""
    for source in sources:
        for one in _counted(source):
            base = _base(one) if _is_pattern(one) else one
            if storage.probe(absolute(base)) == "none":
                raise NotFound(
                    f"{one} is not there; expected a folder, a pattern, a listing (.csv, .parquet), a shard (.tar) or "
                    "a picture. Check the name."
                )


def absolute(place: str) -> str:
    """A path as it is from every working folder; a URL as it is, without a slash at its end."""
    return place.rstrip("/") if storage.is_url(place) else os.path.abspath(place)


def _of_source(source: str) -> Iterator[ImageRef]:
    source = source.rstrip("/") if storage.is_url(source) else str(Path(source))
    place = absolute(source)
    if _is_pattern(source) and storage.kind(place) == "none":
        base = _base(source)
        fits = _compiled(source)
        for name, found in _walk(base, absolute(base)):
            if fits.fullmatch(name):
                yield from _of_file(name, found)
    elif storage.kind(place) == "folder":
        for name, found in _walk(source, place):
            yield from _of_file(name, found)
    elif _suffix(source) in LISTINGS:
        folder, place_folder = _parent(source), _parent(place)
        for name in names_in(place):
            far = storage.is_url(name) or os.path.isabs(name)
            here = name if far else storage.join(folder, name).removeprefix("./")
            yield ImageRef(here, name if far else storage.join(place_folder, name))
    elif _suffix(source) == SHARD:
        yield from images_in_shard(source, place)
    else:
        yield ImageRef(source, place)


def _walk(source: str, place: str) -> Iterator[tuple[str, str]]:
    """Files below a folder: name in the result, place."""
    for found in storage.walk(place):
        yield (source.rstrip("/") + found.place[len(place.rstrip("/")) :]).removeprefix("./"), found.place


def _of_file(source: str, place: str) -> Iterator[ImageRef]:
    """A file of a folder: a picture, a shard of them, or nothing."""
    suffix = _suffix(place)
    if suffix in SUFFIXES:
        yield ImageRef(source, place)
    elif suffix == SHARD:
        try:
            yield from images_in_shard(source, place)
        except InklingError as error:
            yield ImageRef(source, place, fault=str(error))


def _suffix(place: str) -> str:
    return PurePosixPath(place).suffix.lower()


def _parent(place: str) -> str:
    return place.rpartition("/")[0] if storage.is_url(place) else str(Path(place).parent)


def _is_pattern(source: str) -> bool:
    rest = source.partition("://")[2] if storage.is_url(source) else source
    return any(sign in rest for sign in "*?[")


def _base(pattern: str) -> str:
    """The folder below which everything lies that fits."""
    names = pattern.split("/")
    fixed = next(i for i, name in enumerate(names) if any(sign in name for sign in "*?["))
    return "/".join(names[:fixed]) or ("/" if pattern.startswith("/") else ".")


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern -> a regular expression for names as `_walk` gives them."""
    out = []
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", pattern.rstrip("/").removeprefix("./"), re.S):
        if part == "**/":
            out.append("(?:.*/)?")
        elif part == "**":
            out.append(".*")
        elif part == "*":
            out.append("[^/]*")
        elif part == "?":
            out.append("[^/]")
        elif part.startswith("[") and len(part) > 2:
            out.append("[" + part[1:-1].replace("\\", r"\\").replace("!", "^", part[1] == "!") + "]")
        else:
            out.append(re.escape(part))
    return re.compile("".join(out) + "(?:/.*)?", re.S)  # a folder that fits stands for all that is in it


def _counted(source: str) -> list[str]:
    """`shard-{000..002}.tar` -> shard-000.tar, shard-001.tar, shard-002.tar."""
    found = re.search(r"\{(\d+)\.\.(\d+)\}", source)
    if found is None:
        return [source]
    width = len(found[1])
    counts = range(int(found[1]), int(found[2]) + 1)
    return [one for i in counts for one in _counted(f"{source[: found.start()]}{i:0{width}d}{source[found.end() :]}")]
