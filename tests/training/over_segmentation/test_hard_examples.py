"""Hard examples: which pieces of rows are shown, and as what."""

from __future__ import annotations

import numpy as np
import pytest

from inkling import Reader
from inkling.errors import BadRecipe
from inkling.pipeline.classifier import Prediction
from inkling.training import recipe
from inkling.training.data.mnist import as_input
from inkling.training.nondigits import NO_DIGIT
from inkling.training.over_segmentation import hard_examples
from inkling.training.over_segmentation import synthetic_rows as row_writer
from inkling.training.over_segmentation.hard_examples import CutRow

pytestmark = pytest.mark.slow  # rows are written and cut first


@pytest.fixture(scope="module")
def rows(digits: tuple[np.ndarray, np.ndarray]) -> list[CutRow]:
    images, labels = digits
    return hard_examples.cut_rows(recipe.find("cnn", ["mined=0.6", "copies=0"]), images, labels)


def reads(reader: Reader) -> hard_examples.Classify:
    return lambda tiles: reader.classify(as_input(tiles))


def test_as_many_rows_as_the_recipe_asks_the_same_each_time(
    rows: list[CutRow], digits: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = digits
    again = hard_examples.cut_rows(recipe.find("cnn", ["mined=0.6", "copies=0"]), images, labels)
    assert len(rows) == round(0.6 * len(images) / hard_examples.SHOWN_OF_ROW)
    assert [row.text for row in rows] == [row.text for row in again]
    assert {len(row.text) for row in rows} == {1, 2, 3, 4}
    first, other = rows[0].graphs[0], again[0].graphs[0]
    np.testing.assert_array_equal(first.tiles, other.tiles)


def test_of_the_rows_as_many_are_poor_copies_as_the_recipe_asks(digits: tuple[np.ndarray, np.ndarray]) -> None:
    alone = [
        sum(
            len(row.text) == 1
            for row in hard_examples.cut_rows(recipe.find("cnn", ["mined=0.6", f"copies={share}"]), *digits)
        )
        for share in (0, 0.5, 1)
    ]
    n = round(0.6 * len(digits[0]) / hard_examples.SHOWN_OF_ROW)
    assert alone[0] < alone[1] < alone[2] == n


def test_a_poor_copy_shows_one_digit_dark_on_light(digits: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    reader, right = Reader("cnn"), []
    for _ in range(40):
        picture, text = row_writer.write_row(row_writer.COPY, *digits, rng, longest=4)
        assert picture.dtype == np.uint8
        assert len(text) == 1
        right.append(reader.read(picture).text == str(text[0]))
    assert np.mean(right) > 0.8


def test_a_row_that_is_read_right_teaches_little(rows: list[CutRow]) -> None:
    """And a network that refuses the digits of the same row, much: they are to be shown as what was written."""
    reader = Reader("cnn")
    easy = next(row for row in rows if len(row.text) == 1 and len(row.graphs[0].tiles) > 5)
    judged = reads(reader)(easy.graphs[0].tiles)
    right = hard_examples.lesson_of(easy, judged)
    assert right is not None
    wrong = hard_examples.lesson_of(easy, Prediction(judged.probs, np.where(judged.not_digit < 0.1, 0.999, 0.01)))
    assert wrong is not None
    best = wrong[1].argmax()
    assert wrong[1].max() > 0.5 > right[1].max()
    assert wrong[0].sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert wrong[0][:, easy.text[0]].max() > 0.99
    assert wrong[0][best, [easy.text[0], NO_DIGIT]].sum() == pytest.approx(1, abs=1e-3)


def test_a_row_that_no_way_reads_teaches_nothing(rows: list[CutRow]) -> None:
    one = next(row for row in rows if len(row.text) == 1)
    judged = reads(Reader("cnn"))(np.concatenate([graph.tiles for graph in one.graphs]))
    assert hard_examples.lesson_of(CutRow([1] * 30, one.graphs), judged) is None


def test_mined_pieces_come_from_the_rows_with_labels(rows: list[CutRow]) -> None:
    judge = reads(Reader("cnn"))
    tiles, labels = hard_examples.mine(rows, judge, 200, np.random.default_rng(0))
    assert tiles.shape == (200, 28, 28)
    assert tiles.dtype == labels.dtype == np.uint8
    assert set(labels.tolist()) <= set(range(NO_DIGIT + 1))
    shown = {tile.tobytes() for tile in tiles}
    assert shown <= {tile.tobytes() for row in rows for graph in row.graphs for tile in graph.tiles}
    digits = labels < NO_DIGIT
    read = judge(tiles[digits]).probs.argmax(axis=1)
    assert np.mean(read == labels[digits]) > 0.5  # most pieces that are shown as a digit look like it
    again = hard_examples.mine(rows, judge, 200, np.random.default_rng(0))
    np.testing.assert_array_equal(again[1], labels)


def test_a_recipe_that_mines_needs_a_start_and_an_output_for_none() -> None:
    with pytest.raises(BadRecipe, match=r"mined is 0\.3, but there is no start"):
        recipe.find("cnn", ["start=", "keep=0"])
    with pytest.raises(BadRecipe, match=r"mined is 0\.3 and nondigits is 0"):
        recipe.find("cnn", ["nondigits=0", "touching=0"])
