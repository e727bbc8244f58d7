"""Summarize the tests' statement coverage by package: python -m scripts.coverage_by_package build/coverage.json

`make coverage` runs the tests and then this command. It writes docs/coverage.json: the percentage of statements that
the fast tests execute in each package of `inkling` except `training` and `batch`, and in all these packages and the
modules beside them together. Code that runs in another process, such as a server's worker or a command that a test
starts, is not counted as executed.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "coverage.json"
OTHER_TIERS = ("training", "batch")  # tested with TensorFlow and with Ray


def by_package(report: dict[str, Any]) -> dict[str, float]:
    """The percentage of each package from a JSON report of Coverage.py, and of "all"; without OTHER_TIERS."""
    executed: dict[str, int] = defaultdict(int)
    statements: dict[str, int] = defaultdict(int)
    for name, file in report["files"].items():
        parts = PurePosixPath(name).parts
        package = parts[parts.index("inkling") + 1]
        if package in OTHER_TIERS:
            continue
        for key in ("all", package) if not package.endswith(".py") else ("all",):
            executed[key] += file["summary"]["covered_lines"]
            statements[key] += file["summary"]["num_statements"]
    return {key: round(100 * executed[key] / statements[key], 1) for key in sorted(statements) if statements[key]}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m scripts.coverage_by_package", description="Summarize coverage.")
    parser.add_argument("report", type=Path, help="a JSON report of Coverage.py")
    report = json.loads(parser.parse_args().report.read_text("utf-8"))
    OUT.write_text(json.dumps({"percent": by_package(report)}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
