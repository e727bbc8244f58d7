import asyncio
import io
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkling import Reader, Reading
from inkling.errors import BadRequest, EmptyPicture, ImageTooLarge, NotFound, UnknownFormat, UnknownName
from inkling.pipeline.decode import decode
from inkling.pipeline.reader import prepare_decoded
from inkling.pipeline.result import doubted
from tests.pictures import drawn_seven, encoded, enlarged, row_of

Digits = tuple[np.ndarray, np.ndarray]


def share_right(reader: Reader, pictures: list[np.ndarray], labels: np.ndarray) -> float:
    readings = map(reader.read, pictures)
    return float(np.mean([reading.text == str(label) for reading, label in zip(readings, labels, strict=True)]))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d, id="as MNIST has it"),
        pytest.param(lambda d: enlarged(d, 10), id="enlarged, dark on light"),
        pytest.param(lambda d: 255 - enlarged(d, 10), id="enlarged, light on dark"),
        pytest.param(lambda d: np.pad(enlarged(d, 4), ((300, 20), (10, 500)), constant_values=255), id="off centre"),
        pytest.param(lambda d: (120 + 0.25 * enlarged(d, 6)).astype(np.uint8), id="faint"),
        pytest.param(lambda d: (enlarged(d, 10) * np.linspace(1, 0.3, 280)).astype(np.uint8), id="uneven light"),
        pytest.param(lambda d: np.dstack([np.zeros((224, 224, 3), np.uint8), 255 - enlarged(d)]), id="transparent"),
    ],
)
def test_digits_are_read_whatever_the_picture(reader: Reader, digits: Digits, change) -> None:  # type: ignore[no-untyped-def]
    images, labels = digits
    assert share_right(reader, [change(image) for image in images], labels) >= 0.94


def test_several_digits_come_back_in_reading_order(reader: Reader, digits: Digits) -> None:
    images, labels = digits
    good = [image for image in images if reader.read(image).outcome == "read"]
    truth = {image.tobytes(): str(label) for image, label in zip(images, labels, strict=True)}
    right = 0
    for start in range(0, 60, 3):
        chosen = good[start : start + 3]
        picture = row_of(chosen)
        reading = reader.read(picture)
        right += reading.text == "".join(truth[image.tobytes()] for image in chosen)
        xs = [digit.box[0] for digit in reading.digits]
        assert xs == sorted(xs)
    assert right >= 18


def test_two_rows_are_two_lines(reader: Reader) -> None:
    seven = drawn_seven()
    reading = reader.read(np.block([[seven, seven], [seven, seven]]))
    assert reading.text == "77\n77"


def test_box_is_in_pixels_of_the_upright_image(reader: Reader) -> None:
    board = np.full((3000, 4000), 255, np.uint8)
    board[1000:1560, 2000:2560] = drawn_seven(side=560, width=36)
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored picture is rotated by 90 degrees
    content = encoded(np.ascontiguousarray(np.rot90(board)), "JPEG", exif=exif)
    reading = reader.read(content)
    assert reading.size_wh == (4000, 3000)
    assert reading.text == "7"
    x, y, w, h = reading.digits[0].box
    assert (x, y, w, h) == pytest.approx((2122, 1132, 306, 346), abs=12)


def on_board(*digits: np.ndarray, side: int = 1700) -> np.ndarray:
    """Digits side by side in the middle of a large white image."""
    board = np.full((side, side), 255, np.uint8)
    row = np.hstack(digits)
    y, x = (side - row.shape[0]) // 2, (side - row.shape[1]) // 2
    board[y : y + row.shape[0], x : x + row.shape[1]] = row
    return board


def test_one_large_digit_is_read_at_a_glance_as_in_full(reader: Reader, digits: Digits) -> None:
    images, _ = digits
    for image in images[::20]:
        board = on_board(enlarged(image, 20))
        glance, whole = reader.trace(board), reader.trace_prepared(prepare_decoded(decode(board), "auto"))
        assert glance.image.shape == (425, 425)
        assert whole.image.shape == (1600, 1600)
        assert glance.reading.text == whole.reading.text
        assert glance.reading.size_wh == (1700, 1700)
        assert np.abs(glance.probs - whole.probs).max() < 0.1
        assert np.abs(np.subtract(glance.reading.digits[0].box, whole.reading.digits[0].box)).max() <= 4


