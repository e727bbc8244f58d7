"""Read the layers of a network from its flatbuffer: LiteRT's operators -> `Graph`, with all constants.

Dropout is absent, because export removes it. Export also folds batch normalization into convolutions; any normalization
that remains is a step "scale".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from inkling.errors import BadBundle, WrongNetwork
from inkling.models.bundle import Bundle

ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")  # only change the shape
PADDINGS = ("same", "valid")  # in the schema's order
ACTIVATIONS = {0: "linear", 1: "relu", 3: "relu6"}  # the schema's numbers
MANIFEST_TYPES = {  # step -> possible layer types in the manifest
    "conv": ("Conv2D",),
    "depthwise": ("DepthwiseConv2D",),
    "dense": ("Dense",),
    "max_pool": ("MaxPooling2D",),
    "average_pool": ("AveragePooling2D",),
    "mean": ("GlobalAveragePooling2D",),
    "add": ("Add",),
}


@dataclass(frozen=True)
class Step:
    """One computation on channels-last arrays."""

    op: str  # a key of MANIFEST_TYPES, or "reshape", "scale" or "softmax"
    inputs: tuple[int, ...]  # numbers of arrays: 0 is the network's input, k + 1 the output of step k
    name: str = ""  # as in the manifest: "conv_1"
    type: str = ""  # Conv2D, Dense, ...
    # float32: (O, h, w, I) of a convolution, (h, w, O) of a depthwise one, (O, I) of a dense layer, (O,) of a scale
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None  # (O,) float32
    activation: str = "linear"  # "linear", "relu" or "relu6"
    window: tuple[int, int] = (1, 1)  # height, width of a convolution or pooling
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"  # "same" as in TensorFlow, or "valid"
    shape: tuple[int | None, ...] = ()  # of one example, after a reshape; None = any


@dataclass(frozen=True)
class Graph:
    """A network: its steps in order of execution, the output last."""

    input_shape: tuple[int | None, ...]  # of one example; None = any
    steps: tuple[Step, ...]


def read_graph(bundle: Bundle) -> Graph:
    """The layers of a bundle's network.

    Raises BadBundle for a damaged file, and WrongNetwork for an unsupported layer.
    """
    content = bundle.model_bytes()
    try:
        graph = _Reading(content, bundle.name).graph()
    except (struct.error, IndexError, ValueError, TypeError, AttributeError) as error:
        raise BadBundle(
            f"{bundle.model_path} cannot be read ({error}); expected a network in LiteRT's format. "
            "Export the run again."
        ) from error
    return replace(graph, steps=_named(graph.steps, bundle.manifest.get("layers", [])))


@dataclass
class _Reading:
    """The state while the operators are read one by one."""

    content: bytes
    name: str  # of the network, for messages
    arrays: dict[int, int] = field(default_factory=dict)  # tensor -> number of its array
    steps: list[Step] = field(default_factory=list)

    def graph(self) -> Graph:
        from ai_edge_litert import schema_py_generated as schema

        self.schema = schema
        self.model = schema.Model.GetRootAs(self.content, 0)
        self.subgraph = self.model.Subgraphs(0)
        operators = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
        first = self.subgraph.Inputs(0)
        self.arrays[first] = 0
        for k in range(self.subgraph.OperatorsLength()):
            operator = self.subgraph.Operators(k)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            self._add(operators[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())], operator)
        answer = self.subgraph.Outputs(0)
        if self.subgraph.InputsLength() != 1 or self.subgraph.OutputsLength() != 1 or answer not in self.arrays:
            raise self._unknown("more than one input or output")
        if self.arrays[answer] != len(self.steps):
            raise self._unknown("an output that is not from its last layer")
        return Graph(self._shape(first), tuple(self.steps))

    def _add(self, kind: str, operator: Any) -> None:
        inputs = [int(i) for i in operator.InputsAsNumpy()]
        output = int(operator.Outputs(0))
        if self.subgraph.Tensors(output).Type() == self.schema.TensorType.INT32:
            return  # computed shapes, which are known when this network runs
        if kind in ALIASES:
            self._put(output, Step("reshape", self._from(inputs[:1]), shape=self._shape(output)))
        elif kind in ("ADD", "MUL") and (constant := self._constant_of(inputs)) is not None:
            self._scale(kind, inputs, constant, output, operator)
        elif kind in _OPERATORS:
            self._put(output, _OPERATORS[kind](self, inputs, operator))
        else:
            raise self._unknown(f"an unsupported layer {kind}")

    def _put(self, output: int, step: Step) -> None:
        self.steps.append(step)
        self.arrays[output] = len(self.steps)

    def _from(self, tensors: Sequence[int]) -> tuple[int, ...]:
        if any(tensor not in self.arrays for tensor in tensors):
            raise self._unknown("a layer whose input is not another layer's output")
        return tuple(self.arrays[tensor] for tensor in tensors)

    def _shape(self, tensor: int) -> tuple[int | None, ...]:
        """The shape of one example."""
        found = self.subgraph.Tensors(tensor)
        sizes = found.ShapeSignatureAsNumpy() if found.ShapeSignatureLength() else found.ShapeAsNumpy()
        shape = tuple(None if size < 0 else int(size) for size in sizes[1:])
        if shape.count(None) > 1:
            raise self._unknown("an array with more than one unknown dimension")
        return shape

    def _constant(self, tensor: int) -> np.ndarray | None:
        """A tensor's float32 values; None for -1 and for computed tensors. Raises WrongNetwork for other types."""
        if tensor < 0 or tensor in self.arrays:
            return None
        found = self.subgraph.Tensors(tensor)
        buffer = self.model.Buffers(found.Buffer())
        if not buffer.DataLength():
            return None
        if found.Type() != self.schema.TensorType.FLOAT32:
            raise self._unknown("weights that are not float32")
        values = buffer.DataAsNumpy().view("<f4").astype(np.float32)
        return np.asarray(values.reshape(found.ShapeAsNumpy() if found.ShapeLength() else ()))

    def _constant_of(self, inputs: Sequence[int]) -> np.ndarray | None:
        found = [constant for each in inputs if (constant := self._constant(each)) is not None]
        return found[0] if len(found) == 1 else None

    def _scale(self, kind: str, inputs: list[int], constant: np.ndarray, output: int, operator: Any) -> None:
        """A constant per channel that is added or multiplied: a bias, or a remaining normalization."""
        [source] = [each for each in inputs if each in self.arrays]
        n = self._shape(source)[-1]
        if n is None or constant.size not in (1, n):
            raise self._unknown(f"{kind} with constants of shape {constant.shape}")
        values = np.broadcast_to(constant.ravel(), (n,)).astype(np.float32)
        activation = self._activation(operator, self.schema.AddOptions if kind == "ADD" else self.schema.MulOptions)
        k = self._from([source])[0] - 1
        while k >= 0 and self.steps[k].op == "reshape":
            k = self.steps[k].inputs[0] - 1
        last = self.steps[k] if k >= 0 else None
        if (
            kind == "ADD"
            and last is not None
            and last.op == "dense"
            and last.bias is None
            and last.activation == "linear"
        ):
            self.steps[k] = replace(last, bias=values, activation=activation)
            self.arrays[output] = self.arrays[source]
            return
        factor, bias = (None, values) if kind == "ADD" else (values, None)
        self._put(output, Step("scale", (self.arrays[source],), weights=factor, bias=bias, activation=activation))

    def _options(self, operator: Any, cls: Any) -> Any:
        options = cls()
        table = operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _activation(self, operator: Any, cls: Any) -> str:
        code = self._options(operator, cls).FusedActivationFunction()
        if code not in ACTIVATIONS:
            raise self._unknown("an activation other than ReLU")
        return ACTIVATIONS[code]

    def _unknown(self, what: str) -> WrongNetwork:
        return WrongNetwork(
            f"{self.name!r} has {what}; expected convolutions, dense layers, pooling layers, ReLU, sums and softmax. "
            "The server can run it; a page cannot."
        )

    def _windowed(self, operator: Any, cls: Any) -> dict[str, Any]:
        options = self._options(operator, cls)
        for side in ("DilationHFactor", "DilationWFactor"):
            if hasattr(options, side) and getattr(options, side)() != 1:
                raise self._unknown("a dilated convolution")
        return {
            "strides": (int(options.StrideH()), int(options.StrideW())),
            "padding": PADDINGS[options.Padding()],
            "activation": self._activation(operator, cls),
        }

    def _weighted(self, op: str, inputs: list[int], **facts: Any) -> tuple[Step, np.ndarray]:
        """A step with constant weights and an optional bias, and its weights."""
        weights = self._constant(inputs[1])
        if weights is None:
            raise self._unknown("weights that are not constant")
        bias = self._constant(inputs[2]) if len(inputs) > 2 else None
        return Step(op, self._from(inputs[:1]), weights=weights, bias=bias, **facts), weights

    def conv(self, inputs: list[int], operator: Any) -> Step:
        step, weights = self._weighted("conv", inputs, **self._windowed(operator, self.schema.Conv2DOptions))
        _, h, w, _ = weights.shape
        return replace(step, window=(h, w))

    def depthwise(self, inputs: list[int], operator: Any) -> Step:
        how = self._windowed(operator, self.schema.DepthwiseConv2DOptions)
        step, weights = self._weighted("depthwise", inputs, **how)  # (1, h, w, O)
        return replace(step, weights=weights[0], window=weights.shape[1:3])

    def dense(self, inputs: list[int], operator: Any) -> Step:
        activation = self._activation(operator, self.schema.FullyConnectedOptions)
        return self._weighted("dense", inputs, activation=activation)[0]

    def max_pool(self, inputs: list[int], operator: Any) -> Step:
        return self._pool("max_pool", inputs, operator)

    def average_pool(self, inputs: list[int], operator: Any) -> Step:
        return self._pool("average_pool", inputs, operator)

    def _pool(self, op: str, inputs: list[int], operator: Any) -> Step:
        facts = self._windowed(operator, self.schema.Pool2DOptions)
        options = self._options(operator, self.schema.Pool2DOptions)
        window = (int(options.FilterHeight()), int(options.FilterWidth()))
        return Step(op, self._from(inputs[:1]), window=window, **facts)

    def mean(self, inputs: list[int], operator: Any) -> Step:
        axes = self._numbers(inputs[1])
        if sorted(axes) != [1, 2]:
            raise self._unknown("a mean that is not over all positions")
        return Step("mean", self._from(inputs[:1]))

    def add(self, inputs: list[int], operator: Any) -> Step:
        return Step("add", self._from(inputs), activation=self._activation(operator, self.schema.AddOptions))

    def relu(self, inputs: list[int], operator: Any) -> Step:
        return Step("scale", self._from(inputs), activation="relu")

    def relu6(self, inputs: list[int], operator: Any) -> Step:
        return Step("scale", self._from(inputs), activation="relu6")

    def softmax(self, inputs: list[int], operator: Any) -> Step:
        if self._options(operator, self.schema.SoftmaxOptions).Beta() != 1:
            raise self._unknown("a softmax with a temperature")
        return Step("softmax", self._from(inputs))

    def _numbers(self, tensor: int) -> list[int]:
        """The values of an int32 constant."""
        buffer = self.model.Buffers(self.subgraph.Tensors(tensor).Buffer())
        return [int(each) for each in buffer.DataAsNumpy().view("<i4")]


_OPERATORS: dict[str, Callable[[_Reading, list[int], Any], Step]] = {
    "CONV_2D": _Reading.conv,
    "DEPTHWISE_CONV_2D": _Reading.depthwise,
    "FULLY_CONNECTED": _Reading.dense,
    "MAX_POOL_2D": _Reading.max_pool,
    "AVERAGE_POOL_2D": _Reading.average_pool,
    "MEAN": _Reading.mean,
    "ADD": _Reading.add,
    "RELU": _Reading.relu,
    "RELU6": _Reading.relu6,
    "SOFTMAX": _Reading.softmax,
}


def _named(steps: Sequence[Step], layers: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Name steps after the manifest's layers, matched by type and order: the second "conv" is the second Conv2D."""
    waiting = {op: [layer for layer in layers if layer["type"] in types] for op, types in MANIFEST_TYPES.items()}
    named = []
    for k, step in enumerate(steps, 1):
        layer = waiting[step.op].pop(0) if waiting.get(step.op) else {}
        default = MANIFEST_TYPES.get(step.op, ("",))[0]
        named.append(replace(step, name=layer.get("name", f"{step.op}_{k}"), type=layer.get("type", default)))
    return tuple(named)
