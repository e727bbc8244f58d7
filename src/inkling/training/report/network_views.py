"""What a network looks like inside, read from a bundle's `model.keras`. Keras and scikit-learn, inside functions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.errors import MissingExtra
from inkling.models.bundle import Bundle
from inkling.training.keras_setup import open_network

SEED = 20
N_COMPONENTS = 50  # principal components that t-SNE is given: the rest is noise and costs time
PERPLEXITY = 30.0


@dataclass(frozen=True)
class NetworkView:
    """Weights and hidden layer of one network."""

    first: np.ndarray  # (K, h, w) weights of the first layer, one picture a unit or channel
    first_kind: str  # "dense": h = w = 28; "convolution": h, w of the kernel
    votes: np.ndarray  # (K,) the digit each unit raises most; -1 where more layers follow
    pca: np.ndarray  # (M, 2) the last hidden layer's two principal components
    explained: tuple[float, float]  # part of the variance that each of them has
    tsne: np.ndarray  # (M, 2) the same, by t-SNE (van der Maaten, Hinton 2008)


def inspect_network(bundle: Bundle, tiles: np.ndarray) -> NetworkView | None:
    """Opens `model.keras` and runs (M, 28, 28) float32 tiles up to the last hidden layer; None when it is absent.

    Raises MissingExtra without the `learn` extra and BadBundle for a file that Keras cannot open.
    """
    path = bundle.path / "model.keras"
    if not path.is_file():
        return None
    model = open_network(path, task="the report")
    first, kind, votes = first_weights(model)
    hidden = hidden_activations(model, tiles)  # (M, 28, 28) -> (M, H)
    pca, explained, tsne = embed_2d(hidden)
    return NetworkView(first, kind, votes, pca, explained, tsne)


def first_weights(model: Any) -> tuple[np.ndarray, str, np.ndarray]:
    """Weights of the first layer that has any, as pictures (K, h, w); what it is; the digit each unit raises most.

    Units of a network with one hidden layer are put in order of that digit, the strongest first.
    """
    layers = [layer for layer in model.layers if layer.get_weights()]
    kernel = np.asarray(layers[0].get_weights()[0])
    if kernel.ndim == 4:  # (h, w, 1, K)
        pictures = kernel[:, :, 0, :].transpose(2, 0, 1)
        return pictures, "convolution", np.full(len(pictures), -1)
    pictures = kernel.T.reshape(-1, 28, 28)  # (784, K) -> (K, 28, 28)
    if len(layers) != 2:
        return pictures, "dense", np.full(len(pictures), -1)
    outgoing = np.asarray(layers[1].get_weights()[0])  # (K, 10)
    strength = outgoing.max(1) * np.linalg.norm(kernel, axis=0)
    votes = outgoing.argmax(1)
    order = np.lexsort((-strength, votes))
    return pictures[order], "dense", votes[order]


def hidden_activations(model: Any, tiles: np.ndarray) -> np.ndarray:
    """What the last layer before the probabilities says. (M, 28, 28) float32 -> (M, H) float32"""
    import keras

    upto = keras.Model(model.inputs, model.layers[-1].input)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own, about NumPy's next version
        return np.asarray(upto.predict(tiles, batch_size=500, verbose=0)).reshape(len(tiles), -1)


def embed_2d(hidden: np.ndarray) -> tuple[np.ndarray, tuple[float, float], np.ndarray]:
    """(M, H) -> two principal components (M, 2), the part of variance of each, t-SNE (M, 2). The same each time."""
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("the report", "learn") from error
    pca = PCA(min(N_COMPONENTS, *hidden.shape), random_state=SEED)
    perplexity = min(PERPLEXITY, (len(hidden) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=SEED, max_iter=750)
    # One thread: on a busy machine t-SNE's threads wait for each other, and it takes ten times as long.
    with threadpool_limits(1):
        components = pca.fit_transform(hidden)
        flat = np.asarray(tsne.fit_transform(components))
    explained = pca.explained_variance_ratio_
    return components[:, :2], (float(explained[0]), float(explained[1])), flat
