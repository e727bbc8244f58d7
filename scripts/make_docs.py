"""Write the documentation site into build/docs.

    python -m scripts.make_docs [--repository https://CODE.HOST/OWNER/NAME]

The guides are the Markdown files in docs/ and some READMEs; the references of the command line, HTTP API, settings,
recipes and terms are generated from the code. `zensical.toml` defines the order of the pages. A warning or a dead link
is an error. Links to other files of the project lead to `--repository`; without it they become plain text.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from scripts import reference_pages

ROOT = Path(__file__).parents[1]
SOURCE, SITE = ROOT / "build" / "docs-source", ROOT / "build" / "docs"
# Pages outside docs/: the file, relative to the project, and its path in the site.
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "deploy/README.md": "deploying.md",
    "src/inkling/constraints/README.md": "constraints.md",
    "src/inkling/pipeline/README.md": "pipeline.md",
}
LINK = re.compile(r"(?P<text>!?\[(?:[^][]|\[[^][]*\])*\])\((?P<to>[^)\s]+)\)")
PICTURE = re.compile(r'(?P<before>(?:src|srcset)=")(?P<to>[^"]+)"')


def pages() -> dict[str, str]:
    """The files in the site: path in the project -> path in the site."""
    guides = {str(path.relative_to(ROOT)): str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")}
    return guides | ELSEWHERE


def with_links(text: str, at: str, places: dict[str, str], repository: str) -> str:
    """A page with its relative links converted to links in the site.

    `at`: the file, relative to the project. A link to a file that is not in the site leads to `repository`.
    Raises SystemExit for a link to a file that does not exist.
    """

    def turned(to: str) -> str | None:
        path, hash_, anchor = to.partition("#")
        if not path or ":" in path:
            return to
        target = os.path.normpath(PurePosixPath(at).parent / path)
        if not (ROOT / target).exists():
            raise SystemExit(f"{at} links to {to}, which does not exist. Fix the link.")
        if (page := target if target in places else f"{target}/README.md") in places:
            return os.path.relpath(places[page], PurePosixPath(places[at]).parent) + hash_ + anchor
        if target.startswith("docs/") and (ROOT / target).is_file():
            return os.path.relpath(target.removeprefix("docs/"), PurePosixPath(places[at]).parent)
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{repository}/{kind}/main/{target}{hash_}{anchor}" if repository else None

    def link(found: re.Match[str]) -> str:
        to = turned(found["to"])
        return f"{found['text']}({to})" if to is not None else found["text"][1:-1]

    text = PICTURE.sub(lambda found: f'{found["before"]}{turned(found["to"])}"', text)
    return LINK.sub(link, text)


def write_guides(repository: str) -> None:
    """Copy the pages and their pictures."""
    places = pages()
    for at, place in places.items():
        page = with_links((ROOT / at).read_text("utf-8"), at, places, repository)
        (SOURCE / place).parent.mkdir(parents=True, exist_ok=True)
        (SOURCE / place).write_text(page, "utf-8")
    for path in ROOT.glob("docs/**/*"):
        if path.suffix in (".png", ".svg", ".webp"):
            copy = SOURCE / path.relative_to(ROOT / "docs")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    shutil.copyfile(ROOT / "src" / "inkling" / "server" / "static" / "favicon.svg", SOURCE / "favicon.svg")


def write_references() -> None:
    """Write the pages that are generated from the code."""
    folder = SOURCE / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in reference_pages.pages().items():
        (folder / f"{name}.md").write_text(text, "utf-8")


def main() -> None:
    """Write the sources, then the site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repository", default="", help="address of the project on a code host")
    repository = parser.parse_args().repository.rstrip("/")
    for folder in (SOURCE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    write_guides(repository)
    write_references()
    built = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--strict", "--clean"], cwd=ROOT, check=False
    )
    if built.returncode:
        raise SystemExit("The documentation site has warnings or dead links; see above. Fix them.")
    print(f"{sum(1 for _ in SITE.glob('**/*.html'))} pages in {SITE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
