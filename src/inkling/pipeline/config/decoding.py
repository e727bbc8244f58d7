"""Limits and thresholds of the stages from bytes to an upright gray image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DecodeConfig:
    """`decode` and `pixel_formats`: limits on the input, and the size of the decoded image."""

    max_bytes: int = 20_000_000  # of the encoded image
    max_pixels: int = 50_000_000  # enough for a phone's 48-megapixel photograph
    min_sides_px: tuple[int, int] = (3, 8)  # shorter and longer side; a person cannot recognize a smaller digit
    max_side_px: int = 1600  # a longer image is downscaled to this; digits stay readable
    glance_side_px: int = 400  # an image at least twice as long is first downscaled to about this, to find one digit
    colour_side_px: int = 640  # minimum longer side of the downscaled JPEG whose colors and brightness are compared
    tile_side_px: int = 512  # approximate tile size for conversion and downscaling, which limits memory
    alpha_band_rows: int = 256  # rows composited at a time, which limits memory
    opaque_alpha: int = 127  # of 255; a pixel with more is visible
    mostly_opaque_share: float = 0.5  # of the pixels; if more are visible, the background is taken from these
    dark_ink_level: int = 128  # of 255; ink that is darker on average needs a white background


@dataclass(frozen=True)
class DecodeLimitsConfig:
    """`decode_limits` and `file_parts`: limits on the cost of decoding. Times are for one core of a small server."""

    max_decoded_bytes: int = 210_000_000  # enough for 50 megapixels of 4 bytes, as Pillow stores color
    max_parts: int = 20_000  # chunks, segments or blocks per file: a 20 MB PNG in chunks of 1 KB; about 0.2 s
    max_tag_values: int = 50_000  # of a TIFF or of EXIF: 20,000 strips of one row; about 0.3 s
    max_all_tag_values: int = 5_000_000  # of all directories of a TIFF: 1,000 pages with one strip per row; about 1 s
    max_like_segments: int = 16  # of one kind in a JPEG: tables, frames, EXIF or Photoshop data; 1 MB per kind
    max_scanned_pixels: int = 1_000_000_000  # of a progressive JPEG, over all scans: 20 scans of 50 megapixels; 0.7 s
    max_strip_overlap: float = 2.0  # packed bytes of a TIFF's strips to the file's bytes; at most 1 without overlap
    max_run_pixels: int = 4_000_000  # pixels, and bytes, of a run-length encoded BMP: Pillow takes 0.25 us for each


@dataclass(frozen=True)
class GrayscaleConfig:
    """`grayscale`: when to use a mixture of the color channels because brightness hides the ink."""

    luma_sample_side_px: int = 96  # maximum longer side of the sample on which brightness is judged
    min_luma_edge: float = 0.25  # relative to the lightest level; if the strongest edges reach this, brightness is kept
    edge_side_px: int = 160  # color edges are measured on an image whose longer side is one to two times this
    min_channel_spread: int = 12  # levels between two channels; an image with less everywhere is gray
    strongest_quantile: float = 0.998  # of the steps; a few digits on a large page make about 0.2 % of them strong
    min_step_levels: float = 8.0  # weaker edges are noise
    min_step_to_median: float = 4.0  # required ratio of the strongest steps to the median step
    edge_step_share: float = 0.5  # fraction of the strongest step; larger steps determine the axis
    min_contrast_gain: float = 2.0  # required ratio of edge strength along the axis to edge strength in brightness
    min_snr_gain: float = 1.5  # required gain in signal-to-noise ratio


DECODE = DecodeConfig()
DECODE_LIMITS = DecodeLimitsConfig()
GRAYSCALE = GrayscaleConfig()
