"""Limits and thresholds of the stages from bytes to an upright grey image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DecodeConfig:
    """`decode` and `pixel_formats`: what is accepted, and how large the decoded image is."""

    max_bytes: int = 20_000_000  # of the encoded image
    max_pixels: int = 50_000_000  # a 48-megapixel phone photograph passes
    min_sides_px: tuple[int, int] = (3, 8)  # shorter and longer side: the least in which a person still sees a digit
    max_side_px: int = 1600  # a longer image is reduced to this, which costs no readable digit
    glance_side_px: int = 400  # an image at least twice as long is first reduced to this, to find one large digit
    colour_side_px: int = 640  # a JPEG of about this size shows whether its colours tell more than its brightness
    tile_side_px: int = 512  # about so much is converted and reduced at a time, which bounds memory
    alpha_band_rows: int = 256  # so many rows are composited at a time, which bounds memory
    opaque_alpha: int = 127  # of 255: a pixel with more is visible
    mostly_opaque_share: float = 0.5  # of the pixels: with more, the visible part brings its own background
    dark_ink_level: int = 128  # of 255: ink that is darker on average needs a white background


@dataclass(frozen=True)
class DecodeLimitsConfig:
    """`decode_limits`: what decoding may cost. Times are of one core of a small server."""

    max_decoded_bytes: int = 210_000_000  # 50 megapixels of 4 bytes pass, as Pillow holds colour
    max_parts: int = 20_000  # chunks, segments or blocks of a file: a PNG of 20 MB in pieces of 1 kB; some 0.2 s
    max_tag_values: int = 50_000  # of a TIFF or of EXIF: 20,000 strips of a row pass; some 0.3 s
    max_all_tag_values: int = 5_000_000  # of all directories of a TIFF: a strip a row on 1000 pages; some 1 s
    max_like_segments: int = 16  # of a JPEG: tables, frames, EXIF or Photoshop's data, 1 MB of each
    max_scanned_pixels: int = 1_000_000_000  # of a progressive JPEG, over all scans: 20 of 50 megapixels; 0.7 s
    max_strip_overlap: float = 2.0  # packed bytes of a TIFF's strips to its file's; 1 where they do not overlap
    max_run_pixels: int = 4_000_000  # of a BMP in runs, and its bytes: Pillow takes 0.25 us for each


@dataclass(frozen=True)
class GrayscaleConfig:
    """`grayscale`: when brightness hides the ink and a mixture of the colour channels shows it."""

    luma_sample_side_px: int = 96  # longer side, at most, of the sample on which brightness is judged
    min_luma_edge: float = 0.25  # of the lightest level: where the strongest edges reach this, brightness is kept
    edge_side_px: int = 160  # about the longer side of the image on which colour edges are measured
    min_channel_spread: int = 12  # levels between two channels: with less everywhere, the image is grey
    strongest_quantile: float = 0.998  # of the steps: a few digits on a large page make so many strong ones
    min_step_levels: float = 8.0  # weaker edges are noise
    min_step_to_median: float = 4.0  # the strongest steps must be so many times the median step
    edge_step_share: float = 0.5  # of the strongest step: larger ones determine the axis
    min_contrast_gain: float = 2.0  # how many times stronger the edges must be along the axis than in brightness
    min_snr_gain: float = 1.5  # how many times better they must stand out from the noise


DECODE = DecodeConfig()
DECODE_LIMITS = DecodeLimitsConfig()
GRAYSCALE = GrayscaleConfig()
