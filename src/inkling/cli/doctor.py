"""inkling doctor: check this machine, and show the settings of `inkling serve`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from inkling.cli import machine_checks, settings_checks
from inkling.cli.machine_checks import Check
from inkling.cli.serve import options, warn_of_misspelt
from inkling.errors import InklingError
from inkling.models import registry
from inkling.server.settings import Settings, load

LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "ai-edge-litert", "flask", "gunicorn")
ASKED_FOR = ("workers",)  # checks that are optional, but required by --strict
SEVEN = ((70, 75), (205, 75), (130, 230))  # corners of a drawn 7, in pixels of a 280x280 board


@click.command("doctor")
@options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--strict", is_flag=True, help="Also fail if this machine cannot satisfy the settings.")
def command(as_json: bool, strict: bool, **flags: Any) -> None:
    """Check that this machine can run inkling, and show the settings of the server.

    Starts a server and sends it a request. Lists each setting with its value, the source of the value, and its meaning.
    The exit status is 1 if a check fails.

    With --strict it is also 1 if the port is in use, there are more workers than cores, the storage for rate limits
    cannot be used, an INKLING_* variable is unknown, or the lab is on but training is not possible.

    \b
    Examples:
      inkling doctor
      inkling doctor --workers 4 --json
      inkling doctor --strict --lab
    """
    warn_of_misspelt()
    settings = load(flags)
    values = machine_checks.values(settings, flags)
    facts: dict[str, Any] = {}
    results = []
    checks = _checks(settings, facts) + (_strict_checks(settings) if strict else [])
    for name, check in checks:
        try:
            good, found = check()
        except InklingError as error:
            good, found = False, str(error)
        if strict and name in ASKED_FOR:
            good = bool(good)
        results.append((name, good, found))
    fits = all(good is not False for _, good, _ in results)
    if as_json:
        listed = [{"name": name, "fits": good, "found": found} for name, good, found in results]
        click.echo(json.dumps({"fits": fits, "checks": listed, **facts, "settings": values}, indent=2))
    else:
        _print(results, values)
    sys.exit(0 if fits else 1)


def _checks(settings: Settings, facts: dict[str, Any]) -> list[tuple[str, Callable[[], Check]]]:
    """The checks in order. The server check adds its measurements to `facts`."""

    def service() -> Check:
        check, measured = machine_checks.service(settings, _drawn_seven())
        facts.update(measured)
        return check

    return [
        ("Python", _python),
        ("libraries", _libraries),
        ("models", _models),
        ("reading", lambda: _reading(settings)),
        ("memory", _memory),
        ("workers", lambda: machine_checks.workers(settings)),
        ("files", machine_checks.files),
        ("server", service),
        ("MNIST", _data),
        ("training", _training),
    ]


def _strict_checks(settings: Settings) -> list[tuple[str, Callable[[], Check]]]:
    """The additional checks of --strict."""
    return [
        ("variables", settings_checks.variables),
        ("port", lambda: settings_checks.port(settings)),
        ("rates", lambda: settings_checks.rates(settings)),
        ("lab", lambda: settings_checks.lab(settings)),
    ]


def _print(results: list[tuple[str, bool | None, str]], values: list[dict[str, str]]) -> None:
    marks = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, good, found in results:
        table.add_row(marks[good], name, found)
    settings = Table(Column("setting", no_wrap=True), "value", "source", "meaning", box=None, pad_edge=False)
    for value in values:
        settings.add_row(value["variable"], escape(value["value"] or "-"), value["source"], escape(value["help"]))
    console = Console()
    console.print(table)
    console.print()
    console.print(settings)


def _python() -> Check:
    good = (3, 11) <= sys.version_info < (3, 15)
    return good, f"{platform.python_version()} on {platform.system()} {platform.machine()}; 3.11 to 3.14 are supported"


def _libraries() -> Check:
    missing = [name for name in LIBRARIES if not _version(name)]
    if missing:
        return False, f"missing: {', '.join(missing)}. Reinstall inkling."
    return True, ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _models() -> Check:
    bundles = registry.packaged()
    for entry in bundles.values():
        entry.model_bytes()  # raises BadBundle if the file does not match the manifest's checksum
    return True, ", ".join(f"{entry.name} {entry.version}" for entry in bundles.values())


def _drawn_seven() -> bytes:
    """A drawing of a 7 as a PNG."""
    import cv2
    import numpy as np

    board = np.full((280, 280), 255, np.uint8)
    cv2.polylines(board, [np.array(SEVEN)], isClosed=False, color=(20,), thickness=18, lineType=cv2.LINE_AA)
    return bytes(cv2.imencode(".png", board)[1])


def _reading(settings: Settings) -> Check:
    from inkling.pipeline.reader import Reader

    image = _drawn_seven()
    start = time.perf_counter()
    reader = Reader(settings.model or None)
    first = reader.read(image)
    loaded = time.perf_counter()
    reader.read(image)
    again_ms = (time.perf_counter() - loaded) * 1000
    times = f"first reading {1000 * (loaded - start):.0f} ms, next {again_ms:.1f} ms"
    found = f"{reader.bundle.name}: a drawn 7 is read as {first.text!r}; {times}"
    return first.text == "7", found


def _memory() -> Check:
    if sys.platform == "win32":
        return None, "not measured on Windows"
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return True, f"peak memory of this process {peak:.0f} MB; {os.cpu_count()} cores"


def _data() -> Check:
    from inkling.training.data.mnist import load_mnist

    try:
        load_mnist()
    except InklingError as error:
        return None, str(error)
    return True, "in the cache, checksums verified"


def _training() -> Check:
    if importlib.util.find_spec("tensorflow") is None:
        return None, "optional, not installed; to train networks, run make install-learn in a clone"
    from inkling.training.keras_setup import device

    return True, f"TensorFlow {_version('tensorflow')}, Keras {_version('keras')} on {device()}"
