"""The weights and hidden layer of a bundle's `model.keras`. Imports Keras and scikit-learn inside functions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.errors import MissingExtra
from inkling.models.bundle import Bundle
from inkling.training.keras_setup import open_keras_model

SEED = 20
N_COMPONENTS = 50  # principal components as input to t-SNE; the rest is noise and costs time
PERPLEXITY = 30.0


@dataclass(frozen=True)
class NetworkView:
    """First-layer weights and last hidden layer of one network."""

    first_weights: np.ndarray  # (K, h, w) one map per unit or channel
    is_dense: bool  # True: h = w = 28; False: the kernels of a convolution
    votes: np.ndarray  # (K,) the digit that each unit raises most; all -1 unless a dense layer is the only hidden one
    pca: np.ndarray  # (M, 2) the last hidden layer's first two principal components
    explained_variance: tuple[float, float]  # share of the variance of each component
    tsne: np.ndarray  # (M, 2) the last hidden layer by t-SNE (van der Maaten, Hinton 2008)


def inspect_network(bundle: Bundle, tiles: np.ndarray) -> NetworkView | None:
    """Opens `model.keras` and runs (M, 28, 28) float32 tiles up to the last hidden layer; None without that file.

    Raises MissingExtra without the `learn` extra and BadBundle for a file that Keras cannot open.
    """
    if not (bundle.path / "model.keras").is_file():
        return None
    model = open_keras_model(bundle, task="the report")
    hidden = hidden_activations(model, tiles)  # (M, 28, 28) -> (M, H)
    return NetworkView(*first_weights(model), *embed_2d(hidden))


def first_weights(model: Any) -> tuple[np.ndarray, bool, np.ndarray]:
    """The first layer's weights as maps (K, h, w); whether it is dense; the digit that each unit raises most (K,).

    The units of a network with a single, dense hidden layer are sorted by that digit, strongest first.
    """
    layers = [layer for layer in model.layers if layer.get_weights()]
    kernel = np.asarray(layers[0].get_weights()[0])
    is_dense = kernel.ndim == 2
    maps = kernel.T.reshape(-1, 28, 28) if is_dense else kernel[:, :, 0, :].transpose(2, 0, 1)  # -> (K, h, w)
    if not is_dense or len(layers) != 2:
        return maps, is_dense, np.full(len(maps), -1)
    outgoing = np.asarray(layers[1].get_weights()[0])  # (K, 10)
    strength = outgoing.max(1) * np.linalg.norm(kernel, axis=0)
    votes = outgoing.argmax(1)
    order = np.lexsort((-strength, votes))
    return maps[order], is_dense, votes[order]


def hidden_activations(model: Any, tiles: np.ndarray) -> np.ndarray:
    """The input of the output layer. (M, 28, 28) float32 -> (M, H) float32"""
    import keras

    trunk = keras.Model(model.inputs, model.layers[-1].input)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns about the next NumPy version
        return np.asarray(trunk.predict(tiles, batch_size=500, verbose=0)).reshape(len(tiles), -1)


def embed_2d(hidden: np.ndarray) -> tuple[np.ndarray, tuple[float, float], np.ndarray]:
    """(M, H) -> two principal components (M, 2), share of variance of each, t-SNE (M, 2). Deterministic."""
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("the report", "learn") from error
    pca = PCA(min(N_COMPONENTS, *hidden.shape), random_state=SEED)
    perplexity = min(PERPLEXITY, (len(hidden) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=SEED, max_iter=750)
    # One thread: on a busy machine t-SNE takes ten times as long, because its threads wait for each other.
    with threadpool_limits(1):
        components = pca.fit_transform(hidden)
        flat = np.asarray(tsne.fit_transform(components))
    explained = pca.explained_variance_ratio_
    return components[:, :2], (float(explained[0]), float(explained[1])), flat
