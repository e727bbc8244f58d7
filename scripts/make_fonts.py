"""Make the fonts for the pages: subsets of Source Serif 4 and Source Sans 3.

    python scripts/make_fonts.py        # needs npm, fonttools and brotli: pip install fonttools brotli

The fonts are taken from the npm packages below, under the SIL Open Font License 1.1, whose text is written to the
fonts' folder. The subsets contain ASCII and typographic punctuation. The sans-serif font also contains all of Latin-1,
because names are set in it. The subsets keep the weights 400 to 600 (the italic only 400), kerning, ligatures and
tabular figures.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "src" / "inkling" / "server" / "static" / "fonts"
VERSIONS = {"source-serif-4": "5.3.1", "source-sans-3": "5.3.0"}  # of the packages @fontsource-variable/NAME
CHARACTERS = "U+0020-007E,U+00A0,U+00A9,U+00AB,U+00B0-00B1,U+00B7,U+00BB,U+00D7,U+00E9,U+00F7,U+2009-200A,U+2010-2015,"
CHARACTERS += "U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20AC,U+2122,U+2190-2193,"
CHARACTERS += "U+2212,U+2215,U+2248,U+2260,U+2264-2265"
LETTERS = f"{CHARACTERS},U+00A0-00FF,U+0131,U+0152-0153"  # of the languages of western Europe
FONTS = {  # output file: the package, its file, the weights and the characters to keep
    "serif.woff2": ("source-serif-4", "source-serif-4-latin-wght-normal.woff2", "400:600", CHARACTERS),
    "serif-italic.woff2": ("source-serif-4", "source-serif-4-latin-wght-italic.woff2", "400", CHARACTERS),
    "sans.woff2": ("source-sans-3", "source-sans-3-latin-wght-normal.woff2", "400:600", LETTERS),
}
FEATURES = "kern,mark,mkmk,ccmp,locl,liga,calt,lnum,tnum,pnum"


def main() -> None:
    npm = shutil.which("npm") or sys.exit("npm is not installed; the fonts are in its registry")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        packages = {name: unpacked(npm, name, Path(folder)) for name in VERSIONS}
        for file, (package, source, weights, characters) in FONTS.items():
            copyright_line = cut(packages[package] / "files" / source, FOLDER / file, weights, characters)
            licence = (packages[package] / "LICENSE").read_text("utf-8").partition("This Font Software")
            (FOLDER / f"{package}-OFL.txt").write_text(f"{copyright_line}\n\n{''.join(licence[1:])}", "utf-8")
            print(f"{file}: {(FOLDER / file).stat().st_size:,} bytes. {copyright_line}")


def unpacked(npm: str, name: str, folder: Path) -> Path:
    """The folder of an unpacked npm package."""
    package = f"@fontsource-variable/{name}@{VERSIONS[name]}"
    subprocess.run([npm, "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob(f"fontsource-variable-{name}-*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder / name, filter="data")
    return folder / name / "package"


def cut(source: Path, target: Path, weights: str, characters: str) -> str:
    """Subset a variable font by characters, features and weights. Returns its copyright line."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    low, _, high = weights.partition(":")
    limits = {"wght": (float(low), float(high)) if high else float(low)}
    limited = io.BytesIO()
    instantiateVariableFont(TTFont(source), limits).save(limited)
    font = TTFont(limited)
    options = subset.Options(layout_features=FEATURES.split(","), hinting=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(characters))
    subsetter.subset(font)
    names = font["name"]
    copyright_line = str(names.getDebugName(0))
    for each in list(names.names):  # the license reserves the name "Source" for the unchanged fonts
        if each.nameID in (1, 3, 4, 6, 16, 21, 25):
            space = "" if each.nameID in (6, 25) else " "
            name = f"Inkling{space}{target.stem.title()}"
            names.setName(name, each.nameID, each.platformID, each.platEncID, each.langID)
    font.flavor = "woff2"
    font.save(target)
    return copyright_line


if __name__ == "__main__":
    main()
