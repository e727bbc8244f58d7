import time

import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.over_segmentation.glyph_line_recognizer import BLANK
from inkling.pipeline.over_segmentation.ranking import SegmentationHypothesis, combine_with_line, rank_segmentations
from inkling.pipeline.segmentation import segment
from tests.pipeline.over_segmentation.test_segmentation_graph import COSTS, zeros_in_a_row


def only_zeros(tiles: np.ndarray) -> Prediction:
    """Stands in for a network that knows one digit, 0: as high as a tile, narrower, and hollow."""
    probs = np.full((len(tiles), 10), 0.001, np.float32)
    probs[:, 0] = 0.991
    return Prediction(probs, np.array([0.001 if is_zero(tile) else 0.9999 for tile in tiles], np.float32))


def is_zero(tile: np.ndarray) -> bool:
    ink = np.pad(tile > 0.3, 1)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    across, down = ink[rows.mean().astype(int)], ink[:, columns.mean().astype(int)]
    strokes = [np.count_nonzero(line[1:] & ~line[:-1]) for line in (across, down)]
    return strokes == [2, 2] and np.ptp(rows) >= 18 and 9 <= np.ptp(columns) <= 15


def segmentations_of(ink: np.ndarray) -> list[SegmentationHypothesis]:
    segmentation = segment(ink)
    tiles = normalize_glyphs(ink, segmentation)
    return rank_segmentations(ink, segmentation, tiles, only_zeros(tiles), only_zeros, costs=COSTS)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("cnn")


def touching(images: np.ndarray) -> np.ndarray:
    """(N, 28, 28) uint8 digits -> one dark-on-light row in which each overlaps the one before by two pixels."""
    digits = [image[:, np.flatnonzero(image.max(axis=0) > 60)] for image in images]
    row = np.zeros((28, sum(digit.shape[1] for digit in digits)), np.uint8)
    x = 0
    for digit in digits:
        place = row[:, x : x + digit.shape[1]]
        np.maximum(place, digit, out=place)
        x += digit.shape[1] - 2
    return 255 - cv2.resize(np.pad(row[:, : x + 2], 8), None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)


