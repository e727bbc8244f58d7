"""The line image, and the search for the texts that its network's columns give."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineImageConfig:
    """`line_image`: the grey image of a row that the line network reads. Training lines are made by it as well."""

    height_px: int = 32  # a digit then is about 20 px high, as in MNIST
    width_step_px: int = 4  # widths are multiples of this: the network gives one column for so many pixels
    width_range_px: tuple[int, int] = (
        16,
        1024,
    )  # narrower is padded, wider is squeezed, which bounds the network's time
    ink_percentile: float = 2.0  # of the grey levels: darker ones are ink, even in a row with few strokes
    min_contrast_levels: float = 12.0  # from paper to ink: with less, noise would be stretched to look like strokes
    range: tuple[float, float] = (-0.5, 1.5)  # of the result: glare and blots say no more than paper and ink


LINE_IMAGE = LineImageConfig()