@pytest.mark.parametrize(
    "board",
    [
        pytest.param(lambda seven: on_board(seven, seven), id="two digits"),
        pytest.param(on_board, id="a small digit"),
        pytest.param(lambda seven: on_board(np.full_like(seven, 255)), id="no ink"),
        pytest.param(lambda seven: on_board(seven, side=790), id="a picture that is not large"),
        pytest.param(lambda seven: on_board(np.zeros((800, 600), np.uint8)), id="a patch"),
        pytest.param(lambda seven: on_board(drawn_seven(side=800))[:, 700:], id="a digit at the border"),
    ],
)
def test_all_else_is_read_in_full(reader: Reader, board: Callable[[np.ndarray], np.ndarray]) -> None:
    picture = board(drawn_seven())
    assert max(reader.trace(picture).image.shape) == min(1600, max(picture.shape))


def test_a_large_mark_that_is_no_sure_digit_is_read_in_full(best_reader: Reader) -> None:
    scrawl = np.full((800, 800), 255, np.uint8)
    points = np.random.default_rng(2).integers(80, 720, (14, 2))
    cv2.polylines(scrawl, [points.reshape(-1, 1, 2)], False, 0, 18)
    prepared = best_reader.prepare(on_board(scrawl))
    assert prepared.whole is not None
    trace = best_reader.trace_prepared(prepared)
    assert trace.reading.outcome != "read"
    assert trace.image.shape == (1600, 1600)


def test_every_kind_of_source_reads_alike(reader: Reader, tmp_path) -> None:  # type: ignore[no-untyped-def]
    picture = drawn_seven()
    path = tmp_path / "seven.png"
    path.write_bytes(encoded(picture))
    readings = [
        reader.read(source) for source in (picture, encoded(picture), Image.fromarray(picture), path, str(path))
    ]
    assert {reading.text for reading in readings} == {"7"}
    assert len({reading.confidence for reading in readings}) == 1


def test_blank_paper_is_empty(reader: Reader) -> None:
    reading = reader.read(np.full((100, 100), 250, np.uint8))
    assert (reading.outcome, reading.text, reading.digits) == ("empty", "", ())
    assert reading.reason


def test_single_reads_all_ink_as_one_digit(reader: Reader) -> None:
    broken = drawn_seven()
    broken[130:160] = 255
    assert len(reader.read(broken, mode="single").digits) == 1


def test_many_are_read_in_order_with_an_error_in_its_place(reader: Reader, digits: Digits) -> None:
    pictures = [
        drawn_seven(),
        b"no picture",
        np.full((50, 50), 255, np.uint8),
        "nowhere.png",
        b"",
        row_of(list(digits[0][:4])),
    ]
    seven, unknown, empty, missing, no_bytes, row = reader.read_many(iter(pictures))
    for found, source in ((seven, pictures[0]), (empty, pictures[2]), (row, pictures[5])):
        assert found == reader.read(source)
    assert [type(error) for error in (unknown, missing, no_bytes)] == [UnknownFormat, NotFound, EmptyPicture]
    with pytest.raises(UnknownFormat, match=re.escape(str(unknown))):
        reader.read(pictures[1])
    assert reader.read_many([]) == []
    with pytest.raises(BadRequest):
        reader.read_many([], mode="both")  # type: ignore[arg-type]


def test_the_limit_of_bytes_is_the_readers(digits: Digits) -> None:
    content = encoded(drawn_seven())
    with pytest.raises(ImageTooLarge):
        Reader("ann-tutorial", max_bytes=len(content) - 1).read(content)


def test_trace_shows_every_step(reader: Reader) -> None:
    trace = reader.trace(drawn_seven())
    assert trace.image.shape == trace.ink.shape == (280, 280)
    assert trace.tiles.shape == (1, 28, 28)
    assert trace.probs.shape == (1, 10)
    assert trace.lines == [[trace.reading.digits[0].box]]


