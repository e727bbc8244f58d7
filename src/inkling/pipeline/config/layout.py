"""Thresholds of `layout`: sheets, light, ruled lines, cells, tables and rows.

"Work pixels" are pixels of the picture after it is downscaled to at most `work_side_px`. "Digit height" is the median
height of the tall components, so the thresholds do not depend on scale.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayoutConfig:
    """`layout`: the working resolution, and the limits."""

    work_side_px: int = 1000  # longer side; a digit of 20 pixels in the largest decoded picture still has 12
    rim_share: float = 0.006  # of a sheet's longer side; everything this close to its edge is ignored
    continued_share: float = 0.25  # of the picture's longer side; window for extrapolating brightness beyond a sheet
    min_known: int = 20  # of 255; if the sheet covers less of that window, its median brightness is used
    min_whole_aspect: float = 0.8  # width to height of a picture that may be a single row
    min_whole_height: float = 0.35  # of the picture's height; a shorter row is one of several things in the picture
    max_rows: int = 64  # as many as a full page has; more are a pattern
    max_cells: int = 400  # a larger table does not fit one answer
    max_components: int = 3000  # more are texture, or a page of print


@dataclass(frozen=True)
class PageConfig:
    """`perspective`: a sheet on a desk. Pixels are those of the picture downscaled to `side_px`."""

    side_px: int = 256  # longer side; locates corners to a quarter of a percent
    min_picture_side_px: int = 160  # shorter side; a smaller picture is a crop of numbers, not a photograph
    min_area_share: float = 0.2  # of the picture; a smaller light region is a light digit or a label
    min_quadrangle_share: float = 0.9  # ratio of the quadrangle's area to the hull's; a sheet has four corners
    threshold_shares: tuple[float, ...] = (0.25, 0.5, 0.75)  # of the step from the desk to the lightest paper
    min_log_step: float = 0.08  # in log brightness over two pixels; less is grain or shading
    max_tilt_deg: float = 20.0  # of a sheet's side
    tried_tilts: int = 41  # from minus to plus `max_tilt_deg`: steps of about one degree
    edge_width_px: float = 2.5  # a straight side deviates no more than this from a line at one of the tilts
    min_edge_share: float = 0.3  # of the picture's side; a shorter edge is not a side of a sheet
    edges_per_side: int = 3  # maximum tried per side: the sheet's edge, and the edge of a desk or a shadow
    max_surround: float = 0.85  # brightness just outside the sheet's edge to that just inside
    far_rims: float = 3.0  # from the edge, in multiples of `rim_px`; a frame's line is narrower than this, a desk wider
    min_seen_share: float = 0.5  # of a side; if less of it is within the picture, the side is not judged
    min_sides: int = 3  # sides in the picture, all lighter inside than outside; a shadow has one or two such sides
    rim_px: int = 3  # from the edge of a sheet; the blur of the edge ends here


@dataclass(frozen=True)
class LightConfig:
    """`light`: background, polarity and which pixels are ink."""

    background_side_px: int = 192  # longer side of the picture on which the background is estimated
    window_share: float = 0.35  # of that longer side; more than half of such a window is background
    stroke_px: int = 7  # in that picture; narrower dark shapes are closed before the median
    min_contrast: int = 10  # of 255; fainter marks are noise or texture, however even the paper
    noise_sigmas: float = 2.5  # of the paper's noise or pattern; fainter pixels do not count toward the strokes' level
    smoothed_side_px: int = 40  # shorter side; from this size on, strokes are wide enough for grain to be smoothed out
    ink_share: float = 0.42  # of the strokes' usual contrast; the edge of a stroke is at half of that contrast
    paper_level: int = 235  # gray level of the paper in row images
    even_share: float = 0.12  # of the background's level; light that varies less is even and needs no division


@dataclass(frozen=True)
class RulesConfig:
    """`rules`: long straight lines."""

    max_tilt_deg: float = 16.0  # of a ruled line; steeper lines are strokes
    min_rule_share: float = 0.3  # of the picture's width, or height for a vertical line; a shorter line is a stroke
    rule_to_digit: float = 2.0  # digit heights; a shorter line is a stroke, or the bars of adjacent digits
    enough_share: float = 0.8  # of the picture's width; a line this long is a ruled line, however tall the digits are
    min_upright_px: float = 50.0  # work pixels; a shorter vertical line is kept as part of the row
    min_tilt_deg: float = 1.0  # ruled lines with less tilt are not leveled
    gap_share: float = 0.02  # of the picture's width; largest gap in a ruled line
    kernel_share: float = 0.08  # of the picture's width; a straight run of this length belongs to a ruled line
    min_kernel_px: int = 14  # lower limit of that length
    min_gap_px: int = 4  # lower limit of the largest gap
    wall_kernel_share: float = 0.5  # of a cell's side; a straight run of this length along it belongs to its wall
    max_rule_thickness: float = 0.04  # of its length; a thicker line is a bar


@dataclass(frozen=True)
class CellsConfig:
    """`cells`: closed boxes of a comb or table, or separate boxes."""

    threshold_shares: tuple[float, ...] = (1.0, 0.5)  # of the ink's threshold; walls may be paler than the writing
    max_ink_share: float = 0.45  # of the picture; a threshold that gives more ink mistakes paper for ink
    max_holes: int = 2000  # maximum examined; more are a pattern
    min_side_px: int = 9  # work pixels; a digit in a smaller box is unreadable
    max_open_aspect: float = 4.0  # width to height of a cell closed by the picture's border; a wider one is not a cell
    max_area_share: float = 0.6  # of the picture; a larger box is a frame
    min_rectangularity: float = 0.86  # hull area to smallest rectangle; the hole of a 0 has 0.79
    corner_inset: float = 0.07  # of the sides; points this close to its corners are inside a box, not inside a 0's hole
    max_tilt_deg: float = 17.0  # as for ruled lines, plus some perspective
    height_range: tuple[float, float] = (0.72, 1.4)  # relative to the neighbors' heights in a row of cells
    max_level_step: float = 0.3  # of the height; vertical offset between the centers of neighbors
    max_gap: float = 1.2  # of the height, between neighbors; cells farther apart form separate groups
    wall_share: float = 0.2  # of the height; boxes closer than this share a wall
    joined_range: tuple[float, float] = (0.85, 1.15)  # of another cell's width; total of two holes that form one cell
    min_wall_share: float = 0.8  # of the length of a cell's side; a wall must be visible along this much of it
    wall_reach: float = 0.06  # of the height; distance from the hole within which its wall is searched for
    credible_cells: int = 5  # this many boxes in a row are not holes of digits, whatever is beside them
    max_beside: float = 0.9  # of the picture's side; a longer component beside the cells is a bar, not a digit
    max_beside_aspect: float = 0.25  # shorter to longer side of a bar at the picture's border
    min_beside: float = 0.5  # of the cells' height; a digit without a cell is at least this tall, a form's word is not
    min_height: float = 1.0  # of the height of digits beside them; shorter boxes are the holes of angular digits
    spoilt_share: float = 0.6  # of a cell's width; a wider gap contains a cell whose hole a digit has closed
    wall_rest_share: float = 0.2  # of a cell's side; ink within this distance of it is a remnant of the wall
    min_cross_share: float = 0.9  # of the ink; the rest is dirt
    cross_side_px: int = 48  # the shorter side of a cross is scaled to this
    cross_radii_px: tuple[float, ...] = (11.5, 16.0, 20.0)  # of the circles that are examined, at that scale
    min_cross_circles: int = 2  # circles that must cross four arms
    max_arm_deg: float = 75.0  # of a circle; one arm covers no more
    max_off_diagonal_deg: float = 30.0  # between an arm and its diagonal
    max_arm_bend_deg: float = 30.0  # between an arm and the opposite one
    min_zigzag: int = 4  # strokes crossed by a horizontal line; no digit has this many
    min_zigzag_height: float = 0.25  # of the ink's height; the part where horizontal lines cross that many strokes
    min_hole_px: float = 12.0  # area at the scale of `cross_side_px`; a smaller hole is a gap between strokes
    min_cross_px: int = 6  # a smaller cross is a blot
    max_cross_aspect: float = 2.2  # longer to shorter side
    min_ink_height: float = 0.2  # of a cell's height; shorter ink is a point, a dash or dirt
    inset: float = 0.06  # of a cell's height; the soft edge of the wall, which does not count as the cell's ink
    margin: float = 0.1  # of the cells' height, around a row of cells; this includes its walls
    margin_to_digit: float = 0.35  # of the writing's height, above and below it; the rest is cut off
    squared_min_cells: int = 12  # fewer cells are not taken for graph paper merely because most are empty
    squared_max_written: float = 0.15  # maximum fraction of the cells on graph paper that contain a whole digit
    min_within: float = 0.5  # fraction of digits that lie within one cell; with fewer, it is graph paper


@dataclass(frozen=True)
class TablesConfig:
    """`tables`: grouping cells into tables."""

    min_cells: int = 2  # a single cell is a frame
    max_gap: float = 0.5  # of a cell's height; boxes farther apart belong to different tables
    min_common: float = 0.5  # of the shorter side; overlap of neighbors
    same_wall: float = 0.2  # of a cell's height and width; sides within this distance are one wall
    min_beside: int = 3  # rows, or columns; with fewer, a wall between only two cells may be real
    max_repairs: int = 30  # rounds of joining and dropping holes; if more are needed, it is not a table
    max_off_line: float = 0.05  # of a cell's height; a side farther from its straight wall was displaced by writing
    edge: float = 0.03  # of a cell's height; maximum width of a wall's soft edge
    rest: float = 0.12  # of a cell's height; ink within this distance of the wall is a remnant of it
    min_owned: float = 0.7  # fraction of a stroke's ink in one cell; the whole stroke then belongs to that cell
    reach: float = 0.5  # of the height, around a cell; its digits extend no farther
    min_number: float = 0.5  # probability of a number in a cell that looks crossed out; with less, it is crossed out
    margin: float = 0.15  # of the height; paper around the ink of a cell


@dataclass(frozen=True)
class RowsConfig:
    """`rows`: grouping components into rows of writing."""

    tall_share: float = 0.4  # of the tallest component that is a digit; components at least this tall form rows
    low_row_share: float = 0.6  # of the digit height; a shorter row may be the signs of another row
    speck_share: float = 0.1  # of the digit height; a component smaller in both directions is dirt
    max_thickness: float = 2.2  # times the usual stroke radius; a thicker component at the edge is not a stroke
    edge_thickness: float = 0.5  # digit heights; a thicker component along the edge may be touching digits
    border_share: float = 0.04  # of the picture's shorter side; the width of the border band
    min_piece_aspect: float = 3.0  # longer to shorter side of a piece of a line at the border; a comma has less
    min_contact: float = 0.5  # fraction of a component's length at the border; with more, it runs along the border
    stroke_range: tuple[float, float] = (0.7, 1.35)  # digit heights; a component this long along the border may be a 1
    pointing_length: float = 2.5  # digit heights; a longer component from the border is a pen or a ruled line
    sliver_thickness: float = 0.25  # digit heights; a thinner component at a sheet's edge is that edge
    min_inner_share: float = 0.2  # of the shorter side of a component at the edge; if digits are shorter, it stays
    reach: float = 1.6  # digit heights beside a row; a sign within it belongs to the row
    level_reach: float = 0.45  # digit heights above and below a row; a sign within it belongs to the row
    min_row_share: float = 0.3  # of the tallest row; shorter rows are dirt or remarks
    two_rows_height: float = 2.0  # digit heights; a shorter picture has room for only one row
    max_level_slope: float = 0.05  # up to this slope, rows whose boxes overlap vertically are one row
    min_common_box: float = 0.5  # of the shorter one's height; vertical overlap of two parts of a row
    max_row_gap: float = 1.5  # of the taller one's height; gap between such parts if the rows are not level
    min_common: float = 0.3  # of the shorter row's height; rows that overlap more vertically are one
    min_strength: float = 0.45  # of the strongest row's contrast; fainter rows are grain, graph paper or show-through
    sampled_components: int = 16  # per row; its contrast is measured on its tallest components
    sampled_points: int = 800  # of a row's ink; enough to estimate its tilt
    margin: float = 0.14  # of the row's height, above, below and beside the ink
    keep_share: float = 0.58  # of the picture's height; a single row this tall is not cropped vertically
    min_tilt_gain: float = 0.07  # of the row's height; leveling must save at least this
    max_tilt_deg: float = 16.0  # of a row
    tilt_step_deg: float = 1.0  # between tried tilts
    height_quantiles: tuple[float, float] = (0.02, 0.98)  # of the ink's vertical positions; they bound the row
    min_level_aspect: float = 1.6  # width to height; a narrower row has no measurable tilt


LAYOUT = LayoutConfig()
PAGE = PageConfig()
LIGHT = LightConfig()
RULES = RulesConfig()
CELLS = CellsConfig()
TABLES = TablesConfig()
ROWS = RowsConfig()
