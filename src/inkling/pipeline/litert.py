"""Run a network in LiteRT, from several threads."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inkling.errors import BadBundle

NOTICE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"  # LiteRT's, once per process, on stderr
_first_allocation = threading.Event()  # set once an interpreter of this process has allocated its tensors
_filtering_stderr = threading.Lock()


class LiteRTModel:
    """A network with one input and one output. Safe to call from several threads.

    An interpreter serves one call at a time. So the model keeps as many interpreters as there have ever been
    simultaneous calls: a server in which two threads read at the same time has two.
    """

    def __init__(self, content: bytes, path: Path, *shapes: tuple[int, ...]) -> None:
        """`content`: the flatbuffer. `path`: for messages. `shapes`: allowed shapes of one example, -1 = any size.

        Raises BadBundle if the flatbuffer cannot be loaded or has a different input.
        """
        self._content, self._path = content, path
        first = self._load()
        self.shape = tuple(first.signature[1:])  # of one example
        if self.shape not in shapes or first.dtype != np.float32:
            expected = " or ".join(
                f"(N, {', '.join('any' if side < 0 else str(side) for side in shape)})" for shape in shapes
            )
            raise BadBundle(
                f"{path} takes {np.dtype(first.dtype)} input of shape {first.signature}; expected float32 of "
                f"{expected}. Export the run again, or name another network."
            )
        self._free = deque([first])  # a stack: the memory of the interpreter used last is in the CPU cache

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(N, ..) float32 -> the network's output, float32."""
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
            _allocate_without_notice(interpreter)
            return _Interpreter(interpreter)
        except (ValueError, RuntimeError) as error:
            raise BadBundle(
                f"{self._path} cannot be loaded ({error}); expected a network in LiteRT's format. Export the run "
                "again, or name another network."
            ) from error


class _Interpreter:
    """LiteRT's interpreter. Tensor indices are looked up once; tensors are resized if the input's shape changes."""

    def __init__(self, interpreter: Interpreter) -> None:
        [entry], outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self.signature: list[int] = entry["shape_signature"].tolist()  # -1 = any size
        self.dtype = entry["dtype"]
        self._interpreter = interpreter
        self._input, self._output = entry["index"], outputs[0]["index"]
        self._shape: tuple[int, ...] | None = tuple(entry["shape"].tolist())

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if x.shape != self._shape:
            self._shape = None  # unknown if resizing fails
            self._interpreter.resize_tensor_input(self._input, x.shape)
            self._interpreter.allocate_tensors()
            self._shape = x.shape
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(x, np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output))


def _allocate_without_notice(interpreter: Interpreter) -> None:
    """Allocate the tensors, without the line that LiteRT prints about its CPU delegate at the first allocation."""
    if not _first_allocation.is_set():
        with _filtering_stderr:
            if not _first_allocation.is_set():
                with _stderr_without(NOTICE):
                    interpreter.allocate_tensors()
                _first_allocation.set()
                return
    interpreter.allocate_tensors()


@contextlib.contextmanager
def _stderr_without(line: bytes) -> Iterator[None]:
    """Buffer everything that the process writes to file descriptor 2, then write all of it there except `line`.

    The descriptor belongs to the whole process, so other threads' lines are delayed by a few milliseconds. Does nothing
    if there is no descriptor 2 or no space for a temporary file.
    """
    with contextlib.ExitStack() as stack:
        try:
            stderr = os.dup(2)
            stack.callback(os.close, stderr)
            held = stack.enter_context(tempfile.TemporaryFile())
            os.dup2(held.fileno(), 2)
        except OSError:
            yield
            return
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            held.seek(0)
            written = held.read().replace(line, b"", 1)
            with contextlib.suppress(OSError):  # stderr has been closed
                while written:
                    written = written[os.write(2, written) :]
