"""Learn a last layer: softmax regression that stays close to the original layer. NumPy only.

The loss is the cross-entropy of the examples plus `strength` / 2 times the mean squared change of the logits of
ordinary writing: E|(W' - W) f|^2 = tr(D C D^T), with D = W' - W and C the second moment of the features f. Changes are
cheap in directions that ordinary writing does not use. This is the quadratic penalty of elastic weight consolidation
(Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", 2017), with the change of the outputs in
place of the Fisher information. The loss is convex; Newton's method finds its minimum, with conjugate gradients for
each step, so that no Hessian is built (Nocedal, Wright, "Numerical Optimization", algorithm 7.1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = 20  # maximum Newton steps; five to ten are typical
INNER_STEPS = 60  # maximum steps of conjugate gradients per Newton step
TOLERANCE = 1e-3  # norm of the gradient at the end, relative to the first gradient
RIDGE = 1e-3  # fraction of C's mean eigenvalue that is added to each, so that unused directions are not free


def fit(
    last_layer: np.ndarray,
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    second_moment: np.ndarray,
    *,
    strength: float,
) -> np.ndarray:
    """The last layer (K, F) of a hand, from N examples: features (N, F), target probabilities (N, K), weights (N,).

    `second_moment`: C, (F, F). `strength`: above 0; larger values stay closer to the original layer.
    """
    root = _inverse_root(second_moment)
    x = features.astype(np.float64) @ root  # (N, F), whitened: the penalty is strength / 2 |E|^2
    base = features @ last_layer.T.astype(np.float64)  # (N, K) original logits

    def loss(change: np.ndarray) -> float:
        logits = base + x @ change.T
        largest = logits.max(axis=1)
        log_total = largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
        return float(weights @ (log_total - (logits * target).sum(axis=1)) + strength / 2 * (change**2).sum())

    change = np.zeros(last_layer.shape)
    first = 0.0
    for _ in range(STEPS):
        probs = softmax(base + x @ change.T)
        gradient = (weights[:, None] * (probs - target)).T @ x + strength * change
        size = float(np.linalg.norm(gradient))
        first = first or size
        if size <= TOLERANCE * first:
            break
        step = _newton_step(gradient, probs, x, weights, strength)
        change = _line_search(change, step, gradient, loss)
    return np.asarray(last_layer + change @ root.T, np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """(N, K) -> (N, K) probabilities."""
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def _inverse_root(second_moment: np.ndarray) -> np.ndarray:
    """C^(-1/2), with the ridge."""
    values, vectors = np.linalg.eigh(second_moment.astype(np.float64))
    values = np.maximum(values, 0) + RIDGE * values.mean()
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)


def _newton_step(
    gradient: np.ndarray, probs: np.ndarray, x: np.ndarray, weights: np.ndarray, strength: float
) -> np.ndarray:
    """The (K, F) step d with Hessian d = -gradient, by conjugate gradients."""

    def hessian_times(d: np.ndarray) -> np.ndarray:
        z = x @ d.T  # (N, K)
        curved = probs * (z - (probs * z).sum(axis=1, keepdims=True))
        return np.asarray((weights[:, None] * curved).T @ x + strength * d)

    step, residual = np.zeros_like(gradient), -gradient
    direction, squared = residual, float((residual**2).sum())
    enough = squared * 1e-4
    for _ in range(INNER_STEPS):
        if squared <= enough:
            break
        times = hessian_times(direction)
        length = squared / float((direction * times).sum())
        step = step + length * direction
        residual = residual - length * times
        before, squared = squared, float((residual**2).sum())
        direction = residual + squared / before * direction
    return step


def _line_search(
    change: np.ndarray, step: np.ndarray, gradient: np.ndarray, loss: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Backtracking line search: `change` plus the first of 1, 1/2, 1/4, .. steps to meet Armijo's condition."""
    now, slope = loss(change), float((gradient * step).sum())
    for halvings in range(20):
        share = 0.5**halvings
        if loss(change + share * step) <= now + 1e-4 * share * slope:
            return change + share * step
    return change
