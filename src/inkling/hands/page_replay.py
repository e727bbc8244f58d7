"""The replayed images of a network for a page that teaches by itself: a sample of `replay.npz`, a quarter of its size.

4 bytes "inkr", the length of the head (uint32, little endian), the head (JSON), and the body, compressed (zlib): the
features as bytes, one feature after another; the labels; float32 numbers, the lower triangles of the second moment and
of the covariance within the classes, and the mean.

Teaching moves only images about which the network is not certain, so all of those are kept. Of the others a few stand
for many: every row has a weight, and the weights of a set add up to the number of its images.
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
FORMAT = 1
KEPT = {  # images of each set that are kept: the least certain, and those that stand for the others
    "plain": (380, 300),  # MNIST's validation images
    "varied": (600, 150),  # other hands and forms
    "replayed": (150, 200),  # non-digits that are shown again
    "others": (200, 120),  # non-digits that only the guards see
}
SEED = 6


def page_replay(bundle: Bundle) -> bytes:
    """The replayed images of a bundle's network for a page. Raises what `load_replay` and `features_of` raise."""
    replay, last_layer = load_replay(bundle), features_of(bundle).last_layer
    probs = softmax(replay.features @ last_layer.T)
    shown = set(replayed(replay, probs).tolist())
    rows: list[int] = []
    blocks: list[dict[str, Any]] = []
    for name, strata in _strata(replay, probs, bundle.reject_at).items():
        for stratum, n_kept in strata:
            kept = np.sort(np.random.default_rng(SEED).permutation(stratum)[:n_kept]).tolist()
            kept.sort(key=lambda row: row not in shown)  # those that are shown again come first
            if kept:
                n_shown = sum(row in shown for row in kept)
                blocks.append({"set": name, "n": len(kept), "shown": n_shown, "weight": len(stratum) / len(kept)})
            rows += kept
    scale = replay.features[:, :-1].max(axis=0) / 255
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
    numbers = np.concatenate([_triangle(replay.second_moment), _triangle(within), mean]).astype("<f4")
    labels = replay.labels[rows].astype(np.uint8)
    body = zlib.compress(features.T.tobytes() + labels.tobytes() + numbers.tobytes(), 9)
    text = json.dumps(head, separators=(",", ":")).encode()
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, body])


def _strata(replay: Replay, probs: np.ndarray, reject_at: float) -> dict[str, list[tuple[np.ndarray, int]]]:
    """For each set of KEPT: parts of it, and how many are kept: of the least certain, the wrong, the others."""
    top = np.sort(probs, axis=1)
    margin = top[:, -1] - top[:, -2]
    # Of a digit that is nearly refused, and of a non-digit that is nearly read.
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
        least = 40  # of a part, so that no image stands for very many
        found[name] = [
            (first, n_first),
            *((part, round(max(share, least))) for part, share in zip(parts, shares, strict=True)),
        ]
    return found


def _logit(probs: np.ndarray) -> np.ndarray:
    clipped = np.clip(probs, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _within(replay: Replay) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the features, and their covariance within the classes: what `prototypes.metric_of` whitens by."""
    features = replay.features[:, :-1].astype(np.float64)
    labels, index = np.unique(replay.labels, return_inverse=True)
    means = np.stack([features[replay.labels == label].mean(axis=0) for label in labels])
    return features.mean(axis=0), np.cov((features - means[index]).T)


def _triangle(matrix: np.ndarray) -> np.ndarray:
    """The lower triangle, row by row."""
    return np.asarray(matrix[np.tril_indices(len(matrix))])
