"""Plot functions for pictures in rows: mistakes, weights, augmented tiles. Numbers and an `ax` in, the `ax` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from inkling.training.report.style import INK, INK_MAP, QUIET, RULE, SIGN_MAP, WRONG


def misread_tiles(ax: Axes, images: np.ndarray, notes: Sequence[Mapping[str, Any]], *, columns: int = 5) -> Axes:
    """(M, 28, 28) uint8 tiles, each with its label, what was read and how surely (see Measured.mistake)."""
    _bare(ax)
    side, pitch_x, pitch_y = 1.0, 1.22, 1.5
    for k, (image, note) in enumerate(zip(images, notes, strict=True)):
        x, y = (k % columns) * pitch_x, (k // columns) * pitch_y
        ax.imshow(image, cmap=INK_MAP, vmin=0, vmax=255, extent=(x, x + side, y + side, y), interpolation="nearest")
        below = y + side + 0.2
        ax.text(x, below, f"{note['label']}", va="center", fontsize=11, color=INK)
        ax.text(x + 0.16, below, f"\N{RIGHTWARDS ARROW} {note['read']}", va="center", fontsize=11, color=WRONG)
        percent = f"{int(100 * note['confidence'])}%"  # rounded down: 100 % would be a promise
        ax.text(x + side, below, percent, va="center", ha="right", fontsize=9, color=QUIET)
    rows = -(-max(len(images), 1) // columns)
    ax.set_xlim(-0.02, columns * pitch_x - 0.2)
    ax.set_ylim(rows * pitch_y - 0.1, -0.02)
    return ax


def weight_maps(ax: Axes, pictures: np.ndarray, votes: np.ndarray, *, columns: int = 16) -> Axes:
    """(K, h, w) weights, one scale for all: blue where ink speaks for the unit, orange where against, paper for 0.

    votes: (K,) the digit that each unit raises most, written beside it; -1 for none.
    """
    _bare(ax)
    limit = float(np.quantile(np.abs(pictures), 0.995)) or 1.0
    side, pitch = 1.0, 1.14
    for k, picture in enumerate(pictures):
        x, y = (k % columns) * pitch, (k // columns) * pitch
        frame = (x, x + side, y + side, y)
        ax.imshow(picture, cmap=SIGN_MAP, vmin=-limit, vmax=limit, extent=frame, interpolation="nearest")
        if votes[k] >= 0 and (k == 0 or votes[k] != votes[k - 1]):
            box = {"facecolor": INK, "edgecolor": "none", "boxstyle": "round,pad=0.18"}
            ax.text(x + 0.13, y + 0.15, str(votes[k]), color="white", fontsize=9, ha="center", va="center", bbox=box)
    rows = -(-max(len(pictures), 1) // columns)
    ax.set_xlim(-0.02, columns * pitch - 0.12)
    ax.set_ylim(rows * pitch - 0.12, -0.02)
    return ax


def tile_rows(ax: Axes, rows: Mapping[str, np.ndarray]) -> Axes:
    """Name -> (n, 28, 28) float32 tiles, a row each, the name at its left."""
    _bare(ax)
    pitch = 1.08
    for r, (name, tiles) in enumerate(rows.items()):
        ax.text(-0.15, r * pitch + 0.5, name, ha="right", va="center", fontsize=10.5, color=INK)
        for k, tile in enumerate(tiles):
            frame = (k * pitch, k * pitch + 1, r * pitch + 1, r * pitch)
            ax.imshow(tile, cmap=INK_MAP, vmin=0, vmax=1, extent=frame, interpolation="nearest")
    most = max((len(tiles) for tiles in rows.values()), default=1)
    if len(rows) > 1:
        ax.axhline(pitch - 0.04, color=RULE, linewidth=1)  # below the originals
    ax.set_xlim(-0.05, most * pitch - 0.06)
    ax.set_ylim(len(rows) * pitch - 0.06, -0.02)
    return ax


def _bare(ax: Axes) -> None:
    ax.set_axis_off()
    ax.set_anchor("W")
    ax.set_aspect("equal")
