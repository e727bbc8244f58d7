"""scripts/make_tables.py: the documentation has the blocks that the code generates."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.markdown import with_block
from scripts import make_tables


@pytest.mark.parametrize(
    ("path", "name", "block"),
    [(path, name, block) for path, blocks in make_tables.blocks().items() for name, block in blocks.items()],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_the_page_has_the_block(path: Path, name: str, block: str) -> None:
    page = path.read_text("utf-8")
    assert with_block(page, name, block) == page, "run: python -m scripts.make_tables"


def test_comments_and_docstrings_are_not_code() -> None:
    assert make_tables.code_lines("'''About.'''\n\n# why\nx = 1  # one\n") == 1
