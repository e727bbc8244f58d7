"""Files that appear when they are whole: written beside their place under another name, then moved there."""

from __future__ import annotations

import os
from pathlib import Path

from inkling.errors import NotFound
from inkling.pipeline.decode import SUFFIXES


def partial_path(path: Path) -> Path:
    """Where a file is written until it is whole: `out.csv` -> `out.csv.part`."""
    return path.with_name(f"{path.name}.part")


def check_writable(path: Path) -> None:
    """Raises NotFound unless a file of that name can be written; leaves an empty `part_of(path)`."""
    if path.suffix.lower() in SUFFIXES:
        raise NotFound(
            f"{path} has the name of a picture; expected a table (.csv) or a page (.html), which must not replace a "
            "picture. Choose another name."
        )
    try:
        strange = path.exists() and not path.is_file()
        if not strange:
            partial_path(path).write_bytes(b"")
    except OSError as error:
        raise write_error(path, error) from error
    if strange:
        raise NotFound(f"{path} is not a file; expected one to write, for it is replaced as a whole. Choose another.")


def commit(path: Path) -> None:
    """Moves `part_of(path)` to `path` in one step, once it is on the disk. Raises NotFound when that fails."""
    try:
        with partial_path(path).open("rb") as file:
            os.fsync(file.fileno())
        partial_path(path).replace(path)
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> NotFound:
    """One sentence for a file that cannot be written."""
    return NotFound(
        f"{path} cannot be written ({error.strerror or error}); expected a folder that exists, with room and the right "
        "to write. Choose another."
    )
