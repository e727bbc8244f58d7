"""Find the coarsest rounding of weights that preserves the probabilities, by running LiteRT on random strokes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inkling.page_network.graph import Graph

AIM = 5e-5  # maximum difference of a probability on the probes; meant to keep it below 1e-4 for all pictures
PRECISION_BITS = np.arange(12.0, 18.5, 0.5)  # tried in this order
N_PROBES = 192
N_LINES, LINE_WIDTH = 12, 192  # probes for a network that takes any width, and their width in pixels
SEED = 5


def step_sizes(graph: Graph, bits: float) -> list[float]:
    """The rounding step of each weight tensor, in the order of the layers.

    A step is 2**-bits times the standard deviation of a layer's weights, because errors count relative to it, times the
    square root of the layer's fraction of all weights, because for a given file size, rounding small layers more finely
    is best.
    """
    tensors = [step.weights for step in graph.steps if step.weights is not None]
    total = sum(tensor.size for tensor in tensors)
    spreads = [float(tensor.std() or np.abs(tensor).max() or 1.0) for tensor in tensors]
    return [
        spread * 2**-bits * float(np.sqrt(tensor.size / total)) for spread, tensor in zip(spreads, tensors, strict=True)
    ]


def needed_steps(content: bytes, graph: Graph, temperature: float) -> list[float]:
    """The coarsest step sizes that preserve the calibrated probabilities of the flatbuffer `content` to within AIM.

    If none does, the finest ones that were tried.
    """
    x = probes(graph.input_shape)
    expected = _calibrated(_run(content, x), temperature)
    for bits in PRECISION_BITS:
        steps = step_sizes(graph, float(bits))
        found = _calibrated(_run(_rounded(content, graph, steps), x), temperature)
        if np.abs(found - expected).max() <= AIM:
            break
    return steps


def probes(shape: Sequence[int | None]) -> np.ndarray:
    """(N, *shape) float32: a few random strokes each. Most are not clear digits, so they are sensitive to rounding."""
    random = np.random.default_rng(SEED)
    is_line = None in shape
    h, w = (shape[0] or 32, LINE_WIDTH) if is_line else (28, 28)
    n, n_strokes = (N_LINES, 18) if is_line else (N_PROBES, 3)
    y, x = np.mgrid[:h, :w] + 0.5
    images = np.zeros((n, h, w))
    for image in images:
        for _ in range(random.integers(1, n_strokes + 1)):
            middle = random.uniform([0.25 * h, 0.05 * w + 5], [0.75 * h, 0.95 * w - 5])
            corners = middle + random.uniform(-0.3 * h, 0.3 * h, (4, 2))
            width = random.uniform(1.0, 2.2)
            for (y0, x0), (y1, x1) in pairwise(corners):
                along = np.clip(
                    ((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0)) / ((y1 - y0) ** 2 + (x1 - x0) ** 2 + 1e-9), 0, 1
                )
                away = np.hypot(y - y0 - along * (y1 - y0), x - x0 - along * (x1 - x0))
                np.maximum(image, np.clip(width - away, 0, 1), out=image)
    sizes = [side or w for side in shape]
    return images.reshape(n, *sizes).astype(np.float32)


def rounded(tensor: np.ndarray, step: float) -> np.ndarray:
    """The tensor in integer multiples of the step, int64."""
    return np.rint(tensor.astype(np.float64) / step).astype(np.int64)


def _rounded(content: bytes, graph: Graph, steps: Sequence[float]) -> bytes:
    tensors = [step.weights for step in graph.steps if step.weights is not None]
    for tensor, step in zip(tensors, steps, strict=True):
        coarse = (rounded(tensor, step) * step).astype("<f4")
        content = content.replace(tensor.astype("<f4").tobytes(), coarse.tobytes())
    return content


def _run(content: bytes, x: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=content, num_threads=1)
    [entry] = interpreter.get_input_details()
    interpreter.resize_tensor_input(entry["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry["index"], x)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), np.float64)


def _calibrated(probs: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.maximum(probs, 1e-12) ** (1 / temperature)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
