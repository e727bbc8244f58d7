"""Plot functions for rows of small images: misread digits, weights, augmented tiles. Each returns its `ax`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from inkling.training.report.style import INK, INK_MAP, QUIET, RULE, SIGN_MAP, WRONG


def misread_tiles(ax: Axes, images: np.ndarray, details: Sequence[Mapping[str, Any]], *, columns: int = 5) -> Axes:
    """Draws (M, 28, 28) uint8 tiles, each with label, prediction and confidence (see Measurements.mistake)."""
    pitch_x, pitch_y = 1.22, 1.5
    for k, (image, detail) in enumerate(zip(images, details, strict=True)):
        x, y = (k % columns) * pitch_x, (k // columns) * pitch_y
        _tile(ax, image, x, y, cmap=INK_MAP, vmin=0, vmax=255)
        below = y + 1.2
        ax.text(x, below, f"{detail['label']}", va="center", fontsize=11, color=INK)
        ax.text(x + 0.16, below, f"\N{RIGHTWARDS ARROW} {detail['read']}", va="center", fontsize=11, color=WRONG)
        percent = f"{int(100 * detail['confidence'])}%"  # rounded down: 100% would claim certainty
        ax.text(x + 1, below, percent, va="center", ha="right", fontsize=9, color=QUIET)
    rows = -(-max(len(images), 1) // columns)
    return _bare(ax, columns * pitch_x - 0.2, rows * pitch_y - 0.1)


def weight_maps(ax: Axes, weights: np.ndarray, votes: np.ndarray, *, columns: int = 16) -> Axes:
    """Draws (K, h, w) weights on one scale: blue where ink raises the unit's value, orange where it lowers it.

    A weight of 0 has the color of the paper. votes: (K,) the digit that each unit raises most, written on the first
    unit for each digit; -1 for none.
    """
    limit, pitch = float(np.quantile(np.abs(weights), 0.995)) or 1.0, 1.14
    for k, image in enumerate(weights):
        x, y = (k % columns) * pitch, (k // columns) * pitch
        _tile(ax, image, x, y, cmap=SIGN_MAP, vmin=-limit, vmax=limit)
        if votes[k] >= 0 and (k == 0 or votes[k] != votes[k - 1]):
            box = {"facecolor": INK, "edgecolor": "none", "boxstyle": "round,pad=0.18"}
            ax.text(x + 0.13, y + 0.15, str(votes[k]), color="white", fontsize=9, ha="center", va="center", bbox=box)
    rows = -(-max(len(weights), 1) // columns)
    return _bare(ax, columns * pitch - 0.12, rows * pitch - 0.12)


def tile_rows(ax: Axes, rows: Mapping[str, np.ndarray]) -> Axes:
    """Draws name -> (n, 28, 28) float32 tiles, 0..1: one row per name, with the name on the left."""
    pitch = 1.08
    for r, (name, tiles) in enumerate(rows.items()):
        ax.text(-0.15, r * pitch + 0.5, name, ha="right", va="center", fontsize=10.5, color=INK)
        for k, tile in enumerate(tiles):
            _tile(ax, tile, k * pitch, r * pitch, cmap=INK_MAP, vmin=0, vmax=1)
    if len(rows) > 1:
        ax.axhline(pitch - 0.04, color=RULE, linewidth=1)  # below the originals
    most = max((len(tiles) for tiles in rows.values()), default=1)
    return _bare(ax, most * pitch - 0.06, len(rows) * pitch - 0.06)


def _tile(ax: Axes, image: np.ndarray, x: float, y: float, **colours: Any) -> None:
    """Draws an image as a square of side 1 with its upper-left corner at (x, y); y grows downward."""
    ax.imshow(image, extent=(x, x + 1, y + 1, y), interpolation="nearest", **colours)


def _bare(ax: Axes, width: float, height: float) -> Axes:
    ax.set_axis_off()
    ax.set_anchor("W")
    ax.set_aspect("equal")
    ax.set_xlim(-0.02, width)
    ax.set_ylim(height, -0.02)
    return ax
