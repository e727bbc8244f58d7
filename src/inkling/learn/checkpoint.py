"""Where a run stands, in one file: every variable of the network and of its optimizer.

The file is written beside its final name and renamed, so a run killed at any moment finds the last whole one.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadData


def save(path: Path, model: Any) -> None:
    """All variables of a compiled model, dropout's random state and optimizer included."""
    arrays: dict[str, Any] = {f"v{i:04d}": np.asarray(variable) for i, variable in enumerate(_variables(model))}
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def restore(path: Path, model: Any) -> int:
    """Puts the variables back; returns the steps made so far. Raises BadData when they do not fit."""
    variables = _variables(model)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = [arrays[f"v{i:04d}"] for i in range(len(arrays.files))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadData(f"{path} is not a readable checkpoint ({error}); train again without --resume.") from error
    if [value.shape for value in values] != [tuple(variable.shape) for variable in variables]:
        raise BadData(f"{path} belongs to another network; expected the run's own checkpoint. Train again.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return int(model.optimizer.iterations)


def write_text(path: Path, text: str) -> None:
    """A text file that is either the old one or the new one, never half."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, path)


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
