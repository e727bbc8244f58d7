"""The state of a run in one file: the network, its averaged weights and its optimizer.

The file is written under a temporary name and renamed, so that a run killed at any moment leaves a complete checkpoint.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadData
from inkling.training.ema import ExponentialMovingAverage


def save(path: Path, model: Any, ema: ExponentialMovingAverage) -> None:
    """Saves the average and all variables of a compiled model and its optimizer, including dropout's random state."""
    values = [np.asarray(variable) for variable in _variables(model)] + ema.values
    arrays: dict[str, Any] = {f"v{i:04d}": value for i, value in enumerate(values)}
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def restore(path: Path, model: Any, ema: ExponentialMovingAverage) -> int:
    """Restores what `save` wrote and returns the number of steps so far. Raises BadData for an unusable file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            values = [arrays[f"v{i:04d}"] for i in range(len(arrays.files))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadData(f"{path} is not a readable checkpoint ({error}); train again in a new folder.") from error
    variables = _variables(model)
    shapes = [tuple(variable.shape) for variable in variables] + [value.shape for value in ema.values]
    if [value.shape for value in values] != shapes:
        raise BadData(f"{path} belongs to another network; expected the run's own. Train again in a new folder.")
    for variable, value in zip(variables, values, strict=False):
        variable.assign(value)
    ema.values = values[len(variables) :]
    return int(model.optimizer.iterations)


def write_text(path: Path, text: str) -> None:
    """Replaces a text file atomically."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """Replaces a file with indented JSON atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
