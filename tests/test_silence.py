"""Pillow's warnings about damaged images do not reach the terminal or the log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import remarkable_tiffs

DECODE = """
from inkling.errors import InklingError
from inkling.pipeline import decode
for file in FILES:
    try:
        decode.decode(file)
    except InklingError as error:
        print(error)
"""
COMMAND = """
from inkling.cli import group
group(["read", *FILES, "--model", "ann-tutorial", "--json"], standalone_mode=False)
"""
ARCHIVE = """
from inkling.cli import group
if __name__ == "__main__":
    group(["read", *FILES, "--model", "ann-tutorial", "--out", OUT], standalone_mode=False)
"""
APP = """
from inkling.server.app import create_app
client = create_app().test_client()
for file in FILES:
    print(client.post("/api/v1/read", data=open(file, "rb").read(), content_type="image/tiff").json["error"])
"""


def errors_of(program: str, folder: Path) -> str:
    """The stderr output of a program that reads the pictures."""
    files = []
    for number, content in enumerate(remarkable_tiffs()):
        file = folder / f"{number}.tiff"
        file.write_bytes(content)
        files.append(str(file))
    script = folder / "program.py"
    script.write_text(f"FILES, OUT = {files!r}, {str(folder / 'out')!r}\n{program}")
    return subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False).stderr


def test_pillow_warns_about_them(tmp_path: Path) -> None:
    warnings = errors_of(DECODE, tmp_path)
    assert "samples per pixel" in warnings
    assert "UserWarning: Corrupt EXIF" in warnings


@pytest.mark.parametrize("program", [COMMAND, ARCHIVE, APP], ids=["command", "archive", "app"])
@pytest.mark.slow
def test_programs_do_not_pass_its_warnings_on(program: str, tmp_path: Path) -> None:
    warnings = errors_of(program, tmp_path)
    assert "Warning" not in warnings
    assert "per pixel" not in warnings
    assert "Traceback" not in warnings
