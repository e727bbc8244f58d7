"""Write a network for a page: its layers and weights in one file that `static/js/engine/networks.js` runs.

4 bytes      "inkn"
4 bytes      the length of the head, uint32, little endian
head         JSON: metadata, the steps, and the position of each array in the body
the rest     the body, compressed (zlib)

A weight tensor is rounded to multiples of one step size. The resulting integers, with their sign as the lowest bit, are
split into three planes, which compresses best: a high byte, nearly always 0; a middle byte, small more often than
large; and the bits below, which are random and packed without gaps. Biases are float32.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inkling.models.bundle import Bundle
from inkling.page_network.graph import Step, read_graph
from inkling.page_network.precision import needed_steps, rounded

MAGIC = b"inkn"
FORMAT = 1
MIDDLE_SPREAD = 40  # RMS of the middle byte; most weights fit, and it compresses best
MANIFEST_KEYS = ("temperature", "sure_at", "reject_at", "classes", "second_opinion")  # used for reading


def page_network(bundle: Bundle) -> bytes:
    """A bundle's network in the page's format, with probabilities within 1e-4 of LiteRT's at half the size.

    Raises WrongNetwork for a network with layers that a page cannot compute, and BadBundle for a damaged network.
    """
    graph = read_graph(bundle)
    body = _Body(needed_steps(bundle.model_bytes(), graph, float(bundle.manifest.get("temperature", 1.0))))
    head = {
        "format": FORMAT,
        "name": bundle.name,
        "version": bundle.version,
        "architecture": bundle.manifest.get("architecture"),
        "parameters": sum(array.size for step in graph.steps for array in _arrays(step)),
        "manifest": {key: bundle.manifest[key] for key in MANIFEST_KEYS if key in bundle.manifest},
        "input": list(graph.input_shape),
        "steps": [_described(step, body) for step in graph.steps],
    }
    head["sections"] = [sum(map(len, section)) for section in body.sections()]  # bytes of biases, high, middle, low
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, body.compressed()])


def _arrays(step: Step) -> list[np.ndarray]:
    return [array for array in (step.weights, step.bias) if array is not None]


@dataclass
class _Body:
    """The arrays: all biases, then the planes of all weight tensors."""

    step_sizes: list[float]  # of the remaining weight tensors
    biases: list[bytes] = field(default_factory=list)
    high: list[bytes] = field(default_factory=list)  # the bits above the middle byte, nearly always 0
    middle: list[bytes] = field(default_factory=list)
    low: list[bytes] = field(default_factory=list)  # the bits below the middle byte, packed

    def add_weights(self, tensor: np.ndarray) -> dict[str, Any]:
        size = max(self.step_sizes.pop(0), float(np.abs(tensor).max()) * 2**-23)
        whole = rounded(tensor.ravel(), size)
        unsigned = np.where(whole < 0, -2 * whole - 1, 2 * whole)
        spread = float(np.sqrt(np.mean(unsigned.astype(np.float64) ** 2)))
        low_bits = max(0, round(np.log2(max(spread, 1.0) / MIDDLE_SPREAD)))
        found = {
            "shape": list(tensor.shape),
            "size": size,
            "low_bits": low_bits,
            "at": sum(map(len, self.middle)),
            "low_at": sum(map(len, self.low)),
        }
        self.high.append((unsigned >> (low_bits + 8)).astype(np.uint8).tobytes())
        self.middle.append((unsigned >> low_bits & 255).astype(np.uint8).tobytes())
        self.low.append(np.packbits(unsigned[:, None] >> np.arange(low_bits) & 1, bitorder="little").tobytes())
        return found

    def add_bias(self, values: np.ndarray) -> dict[str, Any]:
        at = sum(map(len, self.biases))
        self.biases.append(values.astype("<f4").tobytes())
        return {"shape": list(values.shape), "at": at}

    def sections(self) -> list[list[bytes]]:
        return [self.biases, self.high, self.middle, self.low]

    def compressed(self) -> bytes:
        deflate = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)  # weights hardly repeat
        content = b"".join(b"".join(section) for section in self.sections())
        return deflate.compress(content) + deflate.flush()


def _described(step: Step, body: _Body) -> dict[str, Any]:
    """The head's entry for a step. Its arrays are added to the body."""
    found: dict[str, Any] = {"op": step.op, "inputs": list(step.inputs), "name": step.name, "type": step.type}
    if step.op in ("conv", "depthwise", "max_pool", "average_pool"):
        found |= {"window": list(step.window), "strides": list(step.strides), "padding": step.padding}
    if step.op == "reshape":
        found["shape"] = list(step.shape)
    if step.activation != "linear":
        found["activation"] = step.activation
    if step.weights is not None:
        found["weights"] = body.add_weights(step.weights)
    if step.bias is not None:
        found["bias"] = body.add_bias(step.bias)
    return found
