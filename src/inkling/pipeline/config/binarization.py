"""Thresholds of the stages from a gray image to ink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DownscalingConfig:
    """`downscaling`: the small image from which page, polarity and background are estimated."""

    side_px: int = 64  # approximate length of the small image's longer side
    min_block_side_px: int = 8  # if the small image would be narrower, it is resized exactly, not by whole blocks


@dataclass(frozen=True)
class PageCropConfig:
    """`page_crop`: criteria for a page on a desk, or a window on a screen. Pixels are those of the small image."""

    min_side_px: int = 24  # in a smaller image, a page and a digit cannot be distinguished
    min_area_share: float = 0.25  # fraction of the image; a smaller light region is a digit
    min_solidity: float = 0.7  # region area to convex hull area; a light digit fills less of its hull
    min_rectangularity: float = 0.86  # hull area to smallest enclosing rectangle; an ellipse has 0.79
    min_quadrangle_share: float = 0.88  # ratio of the quadrangle's area to the hull's; a bold 8 is rounder and has less
    max_surround_brightness: float = 0.5  # relative to the page; lighter surroundings are a shaded part of the page
    surround_quantile: float = 0.75  # compared quantile of the surroundings' levels and of the page's deviations
    min_dark_border_share: float = 0.06  # fraction of the image's border that is dark if there is a desk
    min_blank_area_share: float = 0.4  # fraction of the image; a smaller blank rectangle may be a digit
    min_panel_step: float = 10.0  # gray levels between a panel and its surroundings
    max_panel_deviation: float = 0.35  # fraction of that step; panel and surroundings may vary by no more
    max_touched_sides: int = 2  # number of the image's four sides that a lighter panel may touch
    min_mark_contrast: float = 0.1  # relative to the page's brightness; a spot that differs more is writing
    max_sharp_step_share: float = 0.008  # fraction of the surroundings' steps; with more sharp steps, there is writing
    sharp_log_step: float = 0.35  # in log brightness; a larger step is the edge of a stroke
    rim_px: int = 2  # width of the page's blurred edge
    border_band_px: int = 4  # width of the band along the image's border whose mode is the surroundings' level


@dataclass(frozen=True)
class PolarityConfig:
    """`polarity`: cues for dark ink on a light background or light ink on a dark one."""

    min_log_step: float = 0.05  # in log brightness; without a sharper edge, the edge cue abstains
    sharp_edge_share: float = 0.3  # fraction of the sharpest edge; a sharper edge may belong to a stroke
    area_weight: float = 0.5  # weight of the area cue; the edge cue has weight 1
    corner_weight: float = 0.5  # weight of the corner cue


@dataclass(frozen=True)
class GlobalThresholdConfig:
    """`global_threshold`: images with an even background and strokes of any width."""

    min_depth_levels: int = 48  # gray levels between background and strokes
    typical_quantile: float = 0.75  # of the levels on one side of the threshold; the side's background or stroke level
    extreme_quantile: float = 0.05  # of the levels on one side; the level farthest from the threshold
    max_unevenness: float = 0.12  # fraction of the depth; largest difference between typical and extreme background
    max_stroke_share: float = 0.5  # fraction of the longer side; a wider region is not a stroke, except in an icon
    icon_side_px: int = 64  # an image with sides up to this length is an icon: one or a few tightly cropped digits
    floor_to_unevenness: float = 2.0  # levels within this multiple of the unevenness are set to 0
    max_edge_to_body: float = 0.5  # soft-edge pixels per body pixel; strokes have fewer, stains and shadows more


@dataclass(frozen=True)
class BinarizeConfig:
    """`binarize`: background estimate, noise level and contrast stretching."""

    even_range_levels: float = 6.0  # gray levels; a background that varies less is even
    max_stroke_share: float = 0.27  # fraction of the longer side; a wider dark region is shadow
    kernel_to_stroke: float = 3.5  # closing kernel to stroke width in uneven light; more turns shadow into ink
    kernel_to_sigma: float = 6.0  # closing kernel to the sigma of the blur that follows
    strong_contrast_quantile: float = 0.995  # of the small image's contrast; the contrast of strokes
    stroke_contrast_share: float = 0.6  # fraction of that contrast; stronger pixels are used to measure stroke width
    min_surface_r2: float = 0.99  # of the variance; a quadratic surface explains this much if there is only shading
    max_blot_brightness: float = 0.5  # relative to the median; a darker patch clear of the border is a blot, not shadow
    background_quantile: float = 0.7  # of a row or column: its background level, unless a stroke covers most of it
    denoise_min_side_px: int = 200  # a smaller image is a drawing and is not denoised
    denoise_min_noise: float = 1.0  # gray levels between neighboring pixels; an image with less is a drawing
    zero_contrast_level: int = 51  # of 255; the background's level. Lower levels are noise: lighter than the background
    histogram_rows: int = 128  # evenly spaced rows; enough to estimate the levels of background and strokes
    background_sigmas: float = 3.5  # noise standard deviations; pixels with more contrast are not background
    max_background_level: float = 250.0  # of 255; upper limit of the background's levels
    min_depth_levels: int = 10  # of contrast; fainter marks are texture, however sharp
    faint_depth_levels: int = 60  # of contrast; fainter marks are ink only if their edges are as sharp as strokes'
    max_edge_to_body: float = 0.3  # soft-edge pixels per body pixel; stains, creases and shadows have more


@dataclass(frozen=True)
class BorderNoiseConfig:
    """`border_noise`: criteria that distinguish noise at the image's border from digits."""

    margin_share: float = 0.04  # fraction of the longer side; a component this close to the border may be noise
    max_components: int = 256  # with more, the image is a page of text or a texture, and nothing is removed
    min_digit_height_share: float = 0.04  # fraction of the shorter side; shorter components are not compared
    min_digit_height_px: int = 8  # the same, in pixels
    min_relative_height: float = 0.5  # relative to the tallest, then to the median; shorter components are not digits
    max_thickness_ratio: float = 1.6  # to the digits' thickest stroke; a thicker component is a finger, blot or corner
    max_disc_share: float = 0.16  # largest inscribed radius to length; a digit has less, so it stays even beside specks
    min_bar_rectangularity: float = 0.8  # ink to the area of the smallest enclosing rectangle: a straight bar
    min_scroll_bar_extent: float = 0.9  # ink to the area of the upright box: drawn by a program
    max_digit_slant_deg: float = 50.0  # from upright; a bar that leans more is not a 1
    min_row_overlap: float = 0.6  # fraction of the taller one; a 1 shares at least this much of its height with the row
    min_bar_gap_share: float = 0.4  # fraction of the digits' height between a bar and the nearest digit
    max_fragment_share: float = 0.45  # of the digits' height; a shorter component above or below them is a fragment
    max_border_fragment_share: float = 0.6  # the same for a component that touches the border
    max_rule_thickness: float = 0.02  # mean thickness to length of a line from border to border
    max_rule_slope: float = 0.1  # rise to length of such a line
    erase_margin_px: int = 2  # width of a component's soft edge, which is erased too


DOWNSCALING = DownscalingConfig()
PAGE_CROP = PageCropConfig()
POLARITY = PolarityConfig()
GLOBAL_THRESHOLD = GlobalThresholdConfig()
BINARIZE = BinarizeConfig()
BORDER_NOISE = BorderNoiseConfig()
