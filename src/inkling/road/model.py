"""tiles -> probs: a bundle's network in LiteRT."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inkling.bundle import Bundle
from inkling.errors import BadBundle

MAX_BATCH = 32  # tiles at once: larger batches are cut, which bounds each interpreter's memory and costs no speed


@dataclass(frozen=True)
class Judgement:
    """What a network says of N tiles."""

    probs: np.ndarray  # (N, 10) float32: which digit, given that it is one; each row sums to 1
    not_digit: np.ndarray  # (N,) float32: probability 0..1 that it is none; 0 from a network that cannot tell


class Model:
    """A network ready to run. Safe to call from several threads.

    An interpreter serves one call at a time, so there are as many as there have been calls at once: a server of many
    threads that lets two read at a time has two.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the flatbuffer does not match its manifest or has another input than (N, 28, 28)."""
        self._content = bundle.model_bytes()
        first = self._load()
        if first.signature[1:] != [28, 28]:
            raise BadBundle(
                f"{bundle.model_path} takes input of shape {first.signature}; expected (N, 28, 28). "
                "Export the run again."
            )
        self._free = deque([first])  # the one used last is taken first: its memory is in the cache

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32, 0 = paper, 1 = ink -> (N, 10) float32 probabilities, each row sums to 1."""
        return self.judge(tiles).probs

    def judge(self, tiles: np.ndarray) -> Judgement:
        """(N, 28, 28) float32, 0 = paper, 1 = ink -> which digits they are, and whether they are any.

        An eleventh output of the network is the class "none of the ten"; the ten are scaled to sum to 1 without it.
        """
        return split(self.outputs(tiles))

    def outputs(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 10 or 11) float32, the softmax as the network gives it."""
        cuts = range(0, len(tiles), MAX_BATCH)
        return np.concatenate(
            [self._run(tiles[start : start + MAX_BATCH]) for start in cuts] or [np.zeros((0, 10), np.float32)]
        )

    def _run(self, tiles: np.ndarray) -> np.ndarray:
        try:
            interpreter = self._free.pop()
        except IndexError:
            interpreter = self._load()
        try:
            return interpreter(tiles)
        finally:
            self._free.append(interpreter)

    def _load(self) -> _Interpreter:
        try:
            interpreter = Interpreter(model_content=self._content, num_threads=1)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BadBundle(
                f"the network cannot be loaded ({error}); expected a LiteRT flatbuffer. Export the run again."
            ) from error
        return _Interpreter(interpreter)


class _Interpreter:
    """LiteRT's, which is asked for the numbers and shapes of its tensors only when they change."""

    def __init__(self, interpreter: Interpreter) -> None:
        [entrance], exits = interpreter.get_input_details(), interpreter.get_output_details()
        self.signature: list[int] = entrance["shape_signature"].tolist()  # -1 = any
        self._interpreter = interpreter
        self._entrance, self._exit = entrance["index"], exits[0]["index"]
        self._n = int(entrance["shape"][0])

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) -> (N, outputs) float32."""
        if len(tiles) != self._n:
            self._n = -1  # until it has been done
            self._interpreter.resize_tensor_input(self._entrance, tiles.shape)
            self._interpreter.allocate_tensors()
            self._n = len(tiles)
        self._interpreter.set_tensor(self._entrance, np.ascontiguousarray(tiles, np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._exit))


def split(outputs: np.ndarray) -> Judgement:
    """A network's (N, 10) or (N, 11) softmax -> Judgement."""
    ten = outputs[:, :10]
    if outputs.shape[1] == 10:
        return Judgement(ten, np.zeros(len(ten), np.float32))
    # What float32 leaves of ten vanishing probabilities still names the most likely digit.
    ten = np.maximum(ten, 1e-30)
    return Judgement(ten / ten.sum(axis=1, keepdims=True), outputs[:, 10])
