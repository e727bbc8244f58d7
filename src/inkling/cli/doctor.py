"""inkling doctor: does this machine fit?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.table import Table

from inkling import bundle
from inkling.errors import InklingError
from inkling.quiet import quiet_stderr

LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "ai-edge-litert", "flask", "granian")
SEVEN = ((70, 75), (205, 75), (130, 230))  # corners of a drawn 7, pixels of a 280x280 board

Check = tuple[bool | None, str]  # True fits, False does not, None is optional and absent; and what was found


@click.command("doctor")
def command() -> None:
    """Check that this machine can run inkling.

    \b
    Example:
      inkling doctor
    """
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("Python", _python),
        ("libraries", _libraries),
        ("models", _models),
        ("a reading", _reading),
        ("memory", _memory),
        ("MNIST", _data),
        ("training", _training),
    ]
    table = Table(box=None, show_header=False, pad_edge=False)
    fits = True
    for name, check in checks:
        try:
            good, found = check()
        except InklingError as error:
            good, found = False, str(error)
        mark = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}[good]
        table.add_row(mark, name, found)
        fits = fits and good is not False
    Console().print(table)
    sys.exit(0 if fits else 1)


def _python() -> Check:
    good = (3, 11) <= sys.version_info < (3, 14)
    return good, f"{platform.python_version()} on {platform.system()} {platform.machine()}; 3.11 to 3.13 fit"


def _libraries() -> Check:
    missing = [name for name in LIBRARIES if not _version(name)]
    if missing:
        return False, f"missing: {', '.join(missing)}. Install inkling again."
    return True, ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _models() -> Check:
    bundles = bundle.packaged()
    for entry in bundles.values():
        entry.model_bytes()  # raises BadBundle when the file does not match its manifest
    return True, ", ".join(f"{entry.name} {entry.version}" for entry in bundles.values())


def _reading() -> Check:
    import cv2
    import numpy as np

    from inkling.road.reader import Reader

    start = time.perf_counter()
    with quiet_stderr():
        reader = Reader()
    board = np.full((280, 280), 255, np.uint8)
    cv2.polylines(board, [np.array(SEVEN)], isClosed=False, color=20, thickness=18, lineType=cv2.LINE_AA)
    first = reader.read(board)
    loaded = time.perf_counter()
    reader.read(board)
    again_ms = (time.perf_counter() - loaded) * 1000
    found = f"a drawn 7 reads {first.text!r}; first answer {1000 * (loaded - start):.0f} ms, next {again_ms:.1f} ms"
    return first.text == "7", found


def _memory() -> Check:
    if sys.platform == "win32":
        return None, "not measured on Windows"
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return True, f"{peak:.0f} MB used at most by this process; {os.cpu_count()} cores"


def _data() -> Check:
    from inkling.learn import data

    try:
        data.load()
    except InklingError as error:
        return None, str(error)
    return True, "in the cache, checksums right"


def _training() -> Check:
    if importlib.util.find_spec("tensorflow") is None:
        return None, "optional, not installed; pip install 'inkling\\[learn]' to train networks"
    return True, f"TensorFlow {_version('tensorflow')}, Keras {_version('keras')}"
