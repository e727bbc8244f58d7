"""The Markdown pages: links lead somewhere, paths exist, and the architecture names every package."""

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


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md"])
def test_every_package_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert [package for package in PACKAGES if not re.search(rf"\b{package}\b", text)] == []


def test_paths_of_the_architecture_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.[a-z]+)?)`", text)
    assert len(named) > 30
    homes = [ROOT, SRC, *SRC.iterdir()]  # a package's row names what lies in it
    assert [path for path in named if not any((home / path).exists() for home in homes)] == []


def test_nothing_installs_somebody_elses_package() -> None:
    """The name `inkling` on the package index belongs to another project; in a clone, make installs this one."""
    offer = r"pip install[^`\n]*[\"' ]inkling(?!-digits)\b"
    command = ["git", "grep", "-lIP", offer, "--", ":!tests/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.split() == []
