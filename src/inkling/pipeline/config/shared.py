"""Values that several stages use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SharedConfig:
    """Definitions of ink, noise and elongated shapes that several stages share."""

    ink_threshold: float = 0.35  # ink, 0..1; a pixel with more belongs to a component
    level_offset: float = 24.0  # gray levels added to both terms of a contrast ratio; suppresses noise in dark areas
    min_signal_sigmas: float = 5.0  # noise standard deviations; a level or edge that stands out more is not noise
    bar_aspect_ratio: float = 1.8  # longer to shorter side; a more elongated shape is a bar, or perhaps a 1
    edge_band: tuple[float, float] = (0.25, 0.6)  # of a stroke's contrast; a pixel in this range is on a soft edge
    noise_floor_range: tuple[float, float] = (0.08, 0.5)  # of a stroke's contrast; limits of the level that becomes 0


SHARED = SharedConfig()
