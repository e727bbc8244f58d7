"""What Google's Lighthouse says of every page, as a phone and as a desktop would load it.

    npm install --prefix .cache/lighthouse lighthouse     (once; needs Node.js)
    python -m benchmarks.serving.lighthouse [--lighthouse PROGRAM]

Starts a server of its own and drives the system's Chromium. Writes benchmarks/serving/lighthouse.json: scores from 0
to 100.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]

from inkling.server.pages import MASTHEAD  # noqa: E402
from tests.browser.conftest import FLAGS, chromium_path  # noqa: E402
from tests.cli.test_serve import serving  # noqa: E402

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
        report: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return report


@click.command()
@click.option("--lighthouse", "program", type=click.Path(path_type=Path), default=PROGRAM, help="Where it is.")
def main(program: Path) -> None:
    """Prints a table and writes it."""
    if not program.is_file():
        raise SystemExit(f"{program} is not there; install it: npm install --prefix .cache/lighthouse lighthouse")
    result: dict[str, Any] = {"pages": {}}
    table: Table | None = None
    with serving() as (_, address):
        for path, _ in MASTHEAD:
            for form, options in FORMS.items():
                report = audit(program, address + path, options)
                scores = {name: round(100 * each["score"]) for name, each in report["categories"].items()}
                result |= {"lighthouse": report["lighthouseVersion"]}
                result["pages"].setdefault(path, {})[form] = scores
                table = table or Table("page", "as", *scores, box=None)
                table.add_row(path, form, *map(str, scores.values()))
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if table:
        Console().print(table)


if __name__ == "__main__":
    main()
