import cv2
import numpy as np
import pytest

from inkling.errors import ImageTooLarge
from inkling.pipeline.layout import FoundTable, find_table_cells
from tests.pipeline.layout.pages import blank, comb, number, photographed, put, tilted

SIDE = 60  # pixels: the side of a cell
CELLS = [["4", "", "7"], ["", "1", "8"], ["5", "3", ""], ["2", "", "6"]]


def grid(cells: list[list[str]], *, thick: int = 0) -> np.ndarray:
    """A table of square cells; every `thick`-th line is thick."""
    n_rows, n_columns = len(cells), len(cells[0])
    paper = blank(n_columns * SIDE + 80, n_rows * SIDE + 80)
    for k in range(n_rows + 1):
        width = 6 if thick and k % thick == 0 else 2
        cv2.line(paper, (40, 40 + k * SIDE), (40 + n_columns * SIDE, 40 + k * SIDE), (60,), width)
    for k in range(n_columns + 1):
        width = 6 if thick and k % thick == 0 else 2
        cv2.line(paper, (40 + k * SIDE, 40), (40 + k * SIDE, 40 + n_rows * SIDE), (60,), width)
    for row, line in enumerate(cells):
        for column, text in enumerate(line):
            if text:
                ink = number(text, height=34)
                x, y = (
                    40 + k * SIDE + (SIDE - size) // 2 for k, size in zip((column, row), ink.shape[::-1], strict=True)
                )
                put(paper, ink, (x, y))
    return paper


def tables_of(picture: np.ndarray) -> list[FoundTable]:
    found = find_table_cells(picture)
    return found[2] if found else []


def spans(table: FoundTable) -> dict[tuple[int, int], tuple[int, int]]:
    """The row and column of each cell, and the rows and columns that it spans."""
    return {(row, column): (height, width) for row, column, height, width in table.places.tolist()}


def test_there_is_no_table_where_there_are_no_cells() -> None:
    assert tables_of(blank(300, 200)) == []
    assert tables_of(put(blank(400, 200), number("4080", height=60), (90, 70))) == []


def test_one_frame_is_no_table() -> None:
    assert tables_of(comb(["7"])) == []


@pytest.mark.parametrize("thick", [0, 3])
@pytest.mark.parametrize("degrees", [-9, 0, 4])
def test_a_grid_has_its_rows_and_columns(degrees: float, thick: int) -> None:
    [table] = tables_of(tilted(grid(CELLS, thick=thick), degrees))
    assert table.shape == (4, 3)
    assert spans(table) == {(row, column): (1, 1) for row in range(4) for column in range(3)}


def test_a_photographed_grid_has_them_too() -> None:
    picture, _ = photographed(np.pad(grid(CELLS), 60, constant_values=235))
    [table] = tables_of(picture)
    assert table.shape == (4, 3)


def test_a_comb_is_a_table_of_one_row() -> None:
    [table] = tables_of(comb(["4", "", "7", "x"]))
    assert table.shape == (1, 4)


def test_two_tables_come_from_top_to_bottom() -> None:
    picture = np.concatenate([grid(CELLS[:2])[:, :260], comb(["4", "7", "1"], margin=40)])
    assert [table.shape for table in tables_of(picture)] == [(2, 3), (1, 3)]


def test_a_merged_cell_takes_as_many_columns_as_it_has_walls_beside_it() -> None:
    picture = grid(CELLS)
    picture[43:98, 96:105] = 235  # erase the wall between the first two cells of the first row
    [table] = tables_of(picture)
    assert table.shape == (4, 3)
    assert spans(table)[0, 0] == (1, 2)
    assert (0, 1) not in spans(table)
    assert spans(table)[1, 0] == (1, 1)


def test_a_stroke_from_wall_to_wall_makes_no_cell_of_its_own() -> None:
    picture = grid(CELLS)
    cv2.line(picture, (130, 101), (130, 159), (40,), 4)  # a 1 in the second row, second column
    cv2.line(picture, (41, 190), (99, 190), (40,), 4)  # a dash in the third row, first column
    [table] = tables_of(picture)
    assert spans(table) == {(row, column): (1, 1) for row in range(4) for column in range(3)}


def test_a_cell_that_writing_has_spoilt_is_still_there() -> None:
    picture = grid(CELLS)
    cv2.line(picture, (101, 150), (155, 104), (40,), 5)
    cv2.line(picture, (101, 104), (155, 156), (40,), 5)
    [table] = tables_of(picture)
    assert spans(table) == {(row, column): (1, 1) for row in range(4) for column in range(3)}
    box = table.boxes[(table.places[:, :2] == (1, 1)).all(axis=1)][0]
    np.testing.assert_allclose(box, (102, 102, 57, 57), atol=4)


def test_a_picture_of_too_many_cells_is_refused() -> None:
    picture = blank(1000, 1000)
    picture[::20], picture[:, ::20] = 60, 60
    with pytest.raises(ImageTooLarge, match="2,000 cells or more"):
        tables_of(picture)
