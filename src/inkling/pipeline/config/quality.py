"""Thresholds of the image quality warnings.

Chosen on rendered images of MNIST's validation digits: on paper and other surfaces, and in scenes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QualityConfig:
    """`quality`: when to give a warning."""

    dark_quantile: float = 0.99  # of the levels of an image without ink ..
    max_dark_level: int = 24  # .. which is below this gray level if the image was taken without light
    min_digit_height_px: int = 13  # shorter digits are hard to read, even for a person
    min_ink_contrast: float = 0.2  # relative to the paper's brightness; ink with less is faint
    max_edge_height_share: float = 0.075  # of a digit's height; wider stroke edges are blurred ..
    max_edge_px: float = 3.0  # .. unless they are narrower than this, as in a small image
    soft_ink: tuple[float, float] = (0.15, 0.85)  # ink, 0..1; a pixel between these belongs to an edge
    stroke_ink: float = 0.7  # ink, 0..1; pixels with more show how dark the strokes are
    paper_ink: float = 0.05  # ink, 0..1; pixels with less show how light the paper is
    max_glyphs: int = 300  # more are too many for a person to check
    max_extra_components: int = 5  # beyond the number of glyphs; with more, the image is checked for a pattern
    min_opposite_margin: float = 0.15  # of a digit's height; paper at the border opposite the one that ink touches
    sampled_glyphs: int = 6  # maximum; checked for solid patches and for focus
    sampled_rows: int = 12  # per glyph


@dataclass(frozen=True)
class TextPageConfig:
    """`text_page_filter`: when glyphs are words, a code or a pattern. One writer's digits have similar heights."""

    min_glyphs: int = 60  # with fewer, glyphs are not checked for being words
    max_components: int = 900  # before specks are dropped; more than both this and twice the glyphs are a texture
    max_height_spread: float = 0.3  # interquartile range of the heights to their median
    max_solid_share: float = 0.3  # fraction of the glyphs; a code or a halftone has more solid ones
    min_solid_fill: float = 0.5  # fraction of a solid glyph's box that is ink ..
    min_solid_core_fill: float = 0.95  # .. and of the inner half of its box
    max_solid_aspect_ratio: float = 2.0  # height to width; a 1 may fill its box
    max_crossings: float = 3.5  # strokes per square that the median row or column crosses; a digit has at most 3
    sampled_glyphs: int = 3  # the largest ones
    sampled_lines: int = 12  # rows and columns of each
    grid_px: int = 16  # approximate rows and columns of a box that are sampled to see whether it is solid


QUALITY = QualityConfig()
TEXT_PAGE = TextPageConfig()
