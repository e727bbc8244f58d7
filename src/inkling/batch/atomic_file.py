"""Files that appear only when complete: written under a temporary name, then moved into place."""

from __future__ import annotations

import os
from pathlib import Path

from inkling.documents.pages import SUFFIXES
from inkling.errors import NotFound


def partial_path(path: Path) -> Path:
    """The temporary path of an incomplete file: `out.csv` -> `out.csv.part`."""
    return path.with_name(f"{path.name}.part")


def check_writable(path: Path) -> None:
    """Raise NotFound if the file cannot be written; otherwise leave an empty `partial_path(path)`."""
    if path.suffix.lower() in SUFFIXES:
        raise NotFound(
            f"{path} has a picture's file extension; expected a table (.csv) or a page (.html), which must not replace "
            "a picture. Choose another name."
        )
    try:
        is_file = not path.exists() or path.is_file()
        if is_file:
            partial_path(path).write_bytes(b"")
    except OSError as error:
        raise write_error(path, error) from error
    if not is_file:
        raise NotFound(f"{path} is not a file; expected one, because it is replaced as a whole. Choose another path.")


def commit(path: Path) -> None:
    """Flush `partial_path(path)` to disk and move it to `path` atomically. Raises NotFound if that fails."""
    try:
        with partial_path(path).open("rb") as file:
            os.fsync(file.fileno())
        partial_path(path).replace(path)
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> NotFound:
    """The error for a file that cannot be written."""
    return NotFound(
        f"{path} cannot be written ({error.strerror or error}); expected an existing folder with free space and write "
        "permission. Choose another."
    )
