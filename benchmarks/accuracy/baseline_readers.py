"""The other readers in the comparison, each with the settings that are tried on every set of images.

A baseline gets prepared images: transparency on white and, depending on the setting, dark on light, scaled to a height
and with a margin. For each set, only the baseline's best setting counts. This favors the baseline, because the labels
decide which setting is best.
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

from benchmarks.common import ROOT

PYTHON = ROOT / ".venv-baselines" / "bin" / "python"  # created by `make baseline-readers`


@dataclass(frozen=True)
class Setting:
    """The preparation of images, and the options of the baseline."""

    name: str
    height: int | None  # to which the image is scaled, in pixels; None: not scaled
    margin: float  # white border, as a fraction of the height
    options: tuple[str, ...] = ()
    invert: bool = True  # light on dark becomes dark on light


@dataclass(frozen=True)
class Answers:
    """A baseline's answers to some images."""

    texts: list[str]
    cpu_s: float  # with startup only for Tesseract; other load on the machine does not change it


@dataclass(frozen=True)
class BaselineReader:
    """A reader to compare with inkling."""

    name: str
    version: str
    read: Callable[[Sequence[Path], Setting], Answers]  # prepared images -> texts
    singles: tuple[Setting, ...]  # for images of one digit
    rows: tuple[Setting, ...]  # for images of several digits; () if it cannot read them


def tesseract() -> BaselineReader | None:
    """Tesseract from the PATH with digits as its whitelist; None if it is not installed."""
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
            found.pop()  # some versions write a form feed after the last page, too
        if len(found) != len(paths):
            raise SystemExit(f"tesseract returned {len(found)} pages for {len(paths)} images; it cannot be compared.")
        return Answers(["".join(text.split()) for text in found], cpu_s)

    def settings(heights: tuple[int | None, ...], modes: tuple[int, ...]) -> tuple[Setting, ...]:
        each = [(height, mode) for height in heights for mode in modes]
        return tuple(Setting(f"psm {m}, {h or 'own'} px", h, 0.1, ("--psm", str(m))) for h, m in each)

    singles, rows = settings((None, 32, 48, 96), (6, 7, 10)), settings((None, 128), (6, 7, 11, 13))
    return BaselineReader("Tesseract", head.split()[-1], read, singles, rows)


def rapidocr(package: str, name: str, *, python: Path = PYTHON) -> BaselineReader | None:
    """RapidOCR in another Python, in a process that ends with this one; None if it is not installed."""
    if not python.is_file():
        return None
    command = [str(python), str(Path(__file__).with_name("rapidocr_process.py")), package]
    runner = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert runner.stdin is not None
    assert runner.stdout is not None
    tasks, answers = runner.stdin, runner.stdout
    version = answers.readline().strip()
    if not version:
        runner.wait()
        return None

    def read(paths: Sequence[Path], setting: Setting) -> Answers:
        task = {"lines": setting.options == ("detect",), "paths": [str(path) for path in paths]}
        tasks.write(json.dumps(task) + "\n")
        tasks.flush()
        line = answers.readline()
        if not line:
            raise SystemExit(f"{name} stopped while reading {len(paths)} images; run it alone: {' '.join(command)}")
        return Answers(**json.loads(line))

    # RapidOCR scales images itself, so only the margin varies; a row already has a margin.
    margins = {"detect": (0.5,), "recognise": (0, 0.5)}
    singles = [Setting(f"{task}, margin {m:g}", None, m, (task,)) for task, each in margins.items() for m in each]
    rows = [Setting(f"{task}, margin 0", None, 0, (task,)) for task in margins]
    return BaselineReader(name, version, read, tuple(singles), tuple(rows))


def tutorial() -> BaselineReader:
    """The typical tutorial network with the typical preprocessing: the image is only resized."""
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
    return BaselineReader("tutorial network, picture resized", found.version, read, settings, ())


def prepare(paths: Sequence[Path], setting: Setting, folder: Path) -> list[Path]:
    """Prepare the images for a baseline, as PNG files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    prepared = []
    for i, path in enumerate(paths):
        image = _grey(path)
        rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        if setting.invert and np.median(rim) < 128:
            image = 255 - image
        if setting.height:
            factor = setting.height / len(image)
            smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=smooth)
        margin = round(setting.margin * len(image))
        value = int(np.median(rim if np.median(rim) >= 128 or not setting.invert else 255 - rim))
        image = cv2.copyMakeBorder(image, *(margin,) * 4, cv2.BORDER_CONSTANT, value=value)
        prepared.append(folder / f"{i:05d}.png")
        cv2.imwrite(str(prepared[-1]), image)
    return prepared


def _children_s() -> float:
    """CPU seconds of the child processes that have ended; on Windows the elapsed time."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


def _grey(path: Path) -> np.ndarray:
    """Any image file -> (H, W) uint8, transparency on white."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image.ndim == 2:
        return image
    if image.shape[2] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255
        image = np.rint(image[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
