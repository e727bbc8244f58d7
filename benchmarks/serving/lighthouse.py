"""Measure every page with Google's Lighthouse, as a phone and as a desktop computer.

    npm install --prefix .cache/lighthouse lighthouse     (once; needs Node.js)
    python -m benchmarks.serving.lighthouse [--lighthouse PROGRAM]

Starts a server and a static host for the output of `inkling site`, and drives the system's Chromium. Writes scores from
0 to 100 to lighthouse.json. The pages of the static site are named site/, site/learn/ and so on.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.common import ROOT, read_json, write_json
from benchmarks.serving.soak.service import running
from inkling.server.pages import MASTHEAD
from inkling.site.build import build
from inkling.site.folder import write
from tests.browser.conftest import FLAGS, chromium_path

PROGRAM = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
FORMS: dict[str, list[str]] = {"phone": [], "desktop": ["--preset=desktop"]}
LIMIT_S = 180
SITE_PAGES = ("", "inside/", "learn/", "learn/pictures/", "teach/", "models/")


class StaticHost(http.server.SimpleHTTPRequestHandler):
    """Sends compressed files over keep-alive connections, like static hosts."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        content = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def hosted() -> Iterator[str]:
    """Serve the output of `inkling site` on a static host; yields its address."""
    with tempfile.TemporaryDirectory() as folder:
        handler = functools.partial(StaticHost, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            address = f"http://127.0.0.1:{server.server_port}"
            write(build(address=address), Path(folder))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield address
            server.shutdown()


def audit(program: Path, url: str, options: list[str]) -> dict[str, Any]:
    """Lighthouse's report on one page."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command = [str(program), url, "--quiet", "--output=json", f"--output-path={out}", *options]
        command.append(f"--chrome-flags={' '.join(FLAGS)}")
        subprocess.run(command, check=True, timeout=LIMIT_S, env={**os.environ, "CHROME_PATH": str(chromium_path())})
        return read_json(out)


@click.command()
@click.option(
    "--lighthouse", "program", type=click.Path(path_type=Path), default=PROGRAM, help="The Lighthouse program."
)
def main(program: Path) -> None:
    """Print a table and write the scores."""
    if not program.is_file():
        raise SystemExit(f"{program} is not installed; run: npm install --prefix .cache/lighthouse lighthouse")
    result: dict[str, Any] = {"pages": {}}
    table: Table | None = None
    with running(cores=os.sched_getaffinity(0)) as service, hosted() as site:
        served = {path: f"http://127.0.0.1:{service.port}{path}" for path, _ in MASTHEAD}
        files = {f"site/{name}": f"{site}/{name}" for name in SITE_PAGES}
        for path, url in {**served, **files}.items():
            for form, options in FORMS.items():
                report = audit(program, url, options)
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
