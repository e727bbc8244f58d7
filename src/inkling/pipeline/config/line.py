"""Thresholds of the stages from a row image to its text, and from texts to a reading."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineImageConfig:
    """`line_image`: the line network's input. Training lines are made with the same values."""

    height_px: int = 32  # digits are then about 20 px tall, as in MNIST
    width_step_px: int = 4  # widths are multiples of this; the network outputs one column per step
    width_range_px: tuple[int, int] = (16, 1024)  # narrower rows are padded, wider ones squeezed, which limits the time
    ink_percentile: float = 2.0  # of the gray levels: the ink's level, even in a row with few strokes
    min_contrast_levels: float = 12.0  # from paper to ink; with less, noise would be stretched to look like strokes
    range: tuple[float, float] = (-0.5, 1.5)  # of the result; glare and blots are clipped


@dataclass(frozen=True)
class LineRecognizerConfig:
    """`line_recognizer` and `recognized_row`: test-time augmentation, which averages several views of a row."""

    stretches: tuple[float, ...] = (0.85, 1.2)  # widths of the additional views, relative to the row
    certain_at: float = 0.95  # probability of a text at which no further view is needed


@dataclass(frozen=True)
class CtcConfig:
    """`prefix_search`: limits of the search for texts."""

    n_best: int = 5  # texts kept per row
    min_share: float = 1e-3  # fraction of the total probability; the search stops when the remaining texts have less
    negligible_share: float = 1e-12  # of the total probability; a prefix with less is never extended
    max_columns: int = 2_000  # summed over all extended prefixes: about 1 ms; reached only if no text is probable
    beam_width: int = 10  # prefixes that the beam search keeps after each column
    beam_symbols: int = 4  # number of most probable symbols that may begin in a column; unlimited under a constraint
    beam_min_prob: float = 1e-3  # the beam search begins no symbol that is less probable in a column


@dataclass(frozen=True)
class SymbolBoxesConfig:
    """`symbol_boxes`: the box of each symbol in a row."""

    ink_threshold: float = 0.35  # ink, 0..1; a pixel with more belongs to a symbol
    rule_share: float = 0.1  # fraction of the columns; ink that all the others share is a ruled line
    off_middle_cost: float = 0.02  # ink per pixel from the middle; with equal ink, symbols are separated in the middle
    max_gap_px: int = 3  # in the line image; larger gaps separate symbols
    max_reach: float = 0.8  # fraction of the line image's height; a symbol's ink is within this distance of its column


@dataclass(frozen=True)
class SecondOpinionConfig:
    """`second_opinion`: the classifier's opinion of the digits in a doubtful row."""

    damaged: float = 0.01  # fraction of tiles that are badly cut, on which the classifier's opinion is worthless
    cell_weight: float = 1.0  # exponent of the classifier's probability for a digit cut from its own cell
    min_ink: float = 0.15  # 0..1; less is paper grain
    min_share: float = 0.02  # of the best text's probability; less probable texts are not judged


@dataclass(frozen=True)
class ColumnsConfig:
    """`recognized_row`: which numbers of a row are in separate columns."""

    max_gap: float = 1.5  # of the digits' height; a wider gap separates two columns
    min_aspect_ratio: float = 1.4  # width to height of cells; wider cells belong to a table, whatever they contain
    min_digits: float = 1.5  # average per used cell; with more, the cells belong to a table


@dataclass(frozen=True)
class ResultConfig:
    """`result` and `row_result`: how doubts from outside the network reduce confidence."""

    signs_sure_at: float = 0.5  # probability of a row's signs given its digits; below it, other signs are likelier
    right_despite_doubt: float = 0.5  # fraction of sure texts that are right despite a mark or a different reading


@dataclass(frozen=True)
class RowReaderConfig:
    """`row_reader`: when rows are read again."""

    min_opinion: float = 0.3  # probability of a view's text; a less probable text is not a second opinion
    max_read_again: int = 6  # rows; if there are more, as on a page of text, each is read only once


@dataclass(frozen=True)
class AgreementConfig:
    """`agreement`: comparing isolated glyphs with the symbols of a row."""

    min_own_ink: float = 0.98  # fraction of all ink; with more in glyphs, the glyphs are complete
    min_outlined_px: int = 200  # shorter side; a smaller picture shows no page outline
    min_outline: float = 0.7  # of the picture's width or height; a glyph this large may be a page's outline
    max_parts: int = 3  # of one broken digit
    max_digit_aspect: float = 1.15  # width to height of one digit; wider ink is more than one
    min_faint_confidence: float = 0.05  # of a text where no ink stands out; a less probable text comes from texture
    min_common: float = 0.5  # intersection over union; a glyph and a symbol that overlap this much are the same ink
    min_height: float = 0.7  # of the digits' height; shorter ink may be a speck or a sign
    min_enclosed: float = 0.9  # of a cell; a glyph whose box covers this much of it is the cell's walls
    min_covered: float = 0.5  # of a glyph's box; with less, no symbol accounts for the glyph


LINE_IMAGE = LineImageConfig()
LINE_RECOGNIZER = LineRecognizerConfig()
CTC = CtcConfig()
SYMBOL_BOXES = SymbolBoxesConfig()
SECOND_OPINION = SecondOpinionConfig()
COLUMNS = ColumnsConfig()
RESULT = ResultConfig()
ROW_READER = RowReaderConfig()
AGREEMENT = AgreementConfig()
