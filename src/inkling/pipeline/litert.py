"""A network in LiteRT, for several threads at once."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inkling.errors import BadBundle


class LiteRTModel:
    """One input, one output. Safe to call from several threads.

    An interpreter serves one call at a time, so there are as many as there have been calls at once: a server of many
    threads that lets two read at a time has two.
    """

    def __init__(self, content: bytes, path: Path, *, shape: tuple[int, ...]) -> None:
        """`content`: the flatbuffer; `path`: where it is from; `shape` of one example, -1 = any.

        Raises BadBundle if it cannot be loaded or takes another input.
        """
        self._content = content
        first = self._load()
        if first.signature[1:] != list(shape):
            expected = ", ".join("any" if side < 0 else str(side) for side in shape)
            raise BadBundle(
                f"{path} takes input of shape {first.signature}; expected (N, {expected}). Export the run again."
            )
        self._free = deque([first])  # the one used last is taken first: its memory is in the cache

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(N, ..) float32 -> what the network answers, float32."""
        try:
            interpreter = self._free.pop()
        except IndexError:
            interpreter = self._load()
        try:
            return interpreter(x)
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
        self._shape: tuple[int, ...] | None = tuple(entrance["shape"].tolist())

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if x.shape != self._shape:
            self._shape = None  # until it has been done
            self._interpreter.resize_tensor_input(self._entrance, x.shape)
            self._interpreter.allocate_tensors()
            self._shape = x.shape
        self._interpreter.set_tensor(self._entrance, np.ascontiguousarray(x, np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._exit))
