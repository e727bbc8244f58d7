"""The energy score of a tile, an established method to detect out-of-distribution images without extra training.

Probabilities do not determine the sum of the logits' exponentials, so the network runs a second time with its
intermediate tensors preserved.
"""

from __future__ import annotations

import warnings

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from inkling.models.bundle import Bundle

TEN = 10


class Energy:
    """(N, 28, 28) tiles -> (N,) negative energy: log(sum(exp(logits of the ten digits))), high for digits.

    Liu et al., "Energy-based Out-of-distribution Detection" (2020), with temperature 1.
    """

    def __init__(self, bundle: Bundle) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*experimental_preserve_all_tensors.*")
            self._interpreter = Interpreter(
                model_content=bundle.model_bytes(),
                num_threads=1,
                experimental_preserve_all_tensors=True,
                experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            )
        self._interpreter.allocate_tensors()
        softmax = [op for op in self._interpreter._get_ops_details() if op["op_name"] == "SOFTMAX"]
        self._logits_at = int(softmax[-1]["inputs"][0]) if softmax else None

    def __call__(self, tiles: np.ndarray) -> np.ndarray | None:
        """The scores, or None for a network that does not end in a softmax."""
        if self._logits_at is None:
            return None
        at = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(at, tiles.shape)
        self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(at, np.ascontiguousarray(tiles, np.float32))
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._logits_at)[:, :TEN].astype(np.float64)  # (N, 10)
        top = logits.max(axis=1)
        return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))
