import cv2
import numpy as np

from inkling.pipeline.layout import cell_images, find_table_cells
from tests.pipeline.layout.pages import comb


def states_and_images(picture: np.ndarray) -> list[tuple[str, np.ndarray | None]]:
    found = find_table_cells(picture)
    assert found
    sheet, ink, [table] = found
    return [(state, row and row.image) for state, row in cell_images(sheet, ink, table.boxes)]


def test_an_empty_cell_has_no_image() -> None:
    assert states_and_images(comb(["", ""])) == [("empty", None)] * 2


def test_walls_are_not_seen_in_a_cell_s_image() -> None:
    [(state, image), _] = states_and_images(comb(["7", ""]))
    assert state == "written"
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert rim.min() > 200
    assert image.min() < 80


def test_a_stroke_that_leaves_its_cell_belongs_to_it_all() -> None:
    picture = comb(["", "", ""])
    cv2.line(picture, (110, 8), (100, 66), (40,), 4)  # from above the table into the second cell
    [(first, _), (second, image), (third, _)] = states_and_images(picture)
    assert (first, second, third) == ("empty", "written", "empty")
    ink = np.flatnonzero((image < 140).any(axis=1))
    assert ink[-1] - ink[0] > 50


def test_crosses_and_zigzags_cross_a_cell_out() -> None:
    picture = comb(["x", "", "8"])
    points = [(86 + 8 * k, 32 if k % 2 else 68) for k in range(7)]
    cv2.polylines(picture, [np.array(points)], isClosed=False, color=(40,), thickness=2)
    assert [state for state, _ in states_and_images(picture)] == ["crossed_out", "crossed_out", "written"]
