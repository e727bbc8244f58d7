"""Thresholds for what is wrong with an image.

Chosen on rendered images of MNIST's validation digits: on paper and other surfaces, and in scenes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QualityConfig:
    """`quality`: when a warning is worth giving."""

    dark_quantile: float = 0.99  # of the levels of an image without ink ..
    max_dark_level: int = 24  # .. that lie below this grey level when it was taken without light
    min_digit_height_px: int = 13  # lower digits are hard to read for a person too
    min_ink_contrast: float = 0.2  # of the paper's light: ink that takes less is faint
    max_edge_height_share: float = 0.075  # of a digit's height: wider edges of strokes are blurred ..
    max_edge_px: float = 3.0  # .. unless they are narrower than this: those of a small image
    soft_ink: tuple[float, float] = (0.15, 0.85)  # ink, 0..1: a pixel in between belongs to an edge
    stroke_ink: float = 0.7  # ink, 0..1: pixels with more show how dark the strokes are
    paper_ink: float = 0.05  # ink, 0..1: pixels with less show how light the paper is
    max_glyphs: int = 300  # more than a person can check
    max_extra_components: int = 5  # more than glyphs; from there an image is checked for a pattern
    min_opposite_margin: float = 0.15  # of a digit's height: paper at the border opposite to the one that ink touches
    sampled_glyphs: int = 6  # at most, for solid patches and for focus
    sampled_rows: int = 12  # of each


@dataclass(frozen=True)
class TextPageConfig:
    """`text_page_filter`: when glyphs are words, a code or a pattern. Digits of one hand are about equally high."""

    min_glyphs: int = 60  # from which the question is whether they are words
    max_components: int = 900  # before specks are dropped; with more, and more than twice the glyphs, it is a texture
    max_height_spread: float = 0.3  # interquartile range of the heights to their median
    max_solid_share: float = 0.3  # of the glyphs: the modules of a code, a halftone
    min_solid_fill: float = 0.5  # of a solid glyph's box is ink ..
    min_solid_core_fill: float = 0.95  # .. and of the inner half of its box
    max_solid_aspect_ratio: float = 2.0  # height to width: a 1 may fill its box
    max_crossings: float = 3.5  # strokes that the median row or column meets for each square: a digit has at most 3
    sampled_glyphs: int = 3  # the largest ones are looked at
    sampled_lines: int = 12  # rows and columns of each
    grid_px: int = 16  # about so many rows and columns of a box show whether it is solid


QUALITY = QualityConfig()
TEXT_PAGE = TextPageConfig()
