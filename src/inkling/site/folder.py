"""Writes a site to a folder, which must be empty or contain only an earlier site."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from inkling.errors import CannotWrite
from inkling.site.build import Site

INDEX = "site.json"  # lists the written files, so that the next run can replace them
OTHERS = (".git", "CNAME")  # files that a host may keep in a published folder


def write(site: Site, folder: Path) -> None:
    """Write the site, and delete files of an earlier site that are no longer part of it.

    The index is written first, so that an interrupted run can be repeated. Raises CannotWrite if the folder contains
    other files or cannot be written.
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
            f"{folder} cannot be written ({error.strerror}); expected a writable folder with about 5 MB of free space. "
            "Choose another folder."
        ) from error


def _written(folder: Path) -> set[str]:
    """The paths of an earlier site."""
    try:
        return {path for path in json.loads((folder / INDEX).read_bytes())["files"] if _is_below(folder, path)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _is_below(folder: Path, path: str) -> bool:
    """Whether a path from an index, which may have been edited, is inside the folder."""
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _check_only_ours(folder: Path, earlier: set[str]) -> None:
    if folder.is_file():
        raise CannotWrite(f"{folder} is a file; expected a folder. Choose another one.")
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder)
        if path.is_dir() and not path.is_symlink():
            continue
        if name.parts[0] not in OTHERS and name.as_posix() not in {*earlier, INDEX}:
            raise CannotWrite(
                f"{folder} contains {name}, which inkling did not write; expected an empty folder or an earlier site. "
                "Choose another folder, or empty this one."
            )


def _save(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _remove_empty(top: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):  # the folder is not empty
        while folder != top:
            folder.rmdir()
            folder = folder.parent
