"""Thresholds of forms: each with its unit and reason. "Work pixels" are those of the blank at `work_side_px`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegistrationConfig:
    """`registration`: where a page's form lies in a picture."""

    work_side_px: int = 1600  # longer side of the aligned page: as large as pictures are decoded
    feature_side_px: int = 1100  # longer side on which features are found; at 800, photographs give half as many
    n_features: int = 3000  # ORB's: on a page of print fewer leave whole corners without any
    ratio: float = 0.8  # of the best match's distance to the second-best (Lowe 2004)
    reprojection_px: float = 3.0  # feature pixels: farther is no inlier
    min_inliers: int = 24  # other forms reach 17, photographs of the right one 140 and more
    min_second_inliers: int = 40  # of another sheet of the same form in the same picture
    max_points: int = 400  # corners of the print that are followed from the blank to the page
    min_apart_px: int = 16  # work pixels between those
    corner_quality: float = 0.02  # of the best corner's: weaker ones slide along a line
    printed_at: int = 60  # contrast, of 255, from which the blank is printed
    print_reach_px: int = 7  # within which the page's print is looked for, to compare how dark it is
    near_px: int = 5  # the same, once the page is laid upon the blank
    printed_share: float = 0.4  # of the blank's contrast: print is there
    max_gain: float = 6.0  # paler print than that is lost in grain
    window_px: int = 31  # side of what is compared around a corner
    levels: int = 3  # of the pyramid: corners up to some 60 pixels away are found
    max_return_px: float = 0.7  # from the page back to the blank: a corner that was lost does not come back
    max_moved_px: float = 40.0  # a corner farther from its place is another one
    bent_px: float = 10.0  # a curled page's corner is so far from where the flat page, or its neighbours, have it
    flat_px: float = 0.5  # where corners are no farther from their places, the page is flat ..
    flat_share: float = 0.9  # .. so many of them
    found_px: float = 3.0  # from its place, at last, a corner that is found
    min_same: float = 0.45  # correlation of a corner's surroundings with the blank's: less is other print
    min_agreement: float = 0.35  # of the corners in the picture that are found again: other forms reach 0.1
    reach_px: tuple[float, ...] = (120.0, 80.0, 80.0)  # within which the corners of a curled page move alike, in steps
    rigid_weights: tuple[float, float, float] = (0.02, 0.3, 0.3)  # in corners: without any near, nothing moves or turns
    max_odd: float = 4.0  # times the usual distance of a corner from where its neighbours have it
    min_side_ratio: float = 0.2  # of the sheet's shorter to its longer side, beyond the blank's: a collapsed view


@dataclass(frozen=True)
class InkConfig:
    """`ink`: what was written, told from what was printed."""

    print_level: int = 36  # contrast, of 255, from which the blank is printed
    print_reach_px: int = 2  # work pixels: print is so much wider on the page, or beside its place
    bridge_px: int = 13  # work pixels: strokes are joined over a printed line, which is narrower with its reach
    min_contrast: int = 28  # of 255: fainter is grain or print-through
    paper_share: float = 0.4  # of the threshold: fainter is paper
    whole: float = 0.95  # of a component: so much in a box, and all of it belongs there, however wide
    max_width: float = 1.15  # of a cell's width: a wider component is more than one digit, or a stroke over cells
    max_height: float = 1.5  # of a box's height: the same
    min_own: float = 0.5  # of a digit: so much lies in a cell that all of it belongs there
    min_part: float = 0.2  # of what is larger: less in a cell is the neighbour's overshoot
    min_pixels: float = 0.006  # of a box's height squared: less is dirt, or a piece of a broken stroke
    min_piece: float = 0.0015  # of a box's height squared: less is dirt in any case
    piece_reach: float = 0.15  # of a box's height: a piece is so near above or below larger ink
    rim_y: float = 0.1  # of a box's height: paper above and below the row that the line network reads
    rim_x: float = 0.3  # the same beside it


@dataclass(frozen=True)
class FieldsConfig:
    """`fields`: what is made of the networks' opinions."""

    trust_classifier: float = 0.97  # share of digits that stand in their box whole and alone
    trust_line: float = 0.9  # share of rows that the line network reads right
    not_digit_at: float = 0.5  # probability that the ink of a box is no digit, from which it is to be checked
    min_opinion: float = 0.05  # probability of the best text with a digit in each box: less is no opinion
    min_common: float = 0.3  # of the narrower one's width: strokes above each other are one digit
    n_texts: int = 60  # candidates of a field: sums need those of each part
    max_columns: int = 20_000  # that a search for them extends: 10 ms


@dataclass(frozen=True)
class SumsConfig:
    """`sums`: how far a sum is to be believed."""

    holds: float = 0.98  # share of sheets on which it was added up right
    other_sums: float = 100.0  # a wrong sum is one of about so many
    max_values: int = 500  # different sums that are kept: bounds the time to a fifth of a second
    min_share: float = 1e-7  # of the best candidate: with less, a candidate is left out
    max_digits: int = 15  # of a number: more do not fit


@dataclass(frozen=True)
class FormConfig:
    """`form`: when a field is sure, and what a sheet is."""

    sure_at: float = 0.97  # probability of a text: on validation sheets, fewer than 0.5 % of what is surer is wrong
    sure_despite_sum: float = 0.99  # the same of the parts of a sum that does not hold; its total is never sure
    most_unsure: float = 0.96  # what is said of a field that is not sure, at most
    options: int = 3  # texts of a field that are given
    min_seen: float = 0.97  # of a field's box that lies within the picture
    min_print: float = 0.5  # of the print around a field that is on the page: with less, it is torn off or covered
    print_rim_px: int = 14  # work pixels around a field within which its print is looked for
    min_print_px: int = 40  # pixels of print: less says nothing
    min_cover: float = 0.6  # of the print's area that was found: with less, a part is missing
    same_writing: float = 0.9  # correlation of where ink is: two sheets with the same numbers reach 0.7
    print_contrast: int = 40  # of 255: fainter is grain
    blank_share: float = 0.0008  # of a page that is inked: a form has ten times that


REGISTRATION = RegistrationConfig()
INK = InkConfig()
FIELDS = FieldsConfig()
SUMS = SumsConfig()
FORM = FormConfig()
