"""Measure every page with Google's Lighthouse, as a phone and as a desktop.

    npm install --prefix .cache/lighthouse lighthouse     (once; needs Node.js)
    python -m benchmarks.serving.lighthouse [--lighthouse PROGRAM]

Starts a server of its own and drives the system's Chromium. Writes lighthouse.json: scores from 0 to 100.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.common import ROOT, read_json, write_json
from benchmarks.serving.soak.service import running
from inkling.server.pages import MASTHEAD
from tests.browser.conftest import FLAGS, chromium_path

PROGRAM = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
FORMS: dict[str, list[str]] = {"phone": [], "desktop": ["--preset=desktop"]}
LIMIT_S = 180


def audit(program: Path, url: str, options: list[str]) -> dict[str, Any]:
    """Lighthouse's report on one page."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command = [str(program), url, "--quiet", "--output=json", f"--output-path={out}", *options]
        command.append(f"--chrome-flags={' '.join(FLAGS)}")
        subprocess.run(command, check=True, timeout=LIMIT_S, env={**os.environ, "CHROME_PATH": str(chromium_path())})
        return read_json(out)


@click.command()
@click.option("--lighthouse", "program", type=click.Path(path_type=Path), default=PROGRAM, help="The program.")
def main(program: Path) -> None:
    """Print a table and write it."""
    if not program.is_file():
        raise SystemExit(f"{program} is not installed; run: npm install --prefix .cache/lighthouse lighthouse")
    result: dict[str, Any] = {"pages": {}}
    table: Table | None = None
    with running(cores=os.sched_getaffinity(0)) as service:
        for path, _ in MASTHEAD:
            for form, options in FORMS.items():
                report = audit(program, f"http://127.0.0.1:{service.port}{path}", options)
                scores = {name: round(100 * each["score"]) for name, each in report["categories"].items()}
                result |= {"lighthouse": report["lighthouseVersion"]}
                result["pages"].setdefault(path, {})[form] = scores
                table = table or Table("page", "as", *scores, box=None)
                table.add_row(path, form, *map(str, scores.values()))
    write_json(Path(__file__).with_suffix(".json"), result)
    if table:
        Console().print(table)


if __name__ == "__main__":
    main()
