"""For any image, the reader returns a typed outcome in bounded time and memory, without raising errors."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from inkling import Reader, Reading
from tests import nonsense
from tests.pictures import drawn_seven, encoded, row_of
from tests.pipeline.test_text_page_filter import page_of_digits

LONGEST_S = 20.0  # CPU time; far more than any of these takes
OUTCOMES = ("read", "unsure", "empty", "not_digit")

LONG_TEXT = pytest.param("page_of_text", marks=pytest.mark.slow)
PARAGRAPH = pytest.param("paragraph", marks=pytest.mark.slow)
EVERY_KIND = [{"page_of_text": LONG_TEXT, "paragraph": PARAGRAPH}.get(name, name) for name in nonsense.NONSENSE]


def read(reader: Reader, picture: np.ndarray | bytes) -> Reading:
    """Read a picture and check the invariants of every reading."""
    start = time.process_time()
    reading = reader.read(picture)
    assert time.process_time() - start < LONGEST_S
    assert reading.outcome in OUTCOMES
    assert (reading.outcome in ("read", "unsure")) == bool(reading.text)
    assert (reading.outcome == "read") or reading.reason.endswith(".")
    assert 0 <= reading.confidence <= 1
    assert len(reading.text.replace("\n", "")) == len(reading.digits)
    w, h = reading.size_wh
    for digit in reading.digits + reading.others:
        x, y, w_box, h_box = digit.box
        assert x >= 0
        assert y >= 0
        assert 0 < w_box <= w - x
        assert 0 < h_box <= h - y
    return reading


@pytest.mark.parametrize(
    "name",
    EVERY_KIND,
)
def test_nonsense_gets_a_typed_outcome(name: str, best_reader: Reader, reader: Reader) -> None:
    picture = nonsense.NONSENSE[name]()
    for each in (best_reader, reader):
        read(each, picture)
        read(each, encoded(picture, "JPEG", quality=60))


@pytest.mark.parametrize("name", ["blank", "black", "grain", "gradient", "clouds", "halftone", "leaves"])
def test_where_nothing_is_written_nothing_is_read(name: str, best_reader: Reader, reader: Reader) -> None:
    for each in (best_reader, reader):
        reading = read(each, nonsense.NONSENSE[name]())
        assert reading.outcome == "empty"


@pytest.mark.parametrize("name", ["qr_code", "small_qr_code", LONG_TEXT, PARAGRAPH, "checkerboard"])
def test_text_and_codes_are_not_plainly_read(name: str, best_reader: Reader, reader: Reader) -> None:
    for each in (best_reader, reader):
        reading = read(each, nonsense.NONSENSE[name]())
        assert reading.outcome != "read"
        assert "page of text, a code or a pattern" in reading.reason


@pytest.mark.parametrize("name", ["stripes", "scribble"])
def test_marks_that_are_no_digits_are_not_plainly_read(name: str, best_reader: Reader) -> None:
    assert read(best_reader, nonsense.NONSENSE[name]()).outcome != "read"


@pytest.mark.parametrize("name", ["blank", "grain", LONG_TEXT, "qr_code"])
def test_at_twelve_megapixels(name: str, best_reader: Reader) -> None:
    picture = cv2.resize(nonsense.NONSENSE[name](), (4000, 3000), interpolation=cv2.INTER_NEAREST)
    assert read(best_reader, picture).size_wh == (4000, 3000)
    assert read(best_reader, encoded(picture, "JPEG", quality=70)).outcome != "read"


@pytest.mark.slow
def test_fifty_megapixels(best_reader: Reader) -> None:
    assert read(best_reader, np.full((7000, 7100), 230, np.uint8)).outcome == "empty"
    assert (
        read(best_reader, encoded(np.full((7000, 7100, 3), 230, np.uint8), "PNG", compress_level=1)).outcome == "empty"
    )


def thin_images() -> Iterator[np.ndarray]:
    rng = np.random.default_rng(12)
    for shape in ((3, 8), (8, 3), (3, 4000), (4000, 3), (3, 30_000), (30_000, 3), (5, 30_000, 3), (30_000, 5, 4)):
        yield np.full(shape, 255, np.uint8)
        yield np.zeros(shape, np.uint8)
        yield rng.integers(0, 256, shape, dtype=np.uint8)
        dotted = np.full(shape, 255, np.uint8)
        dotted[1:2, 1::2] = 0
        yield dotted


@pytest.mark.parametrize("mode", ["auto", "single"])
def test_thin_images(mode: str, best_reader: Reader) -> None:
    for image in thin_images():
        assert best_reader.read(image, mode=mode).outcome in OUTCOMES  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_thousand_digits_are_all_seen(digits: tuple[np.ndarray, np.ndarray], best_reader: Reader) -> None:
    reading = read(best_reader, page_of_digits(digits[0], 1000))
    assert len(reading.digits) + len(reading.others) > 950
    assert reading.outcome in ("read", "unsure")
    assert reading.text.count("\n") >= 25


@pytest.mark.slow
def test_upside_down_and_mirrored_numbers(digits: tuple[np.ndarray, np.ndarray], best_reader: Reader) -> None:
    for start in range(0, 60, 5):
        row = row_of(list(digits[0][start : start + 5]))
        for turned in (row[::-1, ::-1], row[:, ::-1], row[::-1], row.T):
            assert read(best_reader, np.ascontiguousarray(turned)).outcome in ("read", "unsure", "not_digit")


def test_a_row_that_the_border_cuts_is_warned_of(digits: tuple[np.ndarray, np.ndarray], best_reader: Reader) -> None:
    for start in range(0, 60, 5):
        row = row_of(list(digits[0][start : start + 5]))
        inked = (row < 128).any(axis=0)
        left = int(inked.argmax())
        middle = left + int(inked[left:].argmin()) // 2  # x in the first digit
        cut = read(best_reader, np.ascontiguousarray(row[:, middle:]))
        assert "border" in [warning.code for warning in cut.warnings]


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("shape", [(9, 9), (28, 28), (64, 300), (1601, 1601)])
def test_one_odd_pixel(value: int, shape: tuple[int, int], best_reader: Reader) -> None:
    picture = np.full(shape, 128, np.uint8)
    picture[shape[0] // 2, shape[1] // 2] = value
    read(best_reader, picture)


def test_reading_is_the_same_each_time(best_reader: Reader) -> None:
    for name in ("face", "qr_code", "scribble"):
        picture = nonsense.NONSENSE[name]()
        assert best_reader.read(picture) == best_reader.read(picture)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_memory_stays_flat() -> None:
    """A separate process reads large photographs; its memory is compared after 5 and after 40 of them."""
    program = """
        import io, resource, sys
        import cv2, numpy as np
        from PIL import Image
        from inkling import Reader

        def resident_mb():
            pages = int(open("/proc/self/statm").read().split()[1])
            return pages * resource.getpagesize() / 1e6

        picture = np.full((3000, 4000, 3), 220, np.uint8)
        cv2.putText(picture, "407", (1200, 1800), cv2.FONT_HERSHEY_SIMPLEX, 20, (40, 40, 60), 60)
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG")
        del picture
        reader = Reader("ann")
        for n in range(1, 41):
            reader.read(buffer.getvalue())
            if n in (5, 40):
                print(resident_mb())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True, timeout=300
    )
    early, late = map(float, done.stdout.split())
    assert late < early + 15
    assert late < 400


def test_the_seven_of_all_tests_is_read(best_reader: Reader) -> None:
    """The checks that reject nonsense must accept a plain digit."""
    reading = read(best_reader, drawn_seven())
    assert (reading.outcome, reading.text, reading.warnings) == ("read", "7", ())
