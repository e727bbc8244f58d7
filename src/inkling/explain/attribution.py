"""tile -> what each pixel adds to a lead, exactly: for networks with one hidden layer.

A network of ReLUs is piecewise linear. For one tile some hidden units are active and the rest silent, and as long as
that stays so each logit is a plain sum over the pixels x_i:

    logit_k = [b2_k + sum over active j of W2_kj b1_j] + sum over i of [sum over active j of W2_kj W1_ji] x_i

The second bracket times x_i is the contribution of pixel i; the first bracket is the bias. Nothing is estimated.
(In the field's words: gradient times input, which for ReLUs leaves out nothing but the bias; see Ancona et al.,
"Towards better understanding of gradient-based attribution methods", 2018.)
"""

from __future__ import annotations

import numpy as np

from inkling.explain.log_odds import Attribution, HiddenUnit
from inkling.explain.weights import Weights
from inkling.pipeline.normalize import SIDE

STRONGEST = 6  # hidden units that are shown


def exact_attributions(
    weights: Weights, tile: np.ndarray, questions: np.ndarray, temperature: float
) -> list[Attribution]:
    """(28, 28) tile and (Q, 10) contrasts of the logits -> Q times Evidence, whose points and bias sum to its total."""
    outgoing = questions @ weights.scores[:10] / temperature  # (Q, H): what a unit's voice counts in each question
    active = weights.activations(tile[None])[0] > 0  # (H,)
    slopes = outgoing[:, active] @ weights.hidden[active]  # (Q, 784)
    points = (slopes * tile.reshape(-1)).reshape(-1, SIDE, SIDE)
    biases = questions @ weights.scores_bias[:10] / temperature + outgoing[:, active] @ weights.hidden_bias[active]
    return [
        Attribution(float(own.sum() + bias), own, float(bias))
        for own, bias in zip(points, biases.tolist(), strict=True)
    ]


def strongest_units(
    weights: Weights, tile: np.ndarray, question: np.ndarray, temperature: float
) -> tuple[tuple[HiddenUnit, ...], tuple[int, int]]:
    """The hidden units that weigh most in one (10,) contrast, for or against; and how many are active, of how many.

    All units' points and the last layer's bias add up to the lead, too: the same sum, taken by units.
    """
    says = weights.activations(tile[None])[0]  # (H,)
    points = question @ weights.scores[:10] / temperature * says  # (H,)
    order = [j for j in np.argsort(-np.abs(points)).tolist() if says[j] > 0][:STRONGEST]
    units = [HiddenUnit(j, float(says[j]), float(points[j]), weights.hidden[j].reshape(SIDE, SIDE)) for j in order]
    return tuple(units), (int((says > 0).sum()), len(says))
