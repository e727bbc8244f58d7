"""The committed WebAssembly kernels were built from the committed source."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_committed_webassembly_was_built_from_the_committed_source() -> None:
    lines = (ROOT / "src/inkling/page_network/kernels.sha256").read_text().splitlines()
    files = {path: expected for expected, path in (line.split() for line in lines)}
    assert {Path(path).name for path in files} == {"kernels.c", "kernels.wasm"}
    changed = [path for path, sha in files.items() if hashlib.sha256((ROOT / path).read_bytes()).hexdigest() != sha]
    assert changed == [], "rebuild with: make kernels"
