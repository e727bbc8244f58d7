"""A network's file for a page: its contents, its size, and unsupported networks."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadBundle, WrongNetwork
from inkling.models import registry
from inkling.models.bundle import Bundle, version_of
from inkling.page_network.binary import page_network
from inkling.page_network.graph import read_graph

SHIPPED = (*registry.packaged(), registry.LINE)


def opened(content: bytes) -> tuple[dict[str, Any], bytes]:
    """A file's head and body."""
    end = 8 + int.from_bytes(content[4:8], "little")
    return json.loads(content[8:end]), zlib.decompress(content[end:])


def weights(entry: dict[str, Any], head: dict[str, Any], body: bytes) -> np.ndarray:
    """Decode a tensor as the page does."""
    _, high, middle, low = (np.frombuffer(part, np.uint8) for part in cut(body, head["sections"]))
    n, n_bits = int(np.prod(entry["shape"])), entry["low_bits"]
    bits = np.unpackbits(low[entry["low_at"] :], bitorder="little")[: n * n_bits].reshape(n, n_bits)
    rest = (bits.astype(np.int64) << np.arange(n_bits)).sum(axis=1)
    whole = (high[entry["at"] :][:n].astype(np.int64) << 8 | middle[entry["at"] :][:n]) << n_bits | rest
    return np.where(whole % 2, -(whole + 1) // 2, whole // 2).reshape(entry["shape"]) * entry["size"]


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    ends = np.cumsum(sizes)
    assert ends[-1] == len(body)
    return [body[end - size : end] for end, size in zip(ends, sizes, strict=True)]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_holds_the_layers_and_what_reading_needs(name: str) -> None:
    bundle = registry.find_network(name)
    head, body = opened(page_network(bundle))
    assert (head["name"], head["version"]) == (name, bundle.version)
    assert head["manifest"]["temperature"] == bundle.temperature
    assert head["manifest"]["classes"] == bundle.manifest["classes"]
    for described, step in zip(head["steps"], read_graph(bundle).steps, strict=True):
        assert (step.weights is not None) == ("weights" in described)
        if step.weights is not None:
            found = weights(described["weights"], head, body)
            assert np.abs(found - step.weights).max() <= 0.501 * described["weights"]["size"]
    named = {layer["name"] for layer in bundle.manifest["layers"] if layer["type"] in ("Conv2D", "Dense", "Add")}
    assert named <= {step["name"] for step in head["steps"]}


def test_files_are_small_enough_to_load() -> None:
    sizes = {name: len(page_network(registry.find_network(name))) for name in SHIPPED}
    assert sizes["cnn"] <= 600_000
    assert sum(sizes.values()) <= 2_400_000


def test_a_file_is_the_same_each_time() -> None:
    assert page_network(registry.find("ann")) == page_network(registry.find("ann"))


def bundle_of(path: Path, content: bytes) -> Bundle:
    path.mkdir()
    (path / "model.tflite").write_bytes(content)
    return Bundle(path, {"name": "own", "version": version_of(content), "temperature": 1.0, "sure_at": 0.9})


def test_a_damaged_flatbuffer_is_a_bad_bundle(tmp_path: Path) -> None:
    content = registry.find("ann").model_bytes()
    for k, damaged in enumerate((b"", content[:200], b"\xff" * 400)):
        with pytest.raises(BadBundle):
            page_network(bundle_of(tmp_path / str(k), damaged))


def test_a_layer_that_no_page_computes_is_a_wrong_network(tmp_path: Path) -> None:
    content = bytearray(registry.find("ann").model_bytes())
    graph = read_graph(registry.find("ann"))
    assert [step.op for step in graph.steps] == ["reshape", "dense", "dense", "softmax"]
    # Replace the operator code of SOFTMAX, 25, with that of LOGISTIC, 14.
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    for k in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(k)
        if code.BuiltinCode() == schema.BuiltinOperator.SOFTMAX:
            for slot in (4, 10):  # the deprecated code (a byte) and the code (an int32)
                if at := code._tab.Offset(slot):
                    content[code._tab.Pos + at] = schema.BuiltinOperator.LOGISTIC
    with pytest.raises(WrongNetwork, match="LOGISTIC"):
        page_network(bundle_of(tmp_path / "own", bytes(content)))
