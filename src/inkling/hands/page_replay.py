"""The replay images of a network for teaching in the browser: a sample of `replay.npz`, a quarter of its size.

Format: 4 bytes "inkr", the length of the header (uint32, little endian), the header (JSON), and the zlib-compressed
body. The body contains the features as numbers up to 127, a byte each, one feature after another; the labels; and
float32 numbers: the lower triangles of the second moment and of the within-class covariance, and the mean. The
mantissas are rounded to 15 bits, and the numbers are written as four planes, from the lowest bytes to the highest,
which compresses best.

Teaching affects only images about which the network is uncertain, so the least certain ones are all kept. The others
are sampled: every row has a weight, and the weights of a set add up to the number of its images.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np

from inkling.hands.feature_network import features_of
from inkling.hands.guards import replayed
from inkling.hands.last_layer import softmax
from inkling.hands.replay import NO_DIGIT, Replay, load_replay
from inkling.models.bundle import Bundle

MAGIC = b"inkr"
FORMAT = 2
KEPT = {  # images kept from each set: the least certain, and a sample of the others
    "plain": (380, 300),  # MNIST's validation images
    "varied": (600, 150),  # other hands and forms
    "replayed": (150, 200),  # non-digits that are replayed
    "others": (200, 120),  # non-digits that only the guards use
}
SEED = 6
LEVELS = 127  # of a feature: more would only make the file larger


def page_replay(bundle: Bundle) -> bytes:
    """The replay images of a bundle's network for a page. Raises the errors of `load_replay` and `features_of`."""
    replay, last_layer = load_replay(bundle), features_of(bundle).last_layer
    probs = softmax(replay.features @ last_layer.T)
    shown = set(replayed(replay, probs).tolist())
    rows: list[int] = []
    blocks: list[dict[str, Any]] = []
    for name, strata in _strata(replay, probs, bundle.reject_at).items():
        for stratum, n_kept in strata:
            kept = np.sort(np.random.default_rng(SEED).permutation(stratum)[:n_kept]).tolist()
            kept.sort(key=lambda row: row not in shown)  # replayed images come first
            if kept:
                n_shown = sum(row in shown for row in kept)
                blocks.append({"set": name, "n": len(kept), "shown": n_shown, "weight": len(stratum) / len(kept)})
            rows += kept
    scale = replay.features[:, :-1].max(axis=0) / LEVELS
    scale[scale == 0] = 1
    head = {
        "format": FORMAT,
        "version": bundle.version,
        "size": replay.features.shape[1],
        "scale": [float(f"{each:.7g}") for each in scale],
        "blocks": blocks,
    }
    features = np.rint(replay.features[rows, :-1] / scale).astype(np.uint8)
    mean, within = _within(replay)
    numbers = _rounded(np.concatenate([_triangle(replay.second_moment), _triangle(within), mean]))
    planes = numbers.view(np.uint8).reshape(-1, 4).T
    labels = replay.labels[rows].astype(np.uint8)
    deflate = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)  # features hardly repeat
    body = deflate.compress(features.T.tobytes() + labels.tobytes() + planes.tobytes()) + deflate.flush()
    text = json.dumps(head, separators=(",", ":")).encode()
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, body])


def _strata(replay: Replay, probs: np.ndarray, reject_at: float) -> dict[str, list[tuple[np.ndarray, int]]]:
    """For each set of KEPT: its least certain images, the other wrong ones and the rest, with the number to keep."""
    top = np.sort(probs, axis=1)
    margin = top[:, -1] - top[:, -2]
    # Small for a digit that is almost refused, and for a non-digit that is almost accepted.
    none = np.abs(_logit(probs[:, NO_DIGIT]) - _logit(np.array(reject_at)))
    misread = probs[:, :NO_DIGIT].argmax(axis=1) != replay.labels
    accepted = probs[:, NO_DIGIT] < reject_at
    sets = {
        "plain": (np.arange(replay.n_plain), np.minimum(_logit((1 + margin) / 2), none), misread),
        "varied": (replay.varied, margin, misread),
        "replayed": (replay.others[::2], none, accepted),
        "others": (replay.others[1::2], none, accepted),
    }
    found = {}
    for name, (members, certainty, wrong) in sets.items():
        n_first, n_rest = KEPT[name]
        order = members[np.argsort(certainty[members], kind="stable")]
        first, rest = order[:n_first], order[n_first:]
        parts = [part for part in (rest[wrong[rest]], rest[~wrong[rest]]) if len(part)]
        shares = [n_rest * len(part) / len(rest) for part in parts]
        least = 40  # minimum number of images kept from a part, so that none gets a large weight
        found[name] = [
            (first, n_first),
            *((part, round(max(share, least))) for part, share in zip(parts, shares, strict=True)),
        ]
    return found


def _logit(probs: np.ndarray) -> np.ndarray:
    clipped = np.clip(probs, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _within(replay: Replay) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the features and their within-class covariance, which `prototypes.metric_of` uses for whitening."""
    features = replay.features[:, :-1].astype(np.float64)
    labels, index = np.unique(replay.labels, return_inverse=True)
    means = np.stack([features[replay.labels == label].mean(axis=0) for label in labels])
    return features.mean(axis=0), np.cov((features - means[index]).T)


def _rounded(values: np.ndarray) -> np.ndarray:
    """The values as float32, rounded so that the lowest 8 of their 23 mantissa bits are 0."""
    bits = values.astype("<f4").view("<u4")
    return np.asarray((bits + np.uint32(0x80)) & np.uint32(0xFFFFFF00))


def _triangle(matrix: np.ndarray) -> np.ndarray:
    """The lower triangle, row by row."""
    return np.asarray(matrix[np.tril_indices(len(matrix))])
