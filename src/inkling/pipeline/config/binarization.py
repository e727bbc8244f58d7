"""Thresholds of the stages from a grey image to ink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DownscalingConfig:
    """`downscaling`: the small image on which page, polarity and background are judged."""

    side_px: int = 64  # about its longer side
    min_block_side_px: int = 8  # a narrower small image is resized exactly, not in whole blocks


@dataclass(frozen=True)
class PageCropConfig:
    """`page_crop`: what a page on a desk, or a window on a screen, looks like. Pixels are those of the small image."""

    min_side_px: int = 24  # in a smaller image a page cannot be told from a digit
    min_area_share: float = 0.25  # of the image: a smaller light region is a digit
    min_solidity: float = 0.7  # region to convex hull: a light digit fills less of its hull
    min_rectangularity: float = 0.86  # hull to smallest enclosing rectangle: an ellipse has 0.79
    min_quadrangle_share: float = 0.88  # of the hull lies in the quadrangle of its corners: a bold 8 is rounder
    max_surround_brightness: float = 0.5  # of the page's: lighter surroundings are page in shadow
    surround_quantile: float = 0.75  # of the surroundings' levels that must be so dark, or of the page's so even
    min_dark_border_share: float = 0.06  # of the image's border is dark where there is a desk
    min_blank_area_share: float = 0.4  # of the image: a smaller rectangle with nothing on it may be a digit
    min_panel_step: float = 10.0  # grey levels between a panel and its surroundings
    max_panel_deviation: float = 0.35  # of that step: a panel and what surrounds it are even but for this
    max_touched_sides: int = 2  # of the image's four that a lighter panel may reach
    min_mark_contrast: float = 0.1  # of the page's brightness: a spot that differs more is writing
    max_sharp_step_share: float = 0.008  # of the surroundings' steps: with more, something is written there
    sharp_log_step: float = 0.35  # in log brightness: a larger step is the edge of writing
    rim_px: int = 2  # the blurred edge of the page
    border_band_px: int = 4  # along the image's border; its most frequent level is that of the surroundings


@dataclass(frozen=True)
class PolarityConfig:
    """`polarity`: the cues for dark ink on a light background, or the reverse."""

    min_log_step: float = 0.05  # in log brightness: with no sharper edge, the edge cue abstains
    sharp_edge_share: float = 0.3  # of the sharpest edge: a sharper one may be that of a stroke
    area_weight: float = 0.5  # of the area cue, where the edge cue weighs 1
    corner_weight: float = 0.5  # of the corner cue: the same


@dataclass(frozen=True)
class GlobalThresholdConfig:
    """`global_threshold`: an even background, and strokes that may be bold."""

    min_depth_levels: int = 48  # grey levels between background and strokes
    typical_quantile: float = 0.75  # of a side's levels, away from the threshold: its background or stroke level
    extreme_quantile: float = 0.05  # of a side's levels: those farthest from the threshold
    max_unevenness: float = 0.12  # of the depth: how far typical and extreme background may differ
    max_stroke_share: float = 0.5  # of the longer side: a wider region is no stroke, except on an icon
    icon_side_px: int = 64  # an image with no longer side is one digit or a few, cropped close
    floor_to_unevenness: float = 2.0  # so many times the unevenness is set to 0
    max_edge_to_body: float = 0.5  # pixels of soft edge for each of body: strokes have fewer, stains and shadows more


@dataclass(frozen=True)
class BinarizeConfig:
    """`binarize`: background estimate, noise level and stretching of the contrast."""

    even_range_levels: float = 6.0  # grey levels: a background that varies less is even
    max_stroke_share: float = 0.27  # of the longer side: a wider dark region is background in shadow
    kernel_to_stroke: float = 3.5  # closing kernel to stroke width in uneven light: wider takes more shadow for ink
    kernel_to_sigma: float = 6.0  # closing kernel to the sigma that smooths its result
    strong_contrast_quantile: float = 0.995  # of the small image's contrast: that of strokes
    stroke_contrast_share: float = 0.6  # of that contrast: a stronger pixel counts towards the stroke width
    min_surface_r2: float = 0.99  # variance that a quadratic surface explains where nothing but falling light varies
    max_blot_brightness: float = 0.5  # of the median: a darker patch clear of the border is a blot, no shadow
    background_quantile: float = 0.7  # of a row or column: the background, unless a stroke runs along most of it
    denoise_min_side_px: int = 200  # a smaller image is a drawing and is not denoised
    denoise_min_noise: float = 1.0  # grey levels between neighbours: with less, an image is a drawing
    zero_contrast_level: int = 51  # of 255: as light as the background; lower levels are lighter, which is noise
    histogram_rows: int = 128  # evenly spread: enough to know the levels of background and strokes
    background_sigmas: float = 3.5  # noise standard deviations above the background where it ends
    max_background_level: float = 250.0  # of 255: the background never ends higher
    min_depth_levels: int = 10  # of contrast: fainter marks are texture, however sharp
    faint_depth_levels: int = 60  # of contrast: fainter marks are ink only if they end as sharply as strokes do
    max_edge_to_body: float = 0.3  # pixels of soft edge for each of body: stains, creases and shadows have more


@dataclass(frozen=True)
class BorderNoiseConfig:
    """`border_noise`: what is told from a digit where it reaches in from the image's border."""

    margin_share: float = 0.04  # of the longer side: a component so near the border may be noise
    max_components: int = 256  # with more, this is a page of text or a texture, and nothing is removed
    min_digit_height_share: float = 0.04  # of the shorter side: lower components are no digits to compare with
    min_digit_height_px: int = 8  # the same
    min_relative_height: float = 0.5  # of the tallest, then of the median: lower components are no digits either
    max_thickness_ratio: float = 1.6  # to the thickest stroke of the digits: thicker is a finger, blot or dark corner
    max_disc_share: float = 0.16  # largest inscribed radius to length: a digit beside a mere speck has less
    min_bar_rectangularity: float = 0.8  # of its smallest rectangle is ink: a straight bar
    min_scroll_bar_extent: float = 0.9  # of its upright box is ink: drawn by a program
    max_digit_slant_deg: float = 50.0  # from upright: a bar that leans more is no 1
    min_row_overlap: float = 0.6  # of the taller one: a 1 shares so much of its height with the row of digits
    min_bar_gap_share: float = 0.4  # of the digits' height between a bar and the nearest digit
    max_fragment_share: float = 0.45  # of the digits' height: a lower component above or below them is a fragment
    max_border_fragment_share: float = 0.6  # of the digits' height: the same where it touches the border
    max_rule_thickness: float = 0.02  # of its length: mean thickness of a line from border to border
    max_rule_slope: float = 0.1  # rise to length of such a line
    erase_margin_px: int = 2  # the soft edge of a component, which goes with it


DOWNSCALING = DownscalingConfig()
PAGE_CROP = PageCropConfig()
POLARITY = PolarityConfig()
GLOBAL_THRESHOLD = GlobalThresholdConfig()
BINARIZE = BinarizeConfig()
BORDER_NOISE = BorderNoiseConfig()
