"""Other readers of digits, each with the settings that are tried on every set of pictures.

A rival is given pictures made ready for it: transparency laid on white, dark on light, brought to a height, with a
margin. Of its settings the one that reads most of a set counts, a choice by the answers that favours the rival.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
RAPID_PYTHON = HERE.parents[1] / ".venv-baselines" / "bin" / "python"  # `make rivals` makes it


@dataclass(frozen=True)
class Setting:
    """How a picture is made ready, and what the rival is told."""

    name: str
    height: int | None  # pixels that the picture is brought to; None leaves it
    margin: float  # white around it, by its height
    options: tuple[str, ...] = ()
    invert: bool = True  # light on dark becomes dark on light


@dataclass(frozen=True)
class Answers:
    """What a rival says of some pictures."""

    texts: list[str]
    cpu_s: float  # of one core, without starting; the same on a busy machine


@dataclass(frozen=True)
class Rival:
    """Another reader."""

    name: str
    version: str
    read: Callable[[Sequence[Path], Setting], Answers]  # ready pictures -> texts
    singles: tuple[Setting, ...]  # for pictures of one digit
    rows: tuple[Setting, ...]  # for pictures of several; () when it cannot read such


def tesseract() -> Rival | None:
    """Tesseract from the PATH, told that there are only digits; None when it is not there."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    head = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]

    def read(paths: Sequence[Path], setting: Setting) -> Answers:
        listed = paths[0].parent / "paths.txt"
        listed.write_text("".join(f"{path}\n" for path in paths))
        command = [program, str(listed), "stdout", *setting.options, "-c", "tessedit_char_whitelist=0123456789"]
        environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
        before = _children_s()
        found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split("\f")
        cpu_s = _children_s() - before
        if len(found) == len(paths) + 1 and not found[-1].strip():
            found.pop()  # some versions end the last page, too
        if len(found) != len(paths):
            raise SystemExit(f"tesseract gave {len(found)} pages for {len(paths)} pictures; it cannot be compared.")
        return Answers(["".join(text.split()) for text in found], cpu_s)

    def settings(heights: tuple[int | None, ...], modes: tuple[int, ...]) -> tuple[Setting, ...]:
        each = [(height, mode) for height in heights for mode in modes]
        return tuple(Setting(f"psm {m}, {h or 'own'} px", h, 0.1, ("--psm", str(m))) for h, m in each)

    singles, rows = settings((None, 32, 48, 96), (6, 7, 10)), settings((None, 128), (6, 7, 11, 13))
    return Rival("Tesseract", head.split()[-1], read, singles, rows)


def rapidocr(package: str, name: str, *, python: Path = RAPID_PYTHON) -> Rival | None:
    """RapidOCR in a Python of its own, which runs until this one ends; None when that is not there or has it not."""
    if not python.is_file():
        return None
    command = [str(python), str(HERE / "rapidocr_process.py"), package]
    runner = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert runner.stdin is not None
    assert runner.stdout is not None
    asked, answered = runner.stdin, runner.stdout
    version = answered.readline().strip()
    if not version:
        runner.wait()
        return None

    def read(paths: Sequence[Path], setting: Setting) -> Answers:
        task = {"lines": setting.options == ("detect",), "paths": [str(path) for path in paths]}
        asked.write(json.dumps(task) + "\n")
        asked.flush()
        line = answered.readline()
        if not line:
            raise SystemExit(f"{name} stopped while it read {len(paths)} pictures; try it alone: {' '.join(command)}")
        return Answers(**json.loads(line))

    # It brings pictures to heights of its own, so only the margin is worth trying; a row has one already.
    margins = {"detect": (0.5,), "recognise": (0, 0.5)}
    singles = [Setting(f"{task}, margin {m:g}", None, m, (task,)) for task, each in margins.items() for m in each]
    rows = [Setting(f"{task}, margin 0", None, 0, (task,)) for task in margins]
    return Rival(name, version, read, tuple(singles), tuple(rows))


def tutorial() -> Rival:
    """The network of every tutorial, fed as tutorials do: the picture made small, nothing else."""
    from inkling.models import registry
    from inkling.pipeline.classifier import Classifier

    found = registry.find("ann-tutorial")
    model = Classifier(found)

    def read(paths: Sequence[Path], setting: Setting) -> Answers:
        start = time.process_time()
        small = [cv2.resize(_grey(path), (28, 28), interpolation=cv2.INTER_AREA) for path in paths]
        tiles = np.stack(small).astype(np.float32) / 255  # (N, 28, 28)
        texts = [str(digit) for digit in model(1 - tiles if setting.invert else tiles).argmax(axis=1)]
        return Answers(texts, time.process_time() - start)

    settings = (Setting("colours as they are", None, 0, invert=False), Setting("light on dark", None, 0))
    return Rival("tutorial network, picture resized", found.version, read, settings, ())


def ready(paths: Sequence[Path], setting: Setting, folder: Path) -> list[Path]:
    """The pictures made ready for a rival, as PNG files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for i, path in enumerate(paths):
        picture = _grey(path)
        rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        if setting.invert and np.median(rim) < 128:
            picture = 255 - picture
        if setting.height:
            factor = setting.height / len(picture)
            smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=smooth)
        margin = round(setting.margin * len(picture))
        value = int(np.median(rim if np.median(rim) >= 128 or not setting.invert else 255 - rim))
        picture = cv2.copyMakeBorder(picture, *(margin,) * 4, cv2.BORDER_CONSTANT, value=value)
        made.append(folder / f"{i:05d}.png")
        cv2.imwrite(str(made[-1]), picture)
    return made


def _children_s() -> float:
    """Time that ended child processes have spent computing, seconds; on Windows the time of day instead."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


def _grey(path: Path) -> np.ndarray:
    """Any picture -> (H, W) uint8, transparency laid on white."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 4:
        alpha = picture[..., 3:].astype(np.float32) / 255
        picture = np.rint(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
