"""Thresholds of `layout`: page, light, rules, cells and rows.

"Work pixels" are those of the picture reduced to at most `work_side_px`. "Digit height" is that of the tall components,
so scale does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayoutConfig:
    """`layout`: the size of what is looked at, and the bounds."""

    work_side_px: int = 1000  # longer side: a digit of 20 pixels in the largest decoded picture still has 12
    rim_share: float = 0.006  # of a sheet's longer side: what is so near its edge is its edge
    continued_share: float = 0.25  # of the picture's longer side: so far its brightness goes on beyond a sheet's edge
    min_known: int = 20  # of 255: with less of the sheet so near, its usual brightness is taken
    min_whole_aspect: float = 0.8  # width to height of a picture that may be one row as a whole
    min_whole_height: float = 0.35  # of the picture's height: a lower row is one among other things
    max_rows: int = 64  # what a full page holds; more is a pattern
    max_cells: int = 400  # a table of more is no number for one answer
    max_components: int = 3000  # more is texture, or a page of print


@dataclass(frozen=True)
class PageConfig:
    """`page`: a sheet on a desk. Pixels are those of the picture reduced to `side_px`."""

    side_px: int = 256  # longer side: corners to a quarter of a percent
    min_picture_side_px: int = 160  # shorter side: a smaller picture is a crop of numbers, not a photograph
    min_area_share: float = 0.2  # of the picture: a smaller light region is a light digit or a label
    min_quadrangle_share: float = 0.9  # of hull and quadrangle in common: a sheet has four corners
    threshold_shares: tuple[float, ...] = (0.25, 0.5, 0.75)  # of the step from the desk to the lightest paper: tried
    min_log_step: float = 0.08  # in log brightness over two pixels: less is grain or a gradient of light
    max_tilt_deg: float = 20.0  # of a sheet's side
    tried_tilts: int = 41  # between those: one degree
    edge_width_px: float = 2.5  # a straight side departs so little from a line, at one of the tilts
    min_edge_share: float = 0.3  # of the picture's side: a shorter edge is no side of a sheet
    edges_per_side: int = 3  # that are tried: beside the sheet's own, the edge of a desk or of a shadow
    max_surround: float = 0.85  # of the brightness just within the sheet's edge, just beyond it
    far_rims: float = 3.0  # rims beyond the edge: there the desk goes on, and a frame's line has ended
    min_seen_share: float = 0.5  # of a side lies within the picture
    min_sides: int = 3  # that have such an edge: a shadow has one or two
    rim_px: int = 3  # from the edge of a sheet: there the blur of the edge has ended


@dataclass(frozen=True)
class LightConfig:
    """`light`: background, polarity and which pixels are ink."""

    background_side_px: int = 192  # longer side of the picture on which the background is estimated
    window_share: float = 0.35  # of its longer side: more than half of such a window is background
    stroke_px: int = 7  # in that picture: darker things so narrow are closed before the median
    min_contrast: int = 10  # of 255: fainter is noise or texture, however even the paper
    noise_sigmas: float = 2.5  # of the paper's noise or pattern: fainter pixels are not asked for the strokes' level
    smoothed_side_px: int = 40  # shorter side: in a larger picture strokes are wide enough to smooth away grain
    ink_share: float = 0.42  # of the strokes' usual contrast: the edge of a stroke is where half of it is reached
    paper_level: int = 235  # grey level of the paper in row images
    even_share: float = 0.12  # of the background's level: with less range, the light is even and nothing is divided


@dataclass(frozen=True)
class RulesConfig:
    """`rules`: long straight lines."""

    max_tilt_deg: float = 16.0  # of a rule: steeper ones are strokes
    min_rule_share: float = 0.3  # of the picture's width, or height of an upright line: a shorter one is a stroke
    rule_to_digit: float = 2.0  # of the digit height: a shorter one is a stroke, or the bars of neighbouring digits
    enough_share: float = 0.8  # of the picture's width: so long a line is a rule, however high the digits
    min_upright_px: float = 50.0  # work pixels: in a lower picture an upright line stays, as part of the row
    min_tilt_deg: float = 1.0  # rules and rows with less tilt are read as they are
    gap_share: float = 0.02  # of the picture's width: so much may be missing from a rule
    kernel_share: float = 0.08  # of the picture's width: a straight run of this length belongs to a rule
    min_kernel_px: int = 14  # the same, at least
    min_gap_px: int = 4  # as for gap_share, at least
    wall_kernel_share: float = 0.5  # of a cell's side: a straight run of this length along it belongs to its wall
    max_rule_thickness: float = 0.04  # of its length: thicker is a bar


@dataclass(frozen=True)
class CellsConfig:
    """`cells`: closed boxes of a comb, a table, or apart."""

    threshold_shares: tuple[float, ...] = (1.0, 0.5)  # of the ink's threshold: walls may be paler than the writing
    max_ink_share: float = 0.45  # of the picture: with more ink at a threshold, paper is taken for ink
    max_holes: int = 2000  # that are looked at: more are a pattern
    min_side_px: int = 9  # work pixels: in a smaller box no digit can be read
    max_open_aspect: float = 4.0  # width to height of a cell that the picture's border closes: wider is between rules
    max_area_share: float = 0.6  # of the picture: a larger box is a frame
    min_rectangularity: float = 0.86  # hull to smallest rectangle: the hole of a 0 has 0.79
    corner_inset: float = 0.07  # of the sides: so near its corners, a box is a box and the hole of a 0 is not
    max_tilt_deg: float = 17.0  # as for rules, and some perspective
    height_range: tuple[float, float] = (0.72, 1.4)  # of the neighbours' heights in a row of cells
    max_level_step: float = 0.3  # of the height between the centres of neighbours
    max_gap: float = 1.2  # of the height between neighbours: farther ones are another group
    wall_share: float = 0.2  # of the height: boxes nearer than this share a wall
    joined_range: tuple[float, float] = (0.85, 1.15)  # of another cell's width: two holes together are one cell
    min_wall_share: float = 0.8  # of a cell's sides: so much of their walls is there
    wall_reach: float = 0.06  # of the height: how far from the hole its wall is looked for
    credible_cells: int = 5  # so many boxes in a row are no holes of digits, whatever stands beside them
    max_beside: float = 0.9  # of the picture's side: what is longer beside the cells is a bar and no digit
    max_beside_aspect: float = 0.25  # shorter to longer side of what is a bar at the picture's border
    min_beside: float = 0.5  # of the cells' height: so high is a digit that has no cell; words on a form are lower
    min_height: float = 1.0  # of the digits beside them: lower boxes are the holes of angular digits
    spoilt_share: float = 0.6  # of a cell's width between two cells: there is another, which a digit has spoilt
    wall_rest_share: float = 0.2  # of a cell's side: ink no farther from it is a rest of the wall
    min_cross_share: float = 0.9  # of the ink: the rest is dirt
    cross_side_px: int = 48  # to which the shorter side of a cross is brought
    cross_radii_px: tuple[float, ...] = (11.5, 16.0, 20.0)  # of the circles that are looked at, at that size
    min_cross_circles: int = 2  # of these meet four arms
    max_arm_deg: float = 75.0  # of a circle that one arm covers
    max_off_diagonal_deg: float = 30.0  # of an arm
    max_arm_bend_deg: float = 30.0  # between an arm and the opposite one
    min_zigzag: int = 4  # strokes that a level line meets: no digit has so many
    min_zigzag_height: float = 0.25  # of its height: there level lines meet so many
    min_hole_px: float = 12.0  # at that size: smaller is a gap between strokes
    min_cross_px: int = 6  # a smaller cross is a blot
    max_cross_aspect: float = 2.2  # longer to shorter side
    min_ink_height: float = 0.2  # of a cell's height: lower ink is a point or a dash, or dirt
    inset: float = 0.06  # of a cell's height: the wall's soft edge, which is none of the cell's ink
    margin: float = 0.1  # of the cells' height around a row of cells: its walls
    margin_to_digit: float = 0.35  # of the writing's height above and below it: what is beyond is cut off
    squared_min_cells: int = 12  # fewer are no squared paper
    squared_max_written: float = 0.15  # of the cells on squared paper hold a digit, and all of it
    min_within: float = 0.5  # of the digits lie in one cell each: with fewer it is squared paper


@dataclass(frozen=True)
class TablesConfig:
    """`tables`: cells put together."""

    min_cells: int = 2  # one alone is a frame
    max_gap: float = 0.5  # of a cell's height: wider apart, boxes belong to different tables
    min_common: float = 0.5  # of the shorter side: so much neighbours have in common
    same_wall: float = 0.2  # of a cell's height and width: sides no farther apart are one wall
    min_beside: int = 3  # rows, or columns: in fewer, a wall between two cells alone may be one
    max_repairs: int = 30  # rounds of joining and leaving out holes; a table that takes more is none
    max_off_line: float = 0.05  # of a cell's height: a side so far from its straight wall has been moved by writing
    edge: float = 0.03  # of a cell's height: the soft edge of a wall is no broader
    rest: float = 0.12  # of a cell's height: ink no farther from the wall is a rest of it
    min_owned: float = 0.7  # of a stroke's ink in one cell: all of it belongs to that cell
    reach: float = 0.5  # of the height around a cell: farther no digit of it goes
    min_number: float = 0.5  # probability of a number where a cell looks crossed out: less, and it is
    margin: float = 0.15  # of the height: paper around the ink of a cell


@dataclass(frozen=True)
class RowsConfig:
    """`rows`: components to rows of writing."""

    tall_share: float = 0.4  # of the tallest component that is a digit: those at least so high make rows
    low_row_share: float = 0.6  # of the digit height: a row so low may be the signs of another
    speck_share: float = 0.1  # of the digit height: smaller in both directions is dirt
    max_thickness: float = 2.2  # times the usual stroke radius: thicker at the picture's edge is no stroke
    edge_thickness: float = 0.5  # digit heights: what runs along the edge and is thicker may be touching digits
    border_share: float = 0.04  # of the picture's shorter side: what lies so near its border is at the border
    min_piece_aspect: float = 3.0  # longer to shorter side of a piece of a line at the border: a comma has less
    min_contact: float = 0.5  # of its length at the border: it runs along the border
    stroke_range: tuple[float, float] = (
        0.7,
        1.35,
    )  # digit heights: what runs along the border and is as long may be a 1
    pointing_length: float = 2.5  # digit heights: what comes in from the border and is longer is a pen, or a rule
    sliver_thickness: float = 0.25  # digit heights: what is thinner at a sheet's edge is that edge
    min_inner_share: float = 0.2  # of the shorter side of something at the edge: so high at least are digits inside
    reach: float = 1.6  # digit heights beside a row: a sign there belongs to it
    level_reach: float = 0.45  # digit heights above and below a row: the same
    min_row_share: float = 0.3  # of the highest row: lower rows are dirt or remarks
    two_rows_height: float = 2.0  # digit heights: a lower picture has room for one row
    max_level_slope: float = 0.05  # of rows that are level: those whose boxes lie beside each other are one
    min_common_box: float = 0.5  # of the lower one's height that the boxes of two parts of a row share
    max_row_gap: float = 1.5  # of the higher one's height between such parts, where they are not level
    min_common: float = 0.3  # of the lower row's height: rows beside each other are one
    min_strength: float = 0.45  # of the strongest row's contrast: fainter rows are grain, squares or print-through
    sampled_components: int = 16  # of a row: the tallest tell its contrast
    sampled_points: int = 800  # of a row's ink: enough to tell its tilt
    margin: float = 0.14  # of the row's height above, below and beside the ink
    keep_share: float = 0.58  # of the picture's height: a lone row that fills so much is not cropped in height
    min_tilt_gain: float = 0.07  # of the row's height that levelling must save
    max_tilt_deg: float = 16.0  # of a row
    tilt_step_deg: float = 1.0  # between tried tilts
    height_quantiles: tuple[float, float] = (0.02, 0.98)  # of the ink's levels: between them lies the row
    min_level_aspect: float = 1.6  # width to height: a narrower row has no tilt to speak of


LAYOUT = LayoutConfig()
PAGE = PageConfig()
LIGHT = LightConfig()
RULES = RulesConfig()
CELLS = CellsConfig()
TABLES = TablesConfig()
ROWS = RowsConfig()
