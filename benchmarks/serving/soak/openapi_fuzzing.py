"""Run Schemathesis with the whole OpenAPI document against a running server: expect no status 500."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.serving.soak.service import running


def run(*, examples: int, seed: int) -> dict[str, Any]:
    """Run the fuzzer with `examples` per operation and return the results."""
    program = Path(sys.executable).with_name("schemathesis")
    if not program.is_file():
        raise SystemExit("schemathesis is not installed; expected it next to Python. Run: make install-dev")
    with (
        tempfile.TemporaryDirectory() as folder,
        # A separate store, because the test also deletes hands and lessons.
        running(
            cores=os.sched_getaffinity(0),
            environ={"INKLING_STORE": f"sqlite:///{folder}/hands.sqlite", "XDG_DATA_HOME": f"{folder}/data"},
        ) as service,
    ):
        before = set(service.workers())
        done = subprocess.run(
            [str(program), "run", f"http://127.0.0.1:{service.port}/openapi.json", "--max-examples", str(examples),
             "--checks", "not_a_server_error", "--seed", str(seed), "--no-color", "--generation-database", "none"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        lost = len(before - set(service.workers()))
    return parsed(done.stdout + done.stderr) | {
        "examples": examples, "seed": seed, "exit": done.returncode, "workers_lost": lost,
    }  # fmt: skip


def parsed(output: str) -> dict[str, Any]:
    """The results in the output of Schemathesis.

    503 is counted separately, because it is the documented response of the lab's routes without a lab, and of an
    overloaded service.
    """
    numbers = {
        key: int(found.group(1)) if (found := re.search(pattern, output)) else 0
        for key, pattern in (("operations", r"Tested: (\d+)"), ("cases", r"(\d+) generated"))
    }
    statuses = re.findall(r"^\s*(?:- )?\[(5\d\d)\]", output, re.MULTILINE)
    return {
        **numbers,
        "server_errors": sum(status != "503" for status in statuses),
        "refused": statuses.count("503"),
        "failures": output.partition("= FAILURES =")[2].partition("= SUMMARY =")[0].strip(" =\n")[:4000]
        if any(status != "503" for status in statuses)
        else "",
    }


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    return [
        (
            f"Schemathesis, {part['operations']} operations, {part['cases']:,} cases: kinds of server errors",
            "0", str(part["server_errors"]),
            part["server_errors"] == 0 and part["cases"] > 0 and not part["workers_lost"],
        )
    ]  # fmt: skip
