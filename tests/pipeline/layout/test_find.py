import cv2
import numpy as np
import pytest

from inkling.pipeline.layout import Layout, find_layout
from inkling.pipeline.layout.cells import is_written
from tests.pipeline.layout.pages import blank, comb, number, photographed, put, tilted

SEED_OF_LEANING_SHEET = 7  # the sheet's left side runs from the bottom left to the top right


def row_of(picture: np.ndarray) -> np.ndarray:
    [row] = find_layout(picture).rows
    return row.image


def digit_share(image: np.ndarray) -> float:
    """The fraction of a row's height that its ink covers."""
    ink = np.flatnonzero((image < 0.6 * np.median(image)).any(axis=1))
    return float(ink[-1] - ink[0] + 1) / len(image)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_even_picture_has_no_rows(level: int) -> None:
    assert find_layout(blank(200, 100, level=level)) == Layout(())


def test_a_small_number_on_a_large_board_is_cut_out_tightly() -> None:
    picture = put(blank(400, 400), number("4072", height=60), (90, 150))
    image = row_of(picture)
    assert 0.6 < digit_share(image) < 0.9
    assert len(image) < 100


def test_light_ink_on_dark_becomes_dark_on_light() -> None:
    image = row_of(255 - put(blank(400, 200), number("4072", height=60), (90, 70)))
    assert np.median(image) > 180
    assert image.min() < 80


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_dark_line_along_an_edge_turns_nothing_over_and_is_no_digit(side: str) -> None:
    picture = put(blank(360, 90), number("40728", height=50), (30, 20))
    where = {"top": np.s_[:6], "bottom": np.s_[-6:], "left": np.s_[:, :6], "right": np.s_[:, -6:]}[side]
    picture[where] = 10
    image = row_of(picture)
    assert np.median(image) > 180


@pytest.mark.parametrize("degrees", [-12, -5, 0, 4, 13])
def test_a_tilted_row_is_levelled(degrees: float) -> None:
    picture = tilted(put(blank(700, 300), number("4072816", height=60), (90, 120)), degrees)
    image = row_of(picture)
    assert digit_share(image) > 0.6
    assert len(image) < 110


@pytest.mark.parametrize("degrees", [0, 6])
@pytest.mark.parametrize("level", [-30, 0, 4, -12])
def test_a_rule_at_any_height_leaves_the_row_whole(level: int, degrees: float) -> None:
    ink = number("48305", height=50)
    picture = put(blank(600, 260), ink, (120, 100))
    y = 100 + ink.shape[0] + level
    cv2.line(picture, (0, y), (600, y), (90,), 2)
    layout = find_layout(tilted(picture, degrees))
    [row] = layout.rows
    assert any(ignored.kind == "rule" for ignored in layout.ignored)
    assert 0.6 * ink.shape[1] < row.image.shape[1] < 1.3 * ink.shape[1]
    assert ink.shape[0] <= len(row.image) < 1.8 * ink.shape[0]


@pytest.mark.parametrize("gap", [0, 18])
@pytest.mark.parametrize("degrees", [-14, -3, 0, 8])
def test_a_comb_is_its_cells_in_order(degrees: float, gap: int) -> None:
    picture = tilted(comb(["4", "", "7", "x", "0", "1"], gap=gap), degrees)
    [row] = find_layout(picture).rows
    assert [cell.state for cell in row.cells] == ["written", "empty", "written", "crossed_out", "written", "written"]
    left = [cell.box[0] for cell in row.cells]
    assert left == sorted(left)


def test_the_cells_of_a_comb_are_cut_without_walls_but_for_the_empty_and_the_crossed_out() -> None:
    [row] = find_layout(comb(["4", "", "x", "1"])).rows
    cut = row.cut_cells()
    assert [image is not None for image in cut] == [True, False, False, True]
    for image in (cut[0], cut[3]):
        assert image is not None
        rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert rim.min() > image.min() + 0.5 * (int(image.max()) - int(image.min())), "there is a wall at its edge"


@pytest.mark.parametrize("degrees", [0, 5])
@pytest.mark.parametrize("thickness", [3, 12])
def test_a_row_through_which_a_rule_runs_keeps_its_lower_half(thickness: int, degrees: float) -> None:
    ink = number("47202", height=80, thickness=4)
    picture = put(blank(700, 300), ink, (120, 100))
    cv2.line(picture, (0, 150), (700, 150), (120,), thickness)
    [row] = find_layout(tilted(picture, degrees)).rows
    assert ink.shape[0] <= len(row.image) < 1.6 * ink.shape[0]


def test_the_strokes_of_a_row_are_neither_its_rule_nor_its_walls() -> None:
    ink = number("48305", height=60)
    ruled = put(blank(600, 200), ink, (120, 70))
    cv2.line(ruled, (0, 140), (600, 140), (90,), 3)
    walled = comb(["4", "2", "7"])
    for picture, printed in ((ruled, (10, 140)), (walled, (80, 50))):
        [row] = find_layout(picture).rows
        size_wh = picture.shape[::-1]
        written = row.written(np.linalg.inv(row.to_image), size_wh)  # in pixels of the picture
        assert not written[printed[1], printed[0]]
        is_digit = cv2.erode((picture < 55).view(np.uint8), np.ones((2, 2), np.uint8))
        assert written[is_digit > 0].mean() > 0.9