@pytest.mark.slow
def test_pairs_that_touch_are_mostly_cut_right(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    chosen = np.random.default_rng(0).integers(0, len(images), (60, 2))
    right = [reader.read(touching(images[pair])).text == "".join(map(str, labels[pair])) for pair in chosen]
    assert np.mean(right) > 0.75


@pytest.mark.slow
def test_a_digit_alone_is_not_cut(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    read = [reader.read(touching(image[None])).text for image in images]
    assert np.mean([text == str(label) for text, label in zip(read, labels, strict=True)]) > 0.97
    assert sum(len(text) > 1 for text in read) <= 1


def test_a_network_that_cannot_refuse_never_cuts(digits: tuple[np.ndarray, np.ndarray]) -> None:
    pair = touching(digits[0][:2])
    assert len(Reader("ann").hypotheses(pair)) == 1


def columns(*digits: int) -> np.ndarray:
    """(T, 11): what a network says that reads these digits in a line image, and is nearly certain."""
    probs = np.full((2 * len(digits) + 1, 11), 0.001, np.float32)
    probs[::2, BLANK] = probs[np.arange(1, 2 * len(digits), 2), digits] = 0.99
    return probs


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_line_recognizer_decides_between_texts(n: int) -> None:
    """Whatever number of zeros it reads gains on every other."""
    ink = zeros_in_a_row(4)
    segmentation = segment(ink)
    tiles = normalize_glyphs(ink, segmentation)
    asked = []

    def recognize_line(line_image: np.ndarray) -> np.ndarray:
        asked.append(line_image.shape)
        return columns(*[0] * n)

    hypotheses = rank_segmentations(
        ink, segmentation, tiles, only_zeros(tiles), only_zeros, costs=COSTS, recognize_line=recognize_line
    )
    without = rank_segmentations(ink, segmentation, tiles, only_zeros(tiles), only_zeros, costs=COSTS)
    assert asked == [(28, 56)]
    assert len(hypotheses) >= len(without)
    found, before = ({len(one.tiles): worth(one) for one in some} for some in (hypotheses, without))
    assert all(found[n] - found[m] >= before[n] - before[m] - 1e-5 for m in before if n in before)


def worth(hypothesis: SegmentationHypothesis) -> float:
    """The logarithm of the probability of its most probable digits."""
    return float(hypothesis.log_weight + np.log(hypothesis.prediction.probs.max(axis=1)).sum())


def test_the_line_recognizer_changes_digits_and_the_text_scores_as_before() -> None:
    probs = np.full((2, 10), 0.01, np.float32)
    probs[0, [1, 7]], probs[1, 4] = (0.5, 0.42), 0.91
    both, lost = combine_with_line(probs, (1, 4), columns(7, 4), COSTS)
    assert both.argmax(axis=1).tolist() == [7, 4]
    np.testing.assert_allclose(both.sum(axis=1), 1, atol=1e-5)
    assert np.exp(lost) == pytest.approx(float(probs[0, 1] * probs[1, 4] / (both[0, 1] * both[1, 4])), rel=1e-3)
    for digits, line_probs in (((1, 4), None), ((1,), columns(7))):
        same, nothing = combine_with_line(probs[: len(digits)], digits, line_probs, COSTS)
        assert nothing == 0
        np.testing.assert_array_equal(same, probs[: len(digits)])


def test_tiles_and_prediction_are_those_of_the_glyphs() -> None:
    ink = zeros_in_a_row(3)
    for hypothesis in segmentations_of(ink):
        n = sum(map(len, hypothesis.lines))
        assert hypothesis.tiles.shape == (n, 28, 28)
        assert hypothesis.prediction.probs.shape == (n, 10)
        assert hypothesis.prediction.not_digit.tolist() == only_zeros(hypothesis.tiles).not_digit.tolist()


def test_shares_sum_to_one_and_the_likeliest_is_first() -> None:
    hypotheses = segmentations_of(zeros_in_a_row(4))
    weights = np.array([hypothesis.log_weight for hypothesis in hypotheses])
    best = weights + [np.log(hypothesis.prediction.probs.max(axis=1)).sum() for hypothesis in hypotheses]
    assert len(hypotheses) > 1
    assert np.exp(weights).sum() == pytest.approx(1)
    assert np.all(np.diff(best) <= 1e-6)


def test_what_is_plainly_one_digit_is_not_looked_at_again() -> None:
    ink = zeros_in_a_row(3, apart=30)
    segmentation = segment(ink)
    tiles = normalize_glyphs(ink, segmentation)

    def never(tiles: np.ndarray) -> Prediction:
        raise AssertionError("nothing is to be judged twice")

    (only,) = rank_segmentations(ink, segmentation, tiles, only_zeros(tiles), never, costs=COSTS)
    assert (only.log_weight, only.lines) == (0.0, segmentation.lines)
    assert only.tiles is tiles


def test_no_ink_is_one_empty_hypothesis() -> None:
    (only,) = segmentations_of(np.zeros((50, 50), np.float32))
    assert (only.log_weight, only.lines, only.tiles.shape) == (0.0, [], (0, 28, 28))


def test_parts_of_a_broken_digit_are_joined() -> None:
    ink = zeros_in_a_row(3, apart=30)
    ink[:, 134 - 2 : 134 + 2] = 0  # the middle one falls into two halves
    first, *_ = segmentations_of(ink)
    assert [glyph.box_xywh[:3:2] for glyph in first.lines[0]] == [(19, 63), (103, 63), (187, 63)]


@pytest.mark.slow
def test_hundreds_of_touching_digits_take_bounded_time(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    page = np.hstack([np.vstack([touching(digits[0][i : i + 20])[:, :1200] for i in range(0, 100, 20)])] * 2)
    start = time.perf_counter()
    reader.read(page)
    assert time.perf_counter() - start < 30


def test_what_is_too_low_for_a_digit_of_its_line_is_not_cut() -> None:
    """The first stroke of a 7 beside a digit: cutting it in a hundred ways would make a moving pen wait."""
    ink = np.pad(zeros_in_a_row(1), ((0, 0), (0, 120)))  # (130, 234)
    ink[20:48, 120:210] = 1.0
    segmentation = segment(ink)
    tiles = normalize_glyphs(ink, segmentation)
    asked = []

    def refuses_all(more: np.ndarray) -> Prediction:
        asked.append(len(more))
        return Prediction(np.full((len(more), 10), 0.1, np.float32), np.full(len(more), 0.99, np.float32))

    assert len(tiles) == 2
    first = Prediction(np.full((2, 10), 0.1, np.float32), np.array([0.01, 0.99], np.float32))
    rank_segmentations(ink, segmentation, tiles, first, refuses_all, costs=COSTS)
    assert sum(asked) <= 2, "the low mark as it is"
