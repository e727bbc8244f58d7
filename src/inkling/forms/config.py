"""Thresholds for form reading, with units and reasons. "Work pixels" are those of the blank at `work_side_px`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegistrationConfig:
    """`registration`: locating the form in a picture."""

    work_side_px: int = 1600  # longer side of the aligned page: the size at which pictures are decoded
    feature_side_px: int = 1100  # longer side for feature detection; at 800, photographs give half as many features
    n_features: int = 3000  # maximum number of ORB features: with fewer, whole corners of a printed page have none
    ratio: float = 0.8  # maximum ratio of the best match's distance to the second-best (Lowe 2004)
    reprojection_px: float = 3.0  # feature pixels: maximum error of an inlier
    min_inliers: int = 24  # other forms reach 17, photographs of the correct form at least 140
    min_second_inliers: int = 40  # for another sheet of the same form in the same picture
    max_points: int = 400  # maximum number of printed corners that are tracked from the blank to the page
    min_apart_px: int = 16  # minimum distance between these corners, in work pixels
    corner_quality: float = 0.02  # fraction of the best corner's quality: weaker ones slide along a line
    printed_at: int = 60  # minimum contrast, 0..255, at which a pixel of the blank counts as print
    print_reach_px: int = 7  # search range for the page's print when its darkness is compared
    near_px: int = 5  # search range for the page's print once the page is aligned with the blank
    printed_share: float = 0.4  # minimum fraction of the blank's contrast at which print counts as present
    max_gain: float = 6.0  # maximum contrast gain: print that needs more is lost in noise
    window_px: int = 31  # side of the window that is compared around a corner
    levels: int = 3  # levels of the image pyramid, which finds corners up to about 60 pixels away
    max_return_px: float = 0.7  # maximum error of tracking a corner back to the blank: lost corners exceed it
    max_moved_px: float = 40.0  # a corner that moved farther is a different one
    bent_px: float = 10.0  # maximum distance of a curled page's corner from its flat position or its neighbors
    flat_px: float = 0.5  # the page is flat if corners are at most this far from their positions ..
    flat_share: float = 0.9  # .. for this fraction of the corners
    found_px: float = 3.0  # maximum final distance of a found corner from its position
    min_same: float = 0.45  # minimum correlation of a corner's window with the blank's: less means different print
    min_agreement: float = 0.35  # minimum fraction of the corners in the picture that are found: other forms reach 0.1
    reach_px: tuple[float, ...] = (120.0, 80.0, 80.0)  # radius in which corners of a curled page move alike, per step
    # Weights of the priors on the shift, the x slope and the y slope; a near corner has weight 1.
    rigid_weights: tuple[float, float, float] = (0.02, 0.3, 0.3)
    max_odd: float = 4.0  # maximum deviation of a corner from its neighbors, in multiples of the median
    min_side_ratio: float = 0.2  # minimum ratio of the sheet's shortest to longest side, relative to the blank's


@dataclass(frozen=True)
class InkConfig:
    """`ink`: separating handwriting from print."""

    print_level: int = 36  # minimum contrast, 0..255, at which a pixel of the blank counts as print
    print_reach_px: int = 2  # work pixels by which print may be wider or displaced on the page
    bridge_px: int = 13  # work pixels: size of the closing that joins strokes across a printed line; wider than that
    min_contrast: int = 28  # minimum contrast of ink, 0..255: fainter is noise or show-through
    paper_share: float = 0.4  # fraction of the ink threshold: fainter pixels are paper
    whole: float = 0.95  # fraction of a component: if this much is in a box, the whole component belongs there
    max_width: float = 1.15  # in cell widths: a wider component is several digits, or a stroke across cells
    max_height: float = 1.5  # in box heights: a taller component is not a single digit either
    min_own: float = 0.5  # fraction of a digit: if this much is in a cell, the whole digit belongs there
    min_part: float = 0.2  # fraction of a larger component: less than this in a cell is the neighbor's overshoot
    min_pixels: float = 0.006  # in squared box heights: a smaller component is dirt, or a piece of a broken stroke
    min_piece: float = 0.0015  # in squared box heights: a smaller component is always dirt
    piece_reach: float = 0.15  # maximum vertical distance of a piece from larger ink, in box heights
    rim_y: float = 0.1  # paper above and below the row for the line network, in box heights
    rim_x: float = 0.3  # paper to the left and right of the row, in box heights


@dataclass(frozen=True)
class FieldsConfig:
    """`fields`: combining the predictions of the networks."""

    trust_classifier: float = 0.97  # fraction of digits that are complete and alone in their box
    trust_line: float = 0.9  # fraction of rows that the line network reads correctly
    not_digit_at: float = 0.5  # minimum probability that a box's ink is not a digit at which the field needs a check
    min_opinion: float = 0.05  # probability of the best text with a digit in each box: below this the row is ignored
    min_common: float = 0.3  # fraction of the narrower width: strokes that overlap this much horizontally are one digit
    n_texts: int = 60  # candidates per field: a sum needs the candidates of each part
    max_columns: int = 20_000  # maximum number of columns that the search for candidates extends: 10 ms


@dataclass(frozen=True)
class SumsConfig:
    """`sums`: how much weight a sum has."""

    holds: float = 0.98  # fraction of sheets with a correct sum
    other_sums: float = 100.0  # approximate number of values that a wrong sum can take
    max_values: int = 500  # different sums that are kept: bounds the time to a fifth of a second
    min_share: float = 1e-7  # fraction of the best candidate's probability: less probable candidates are dropped
    max_digits: int = 15  # maximum digits of a number: longer ones overflow


@dataclass(frozen=True)
class FormConfig:
    """`form`: when a field is sure, and the status of a sheet."""

    sure_at: float = 0.97  # minimum probability of a sure text: less than 0.5 % of these on validation sheets are wrong
    sure_despite_sum: float = 0.99  # like `sure_at`, for the parts of a wrong sum; its total is never sure
    most_unsure: float = 0.96  # maximum confidence of a field that is not sure
    options: int = 3  # texts returned per field
    min_seen: float = 0.97  # minimum fraction of a field's box that is within the picture
    min_print: float = 0.5  # minimum fraction of a field's print that is on the page: less means torn off or covered
    print_rim_px: int = 14  # work pixels around a field in which its print is compared
    min_print_px: int = 40  # pixels of print: fewer are not enough to decide
    min_cover: float = 0.6  # minimum fraction of the print's area that is found: otherwise a part is missing
    same_writing: float = 0.9  # minimum correlation of duplicates' ink maps: sheets with the same numbers reach 0.7
    print_contrast: int = 40  # minimum contrast of print, 0..255: fainter is noise
    blank_share: float = 0.0008  # maximum inked fraction of a blank page: a form has ten times that


REGISTRATION = RegistrationConfig()
INK = InkConfig()
FIELDS = FieldsConfig()
SUMS = SumsConfig()
FORM = FormConfig()
