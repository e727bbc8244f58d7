"""Where glyphs are cut, and how much work is spent on it. The recipe of the packaged `cnn` was trained with these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CutCandidatesConfig:
    """`cut_candidates`. Lengths are relative to the glyph's height.

    The weights of a cut's score are fitted, as a conditional logit, to touching pairs and chains of MNIST's training
    digits.
    """

    rows: int = 40  # a glyph is reduced to so many rows before paths are searched
    guide_spacing: float = 0.08  # from one guide to the next
    slants: tuple[float, ...] = (-0.25, 0.0, 0.25, 0.5)  # how far a guide's top leans to the right of its bottom
    search_width: float = 0.45  # to each side of a guide's middle: how far its path may go
    guide_pull: float = 0.2  # cost of each pixel away from the guide, a row; cutting a pixel of ink costs 1
    neighborhood: float = 0.5  # to each side of a path: so much of the ink is judged
    min_difference: float = 0.04  # of the ink of a square: two cuts divide at least so much of it differently
    lower_side_weight: float = 9.1  # per height of the lower side
    crossed_height_weight: float = -7.2  # per height from the first to the last ink that the path crosses
    lean_weight: float = -5.9  # per height by which its lean differs from the usual one
    lesser_ink_weight: float = 1.0  # per stroke as long as the glyph is high, on the side with less ink
    usual_lean: float = 0.15


@dataclass(frozen=True)
class SegmentationGraphConfig:
    """`segmentation_graph`. Lengths are relative to the height of the line's tallest glyph."""

    max_segment_width: float = 1.5  # a wider segment is no digit
    min_segment_height: float = 0.4  # a lower segment is no digit, and a lower glyph is not cut


@dataclass(frozen=True)
class GlyphGroupsConfig:
    """`glyph_groups`: which glyphs are cut together, and how often."""

    max_aspect_ratio: float = 12.0  # width to height: a wider glyph is a rule or a signature
    max_neighbor_gap: float = 0.12  # of the taller one's height: a doubted glyph and a nearer one may be one digit ..
    max_pair_width: float = 1.3  # .. if both together are at most so wide for that height ..
    max_pair_height: float = 1.3  # .. and so high
    max_cuts_per_square: int = 6  # for each square of a glyph's height
    max_cuts: int = 400  # of all glyphs of an image
    max_cut_pixels: int = 40_000_000  # a cut counts its glyph's height squared times the glyphs of its group


CUT_CANDIDATES = CutCandidatesConfig()
SEGMENTATION_GRAPH = SegmentationGraphConfig()
GLYPH_GROUPS = GlyphGroupsConfig()
