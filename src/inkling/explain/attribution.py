"""Exact attribution for networks with one hidden layer: each pixel's contribution to a log-odds difference.

A ReLU network is piecewise linear. For a given tile, some hidden units j are active. While this set does not change,
each logit is a sum over the pixels x_i:

    logit_k = [b2_k + sum over active j of W2_kj b1_j] + sum over i of [sum over active j of W2_kj W1_ji] x_i

The second bracket times x_i is the attribution of pixel i; the first bracket is the bias. Both are exact. This is
gradient times input, which for ReLU networks omits only the bias: see Ancona et al., "Towards better understanding of
gradient-based attribution methods" (2018).
"""

from __future__ import annotations

import numpy as np

from inkling.explain.log_odds import Attribution, HiddenUnit
from inkling.explain.weights import Weights
from inkling.pipeline.normalize import SIDE

STRONGEST = 6  # number of hidden units shown


def exact_attributions(
    weights: Weights, tile: np.ndarray, contrasts: np.ndarray, temperature: float
) -> list[Attribution]:
    """(28, 28) tile and (Q, 10) contrasts of the logits -> Q attributions; each total is the sum of points and bias."""
    outgoing = contrasts @ weights.scores[:10] / temperature  # (Q, H): a hidden unit's weight in each contrast
    active = weights.activations(tile[None])[0] > 0  # (H,)
    gradients = outgoing[:, active] @ weights.hidden[active]  # (Q, 784)
    points = (gradients * tile.reshape(-1)).reshape(-1, SIDE, SIDE)
    biases = contrasts @ weights.scores_bias[:10] / temperature + outgoing[:, active] @ weights.hidden_bias[active]
    return [
        Attribution(float(each.sum() + bias), each, float(bias))
        for each, bias in zip(points, biases.tolist(), strict=True)
    ]


def strongest_units(
    weights: Weights, tile: np.ndarray, contrast: np.ndarray, temperature: float
) -> tuple[tuple[HiddenUnit, ...], tuple[int, int]]:
    """The hidden units with the largest contributions to one (10,) contrast; and the numbers of active and all units.

    The points of all units and the last layer's bias add up to the contrast's total.
    """
    activations = weights.activations(tile[None])[0]  # (H,)
    points = contrast @ weights.scores[:10] / temperature * activations  # (H,)
    order = [j for j in np.argsort(-np.abs(points)).tolist() if activations[j] > 0][:STRONGEST]
    units = [
        HiddenUnit(j, float(activations[j]), float(points[j]), weights.hidden[j].reshape(SIDE, SIDE)) for j in order
    ]
    return tuple(units), (int((activations > 0).sum()), len(activations))
