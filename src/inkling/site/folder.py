"""Write a site into a folder, which may hold only what an earlier writing left there."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from inkling.errors import CannotWrite
from inkling.site.build import Site

INDEX = "site.json"  # lists what was written, so that the next writing can replace it
OTHERS = (".git", "CNAME")  # what a host keeps in a folder that it publishes


def write(site: Site, folder: Path) -> None:
    """Write the site, and delete what an earlier one had and this one lacks.

    The index comes first, so that a writing that was interrupted can be repeated. Raises CannotWrite for a folder with
    files that are not a site's, or where nothing can be written.
    """
    earlier = _written(folder)
    _check_only_ours(folder, earlier)
    sizes = site.compressed()
    index = {
        "version": site.version,
        "gzip_bytes": sum(sizes.values()),
        "files": {path: {"bytes": len(site.files[path]), "gzip_bytes": sizes[path]} for path in site.files},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gone = earlier - set(site.files)
        _save(folder / INDEX, json.dumps({"files": dict.fromkeys([*site.files, *gone])}).encode())
        for path, content in site.files.items():
            _save(folder / path, content)
        for path in gone:
            (folder / path).unlink(missing_ok=True)
            _remove_empty(folder, (folder / path).parent)
        _save(folder / INDEX, json.dumps(index, indent=1).encode())
    except OSError as error:
        raise CannotWrite(
            f"{folder} cannot be written ({error.strerror}); a folder of yours with some 5 MB of room was expected. "
            "Name another one."
        ) from error


def _written(folder: Path) -> set[str]:
    """The paths that an earlier writing left."""
    try:
        return {path for path in json.loads((folder / INDEX).read_bytes())["files"] if _is_below(folder, path)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _is_below(folder: Path, path: str) -> bool:
    """Whether a path of an index, which anybody may have edited, stays in the folder."""
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _check_only_ours(folder: Path, earlier: set[str]) -> None:
    if folder.is_file():
        raise CannotWrite(f"{folder} is a file; a folder was expected. Name another one.")
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder)
        if path.is_dir() and not path.is_symlink():
            continue
        if name.parts[0] not in OTHERS and name.as_posix() not in {*earlier, INDEX}:
            raise CannotWrite(
                f"{folder} holds {name}, which inkling did not write; an empty folder or an earlier site was expected. "
                "Name another folder, or empty this one."
            )


def _save(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _remove_empty(top: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):  # it holds other files
        while folder != top:
            folder.rmdir()
            folder = folder.parent
