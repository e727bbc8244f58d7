"""Files that appear when they are complete: written beside their path under another name, then moved there."""

from __future__ import annotations

import os
from pathlib import Path

from inkling.documents.pages import SUFFIXES
from inkling.errors import NotFound


def partial_path(path: Path) -> Path:
    """Where a file is written until it is complete: `out.csv` -> `out.csv.part`."""
    return path.with_name(f"{path.name}.part")


def check_writable(path: Path) -> None:
    """Raises NotFound unless a file of that name can be written; leaves an empty `partial_path(path)`."""
    if path.suffix.lower() in SUFFIXES:
        raise NotFound(
            f"{path} has the name of a picture; expected a table (.csv) or a page (.html), which must not replace a "
            "picture. Choose another name."
        )
    try:
        is_file = not path.exists() or path.is_file()
        if is_file:
            partial_path(path).write_bytes(b"")
    except OSError as error:
        raise write_error(path, error) from error
    if not is_file:
        raise NotFound(f"{path} is not a file; expected one to write, for it is replaced as a whole. Choose another.")


def commit(path: Path) -> None:
    """Move `partial_path(path)` to `path` in one step, once it is on the disk. Raises NotFound if that fails."""
    try:
        with partial_path(path).open("rb") as file:
            os.fsync(file.fileno())
        partial_path(path).replace(path)
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> NotFound:
    """The error for a file that cannot be written."""
    return NotFound(
        f"{path} cannot be written ({error.strerror or error}); expected a folder that exists, with room and the right "
        "to write. Choose another."
    )
