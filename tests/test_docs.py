"""The Markdown pages: links resolve, paths exist, and the architecture page names every package."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "inkling"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PACKAGES = sorted(
    path.stem
    for path in SRC.iterdir()
    if (path / "__init__.py").exists() or (path.suffix == ".py" and "__" not in path.name)
)


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.split()] or sorted(ROOT.glob("*.md"))  # an sdist has no repository


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not missing


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert [package for package in PACKAGES if not re.search(rf"\b{package}\b", text)] == []


def test_paths_of_the_architecture_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.[a-z]+)?)`", text)
    assert len(named) > 30
    homes = [ROOT, SRC, *SRC.iterdir()]  # a package's table row names files relative to the package
    assert [path for path in named if not any((home / path).exists() for home in homes)] == []


def test_nothing_installs_somebody_elses_package() -> None:
    """On PyPI, the name `inkling` belongs to another project. This project is installed with make, from a clone."""
    offer = r"pip install[^`\n]*[\"' ]inkling(?!-digits)\b"
    command = ["git", "grep", "-lIP", offer, "--", ":!tests/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.split() == []