def test_a_cell_whose_digit_crosses_the_walls_is_still_a_cell() -> None:
    picture = comb(["4", "2", "7", "8"])
    cv2.line(picture, (112, 10), (108, 90), (40,), 3, cv2.LINE_AA)  # through the second cell
    cv2.line(picture, (225, 10), (228, 90), (40,), 3, cv2.LINE_AA)  # through the last cell
    [row] = find_layout(picture).rows
    assert [cell.state for cell in row.cells] == ["written"] * 4


def test_a_table_has_a_row_for_each_of_its_rows() -> None:
    table = np.concatenate([comb([a, b, c], margin=0) for a, b, c in ("123", "4 6", "789")])
    layout = find_layout(cv2.copyMakeBorder(table, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=(235,)))
    assert [[cell.state == "written" for cell in row.cells] for row in layout.rows] == [
        [True] * 3,
        [True, False, True],
        [True] * 3,
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_of_a_photographed_sheet_lie_where_they_were_written(seed: int) -> None:
    sheet = blank(1000, 760)
    written = [("4072", (150, 150)), ("9183", (180, 380))]
    for text, xy in written:
        put(sheet, number(text, height=70, thickness=4), xy)
    picture, matrix = photographed(sheet, seed=seed)
    layout = find_layout(picture)
    assert layout.is_page
    assert len(layout.rows) == 2
    for row, (text, xy) in zip(layout.rows, written, strict=True):
        ink = number(text, height=70, thickness=4)
        corners = np.float32([[xy, (xy[0] + ink.shape[1], xy[1] + ink.shape[0])]])
        truth = cv2.perspectiveTransform(corners, matrix)[0]
        x, y, w, h = row.to_image_box((0, 0, row.image.shape[1], row.image.shape[0]))
        assert x <= truth[0, 0] + 3
        assert y <= truth[0, 1] + 3
        assert x + w >= truth[1, 0] - 3
        assert y + h >= truth[1, 1] - 3
        assert digit_share(row.image) > 0.6


def test_a_sheet_whose_corner_is_out_of_the_picture_is_straightened() -> None:
    sheet = blank(1000, 760)
    sheet[:, 90:93] = 120  # a margin line, which is tilted in the photograph
    for text, xy in (("65", (300, 200)), ("023569", (260, 330))):
        put(sheet, number(text, height=60, thickness=4), xy)
    picture, matrix = photographed(sheet, seed=SEED_OF_LEANING_SHEET)
    [[(top_left, _), (low_left, _)]] = cv2.perspectiveTransform(np.array([[[0.0, 0], [0, 760]]]), matrix)
    layout = find_layout(np.ascontiguousarray(picture[:, round(low_left + 0.4 * (top_left - low_left)) :]))
    assert layout.is_page
    assert len(layout.rows) == 2


def test_rows_come_from_top_to_bottom() -> None:
    picture = blank(500, 400)
    for y, text in ((20, "12"), (140, "4567"), (270, "890")):
        put(picture, number(text, height=60), (60, y))
    widths = [row.image.shape[1] for row in find_layout(picture).rows]
    assert widths[0] < widths[2] < widths[1]
    assert len(widths) == 3


def test_noise_is_bounded() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1200, 1600)).astype(np.uint8)
    layout = find_layout(picture)
    assert len(layout.rows) <= 64


def test_a_row_one_pixel_high_is_level() -> None:
    picture = blank(120, 60)
    picture[30, 20:100] = 20
    assert len(find_layout(picture).rows) <= 1


def test_boxes_beside_the_found_ones_belong_to_their_row() -> None:
    picture = comb(["4", "2", "8", "7", "1", "", "0", "3"], gap=18)
    cv2.line(picture, (400, 60), (482, 40), (40,), 4)  # across the walls of the sixth box
    layout = find_layout(picture)
    [row] = layout.rows
    assert not layout.ignored
    assert len(row.cells) < 8
    assert row.box[2] > 7.5 * 78


@pytest.mark.parametrize("step", [30, 44])
def test_squared_paper_is_no_table(step: int) -> None:
    picture = blank(600, 300)
    picture[step // 2 :: step] = 90
    picture[:, step // 2 :: step] = 90
    picture = put(picture, number("40728", height=70, thickness=6), (90, 110))
    [row] = find_layout(picture).rows
    assert not row.cells
    assert len(row.image) < 140


def test_a_comma_that_hangs_low_belongs_to_its_row() -> None:
    picture = put(blank(500, 260), number("563", height=60), (60, 60))
    cv2.line(picture, (225, 122), (215, 150), (40,), 6)
    [row] = find_layout(picture).rows
    assert len(row.image) > 90


def test_a_point_on_a_rule_is_shown_with_the_rule() -> None:
    ink = number("965", height=60)
    picture = put(blank(600, 260), ink, (120, 80))
    base = 80 + ink.shape[0] + 8
    cv2.line(picture, (0, base), (600, base), (90,), 3)
    cv2.circle(picture, (120 + ink.shape[1] + 10, base - 3), 4, (40,), -1)
    [row] = find_layout(picture).rows
    _, top, _, height = row.box
    assert top + height > base + 2


@pytest.mark.parametrize("shape", [(0, 0), (0, 9), (9, 0), (9, 9)])
def test_a_cell_without_pixels_is_empty(shape: tuple[int, int]) -> None:
    assert not is_written(np.zeros(shape, np.uint8))
