"""Thresholds of the stages from ink to normalized digits, and of those that look at a digit again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SegmentationConfig:
    """`segmentation`. "Reference height" is the median height of the tall components, so that scale does not matter."""

    max_components: int = 1024  # the largest are kept; more is a page of text or a texture
    tall_share: float = 0.5  # of the highest component: those at least so high give the reference height
    max_speck_size: float = 0.12  # of the reference height: a component smaller in both directions is dirt
    max_part_size: float = 0.45  # of the reference height: a lower and narrower one is part of a digit, or punctuation
    max_dash_height: float = 0.2  # of the reference height: a lower component is a dash or a rule, however wide
    max_gap: float = 0.12  # of the reference height: how near the parts of one digit are
    max_stacked_height: float = 1.35  # of the reference height: two parts above each other are no higher together
    min_stacked_overlap: float = 0.5  # of the narrower part's width: parts above each other share so much
    upper_part_share: float = 0.4  # of a digit's height, from above: where the late stroke of a 5 stands beside it
    frame_extent: float = 0.85  # of the image: a component so long that touches two borders is a frame
    frame_border_share: float = 0.06  # of the image's longer side: how far from its border a frame lies at most
    frame_side_band: float = 0.2  # of a box: the band along its sides in which a frame lies
    min_frame_share: float = 0.85  # of a frame's ink lies in that band; less of a digit's
    max_frame_fill: float = 0.35  # of its box is ink: a frame is hollow
    min_framed_height: float = 0.3  # of the frame's height: what is inside is a digit, not dirt in the hole of a 0
    full_ink: float = 0.8  # ink, 0..1: the upper quartile of a stroke's pixels reaches it, a shadow's does not


@dataclass(frozen=True)
class LineGroupingConfig:
    """`line_grouping`: which digits stand in one line. Heights and gaps are relative to the taller of two boxes."""

    min_overlap: float = 0.35  # of the lower box's height: how much of it a box of the same line has beside it
    max_slope: float = 0.35  # height to width: steeper lines are not expected
    min_neighbors: int = 3  # pairs of neighbours from which a slope is believed
    neighbor_gap_range: tuple[float, float] = (0.2, 3.0)  # heights from centre to centre of two neighbours
    slope_tolerance: float = 0.15  # heights by which neighbours may stand apart beyond the steepest slope
    min_height_ratio: float = 0.6  # lower to taller of two neighbours


@dataclass(frozen=True)
class NormalizeConfig:
    """`normalize`. Stroke widths are pixels of the 28x28 digit.

    Of MNIST's training images 5 % have strokes thinner than the least, 12 % thicker than the most, and a quarter
    thinner than the target. Chosen on training images redrawn with fine and with felt pens.
    """

    min_stroke_px: float = 1.6
    target_stroke_px: float = 2.0  # what thinner strokes are widened to
    max_stroke_px: float = 3.2
    measured_side_px: int = 80  # strokes are measured on a crop of at least so much, at most about twice as much
    max_drawn_stroke: float = 0.3  # of a digit's longer side: with wider strokes it may be a patch
    faint_ink: float = 0.1  # ink, 0..1: rows, columns and pixels with less are background
    stroke_ink: float = 0.5  # ink, 0..1: pixels with more belong to a stroke whose width is measured
    peak_quantile: float = 0.98  # of the ink: the level that is scaled to 1


@dataclass(frozen=True)
class TestTimeAugmentationConfig:
    """`test_time_augmentation`: which digit may have been stretched to a square, and how it is narrowed."""

    aspect_ratio_range: tuple[float, float] = (0.8, 1.3)  # width to height of a digit that may have been stretched
    width_factors: tuple[float, ...] = (0.8, 0.65, 0.5)  # of its width: the views beside the digit as it is
    certain_at: float = 0.99  # probability from which no other view is needed
    min_filled_share: float = 0.94  # of the image's width and height: two touching digits leave some margin


SEGMENTATION = SegmentationConfig()
LINE_GROUPING = LineGroupingConfig()
NORMALIZE = NormalizeConfig()
TEST_TIME_AUGMENTATION = TestTimeAugmentationConfig()
