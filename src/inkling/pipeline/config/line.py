"""The line image, the search for the texts that its network's columns give, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineImageConfig:
    """`line_image`: the grey image of a row that the line network reads. Training lines are made by it as well."""

    height_px: int = 32  # a digit then is about 20 px high, as in MNIST
    width_step_px: int = 4  # widths are multiples of this: the network gives one column for so many pixels
    width_range_px: tuple[int, int] = (16, 1024)  # narrower is padded, wider squeezed, which bounds the time
    ink_percentile: float = 2.0  # of the grey levels: darker ones are ink, even in a row with few strokes
    min_contrast_levels: float = 12.0  # from paper to ink: with less, noise would be stretched to look like strokes
    range: tuple[float, float] = (-0.5, 1.5)  # of the result: glare and blots say no more than paper and ink


@dataclass(frozen=True)
class LineRecognizerConfig:
    """`line_recognizer` and `recognized_row`: test-time augmentation, the mean over several views of a row."""

    stretches: tuple[float, ...] = (0.85, 1.2)  # of a row's width: the views beside the row as it is
    certain_at: float = 0.95  # probability of a text from which no other view is needed


@dataclass(frozen=True)
class CtcConfig:
    """`prefix_search`: how far the search for texts goes."""

    n_best: int = 5  # texts of a row that are kept
    min_share: float = 1e-3  # of the probability of all texts: where those that are left hold less, none is looked for
    negligible_share: float = 1e-12  # the same for one prefix, which then is never extended
    max_columns: int = 2_000  # of all prefixes that are extended: 1 ms, exceeded only where no text is probable
    beam_width: int = 10  # prefixes that the beam search then keeps after each column
    beam_symbols: int = 4  # that may begin in one column, the most probable; any under a constraint
    beam_min_prob: float = 1e-3  # a less probable symbol begins in no column of the beam search


@dataclass(frozen=True)
class SymbolBoxesConfig:
    """`symbol_boxes`: where a symbol of a row lies."""

    ink_threshold: float = 0.35  # ink, 0..1: a pixel with more belongs to a symbol
    rule_share: float = 0.1  # of the columns: ink that all but so few have is a rule, not a digit
    off_middle_cost: float = 0.02  # ink for each pixel from the middle: two symbols part there if all places are alike
    max_gap_px: int = 3  # of the line image: parts of a symbol are not farther apart
    max_reach: float = 0.8  # of the line image's height: to each side of a symbol's column, its ink lies within


@dataclass(frozen=True)
class SecondOpinionConfig:
    """`second_opinion`: what the classifier says of the digits of a row that is in doubt."""

    damaged: float = 0.01  # share of digits that do not stand in their box whole and alone: it knows nothing of these
    cell_weight: float = 1.0  # power of its probability of a digit that was cut out of its own cell
    min_ink: float = 0.15  # 0..1: less is grain of the paper
    min_share: float = 0.02  # of the best text's probability: less probable ones are not judged


@dataclass(frozen=True)
class ColumnsConfig:
    """`recognized_row`: which numbers of a row stand in columns of their own."""

    max_gap: float = 1.5  # of the digits' height: a wider gap separates two columns
    min_aspect_ratio: float = 1.4  # width to height of cells: wider ones are a table's, whatever is in them
    min_digits: float = 1.5  # in each used cell on average: with more, the cells are a table's


@dataclass(frozen=True)
class ResultConfig:
    """`result`: what a doubt that no network knows of costs."""

    signs_sure_at: float = 0.5  # probability of a row's signs given its digits: with less, others are as probable
    right_despite_doubt: float = 0.5  # share of sure texts that are right though a mark or another reading contradicts


@dataclass(frozen=True)
class RowReaderConfig:
    """`row_reader`: how often rows are read."""

    min_opinion: float = 0.3  # probability of what a view of a row says: less is no second opinion
    # Rows of an image: of more, as on a page of text, each is read once, and nonsense is not searched for other texts.
    max_read_again: int = 6


@dataclass(frozen=True)
class AgreementConfig:
    """`agreement`: glyphs that stand alone beside symbols of a row."""

    min_own_ink: float = 0.98  # of all ink: so much belongs to glyphs that are complete
    min_outlined_px: int = 200  # shorter side: in a smaller picture no page is outlined
    min_outline: float = 0.7  # of the picture's width or height: a glyph that reaches so far may be a page's outline
    max_parts: int = 3  # of one broken digit
    max_digit_aspect: float = 1.15  # width to height of one digit: wider ink is more than one
    min_faint_confidence: float = 0.05  # of a text where no ink stands out: a less probable one is read into texture
    min_common: float = 0.5  # intersection over union: a glyph and a symbol that overlap so much are the same ink
    min_height: float = 0.7  # of the digits' height: lower ink may be a speck or a sign
    min_enclosed: float = 0.9  # of a cell: a glyph whose box covers so much of it is its walls
    min_covered: float = 0.5  # of a glyph's box: with less, no symbol explains it


LINE_IMAGE = LineImageConfig()
LINE_RECOGNIZER = LineRecognizerConfig()
CTC = CtcConfig()
SYMBOL_BOXES = SymbolBoxesConfig()
SECOND_OPINION = SecondOpinionConfig()
COLUMNS = ColumnsConfig()
RESULT = ResultConfig()
ROW_READER = RowReaderConfig()
AGREEMENT = AgreementConfig()