def test_wrong_choices_are_named(reader: Reader) -> None:
    with pytest.raises(BadRequest, match="expected 'auto' or 'single'"):
        reader.read(drawn_seven(), mode="both")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="Did you mean 'ann-tutorial'"):
        Reader("ann-tutorail")


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 90), st.integers(8, 90), st.integers(0, 2**32 - 1), st.booleans())
def test_any_picture_gets_a_bounded_answer(reader: Reader, h: int, w: int, seed: int, binary: bool) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (h, w), dtype=np.uint8)
    reading = reader.read((picture > 200).astype(np.uint8) * 255 if binary else picture)
    assert reading.outcome in {"read", "unsure", "empty", "not_digit"}
    for digit in reading.digits:
        x, y, width, height = digit.box
        assert 0 <= x < x + width <= w
        assert 0 <= y < y + height <= h
        assert sum(digit.probs) == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_serving_loads_neither_training_nor_what_is_off() -> None:
    code = (
        "import sys, numpy as np; from inkling import Reader; import inkling.server.app; "
        "inkling.server.app.create_app(); Reader('ann-tutorial').read(np.full((50, 50), 255, np.uint8)); "
        "barred = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'seaborn', 'sklearn', 'inkling.training', "
        "'flask_cors', 'limits'}; bad = barred & set(sys.modules); "
        "sys.exit(', '.join(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_doubted_reading_of_glyphs_keeps_their_tiles(best_reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.pipeline.reader.agreed", lambda rows, glyphs, **_: doubted(glyphs, "in doubt"))
    trace = best_reader.trace(drawn_row())
    assert trace.reading.outcome == "unsure"
    assert len(trace.tiles) == len(trace.reading.digits) == sum(map(len, trace.lines)) > 1
    assert trace.rows == ()


def drawn_row() -> np.ndarray:
    board = np.full((120, 300), 255, np.uint8)
    for i, text in enumerate("17"):
        cv2.putText(board, text, (40 + 120 * i, 95), cv2.FONT_HERSHEY_SIMPLEX, 2.6, (0,), 9)
    return board


def test_predictions_of_many_digits_on_all_cores_are_those_of_one(reader: Reader, digits: Digits) -> None:
    images, labels = digits
    many = np.concatenate([images] * 6)
    probs = reader.predict_proba(many)
    np.testing.assert_allclose(probs, np.concatenate([reader.predict_proba(images)] * 6), atol=1e-6)
    predicted = reader.predict(many.reshape(len(many), 784))
    assert (predicted == probs.argmax(axis=1)).all()
    assert np.mean(predicted[: len(labels)] == labels) > 0.94
    assert reader.predict(images[:0]).shape == (0,)


def test_a_reader_travels_to_another_process(reader: Reader, digits: Digits, tmp_path: Path) -> None:
    copy = pickle.loads(pickle.dumps(Reader(reader.bundle.name, sure_at=0.97, max_bytes=1000)))
    assert (copy.bundle.version, copy.sure_at) == (reader.bundle.version, 0.97)
    assert copy.read(digits[0][3]).text == reader.read(digits[0][3]).text
    with pytest.raises(ImageTooLarge):
        copy.read(bytes(2000))
    folder = tmp_path / "mine"
    shutil.copytree(reader.bundle.path, folder)
    assert pickle.loads(pickle.dumps(Reader(folder))).bundle.path == folder


def test_a_reader_is_shared_between_threads_and_tasks(reader: Reader, digits: Digits) -> None:
    pictures = [row_of([digits[0][i], digits[0][i + 1]]) for i in range(0, 24, 2)]
    expected = [reader.read(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(reader.read, pictures * 2)) == expected * 2

    async def all_of_them() -> list[Reading]:
        return list(await asyncio.gather(*(asyncio.to_thread(reader.read, picture) for picture in pictures)))

    with ThreadPoolExecutor(1) as pool:  # another test's event loop may be in this thread
        assert pool.submit(lambda: asyncio.run(all_of_them())).result() == expected


def test_an_open_file_is_read_also_at_its_end(reader: Reader, digits: Digits, tmp_path: Path) -> None:
    content = encoded(enlarged(digits[0][3], 4))
    expected = reader.read(content)
    path = tmp_path / "a.png"
    path.write_bytes(content)
    buffer = io.BytesIO()
    buffer.write(content)
    with path.open("rb") as file:
        found = reader.read_many([io.BytesIO(content), buffer, file, path, str(path)])
    assert found == [expected] * 5
    with path.open(encoding="latin-1") as text, pytest.raises(BadRequest, match="Open it in the mode 'rb'"):
        reader.read(text)  # type: ignore[arg-type]


@pytest.mark.learn
def test_tensors(reader: Reader, digits: Digits) -> None:
    import tensorflow as tf

    assert reader.read(tf.constant(digits[0][3] / 255)).text == reader.read(digits[0][3]).text
    assert (reader.predict(tf.constant(digits[0][:9])) == reader.predict(digits[0][:9])).all()
