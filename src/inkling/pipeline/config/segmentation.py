"""Thresholds of the stages from ink to normalized digits, and of test-time augmentation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SegmentationConfig:
    """`segmentation`. "Reference height" is the median height of the tall components, so scale does not matter."""

    max_components: int = 1024  # the largest are kept; an image with more is a page of text or a texture
    tall_share: float = 0.5  # of the tallest component; components at least this tall determine the reference height
    max_speck_size: float = 0.12  # of the reference height; a component smaller in both directions is dirt
    max_part_size: float = 0.45  # of the reference height; a shorter and narrower component is a part, or punctuation
    max_dash_height: float = 0.2  # of the reference height; a shorter component is a dash or a ruled line, however wide
    max_gap: float = 0.12  # of the reference height; largest gap between parts side by side; twice this if stacked
    max_stacked_height: float = 1.35  # of the reference height; maximum total height of stacked parts with a gap
    min_stacked_overlap: float = 0.5  # of the narrower part's width; the overlap of stacked parts
    upper_part_share: float = 0.4  # of a digit's height, from its top; the detached stroke of a 5 is above this
    frame_extent: float = 0.85  # of the image; a component this long that touches two borders is a frame
    frame_border_share: float = 0.06  # of the image's longer side; maximum distance of a frame from the border
    frame_side_band: float = 0.2  # of a box; width of the band along its sides that contains a frame
    min_frame_share: float = 0.85  # fraction of a frame's ink in that band; a digit has less
    max_frame_fill: float = 0.35  # ink to the area of its box; a frame is hollow
    min_framed_height: float = 0.3  # of the frame's height; a shorter component inside is dirt, such as that in a 0
    full_ink: float = 0.8  # ink, 0..1; reached by the upper quartile of a stroke's pixels, not by a shadow's


@dataclass(frozen=True)
class LineGroupingConfig:
    """`line_grouping`: which digits form one line. Heights and gaps are relative to the taller of two boxes."""

    min_overlap: float = 0.35  # of the shorter box's height; vertical overlap of two boxes in one line
    max_slope: float = 0.35  # height to width; steeper lines are not expected
    min_neighbors: int = 3  # pairs of neighbors needed to estimate a slope
    neighbor_gap_range: tuple[float, float] = (0.2, 3.0)  # in heights, from center to center of two neighbors
    slope_tolerance: float = 0.15  # in heights; vertical offset allowed beyond the steepest slope
    min_height_ratio: float = 0.6  # shorter to taller of two neighbors


@dataclass(frozen=True)
class NormalizeConfig:
    """`normalize`. Stroke widths are in pixels of the 28x28 digit.

    Of MNIST's training images, 5 % have strokes thinner than the minimum, 12 % thicker than the maximum, and 25 %
    thinner than the target. Chosen on training images redrawn with fine pens and felt pens.
    """

    min_stroke_px: float = 1.6
    target_stroke_px: float = 2.0  # thinner strokes are widened to this
    max_stroke_px: float = 3.2
    measured_side_px: int = 80  # strokes are measured on a crop whose longer side is one to two times this
    max_drawn_stroke: float = 0.3  # of a digit's longer side; with wider strokes it may be a patch
    faint_ink: float = 0.1  # ink, 0..1; rows, columns and pixels with less are background
    stroke_ink: float = 0.5  # ink, 0..1; pixels with more belong to a stroke whose width is measured
    peak_quantile: float = 0.98  # of the ink; this level is scaled to 1


@dataclass(frozen=True)
class TestTimeAugmentationConfig:
    """`test_time_augmentation`: which digits may have been stretched to a square, and how they are narrowed."""

    aspect_ratio_range: tuple[float, float] = (0.8, 1.3)  # width to height of a digit that may have been stretched
    width_factors: tuple[float, ...] = (0.8, 0.65, 0.5)  # widths of the additional views, relative to the digit
    certain_at: float = 0.99  # probability at which no further view is needed
    min_filled_share: float = 0.94  # of the image's width and height; two touching digits leave some margin


SEGMENTATION = SegmentationConfig()
LINE_GROUPING = LineGroupingConfig()
NORMALIZE = NormalizeConfig()
TEST_TIME_AUGMENTATION = TestTimeAugmentationConfig()
