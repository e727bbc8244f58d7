"""Prototypes: misread lessons of a hand, and the similarity of a digit to each of them.

Training only the last layer changes the answer for everything in the direction of a corrected 7, including a similar 4.
The nearness to the lesson separates the two. Each prototype therefore adds a feature to the last layer: the fourth
power of the cosine of the angle between digit and lesson, after the features are centered and whitened by their
within-class covariance. A difference is thus measured relative to the variation within a class (Fisher's linear
discriminant; Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", section 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inkling.hands.replay import Replay

MOST = 64  # maximum prototypes of a hand: 25 KB
POWER = 4  # a higher power requires a nearer digit; chosen on hands 0 to 19 of training.odd_hands
SCALE = 3.0  # maximum of this feature; the network's features have a mean square of about 1
RIDGE = 0.01  # fraction of the mean variance that is added to every variance, so that flat directions are not stretched


@dataclass(frozen=True)
class Metric:
    """The metric that compares features of one network; the same for all its hands."""

    mean: np.ndarray  # (F - 1,) float32, without the last feature, which is always 1
    whitening: np.ndarray  # (F - 1, F - 1) float32

    def nearness(self, features: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
        """(N, F) and (P, F) features -> (N, P) float32, 0 = unlike .. SCALE = the same."""
        cosine = self._directions(features) @ self._directions(prototypes).T
        return np.asarray(np.float32(SCALE) * np.maximum(cosine, 0) ** POWER)

    def _directions(self, features: np.ndarray) -> np.ndarray:
        whitened = (features[:, :-1] - self.mean) @ self.whitening
        length = np.linalg.norm(whitened, axis=1, keepdims=True)
        return np.asarray(whitened / np.maximum(length, 1e-9))


@lru_cache(maxsize=4)
def metric_of(replay: Replay) -> Metric:
    """The metric of the network that produced the features."""
    features = replay.features[:, :-1].astype(np.float64)
    means = np.stack([features[replay.labels == label].mean(axis=0) for label in np.unique(replay.labels)])
    within = np.cov((features - means[np.unique(replay.labels, return_inverse=True)[1]]).T)
    values, vectors = np.linalg.eigh(within)
    values = np.maximum(values, 0) + RIDGE * values.mean()
    return Metric(features.mean(axis=0).astype(np.float32), np.asarray(vectors / np.sqrt(values), np.float32))


def chosen(misread: np.ndarray) -> np.ndarray:
    """The misread lessons that become prototypes: (M,) indices -> at most MOST of them, evenly spaced."""
    return np.asarray(misread[np.unique(np.linspace(0, len(misread) - 1, min(len(misread), MOST)).astype(int))])


def with_prototypes(second_moment: np.ndarray, features: np.ndarray, nearness: np.ndarray) -> np.ndarray:
    """(F, F) second moment of features -> (F + P, F + P) of features and nearness to prototypes.

    `features`, `nearness`: (N, F) and (N, P), of the same ordinary images.
    """
    crossed = features.T @ nearness / len(nearness)  # (F, P)
    return np.block([[second_moment, crossed], [crossed.T, nearness.T @ nearness / len(nearness)]])
