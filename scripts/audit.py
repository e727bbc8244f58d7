"""Check the base's dependencies for known vulnerabilities.

    .venv/bin/python scripts/audit.py

pip-audit asks OSV about the installed versions, which `make` takes from constraints.txt. The exit status is 1 when
something is found. Where OSV cannot be reached, a line says so and the status is 0.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TIMEOUT_S, MOST_S = 5, 60  # for each answer; for all of them
UNREACHED = re.compile(r"requests\.exceptions\.|Could not connect")  # in the output of a pip-audit that fails


def pins_of(name: str = "inkling-digits") -> list[str]:
    """The dependencies of a distribution here, without its extras, as sorted `name==version` pins."""
    versions: dict[str, str] = {}
    wanted = [name]
    for one in wanted:  # grows meanwhile
        needs = [Requirement(line) for line in distribution(one).requires or ()]
        for need in needs:
            known = canonicalize_name(need.name)
            if known not in versions and (need.marker is None or need.marker.evaluate({"extra": ""})):
                versions[known] = distribution(known).version
                wanted.append(known)
    return [f"{known}=={version}" for known, version in sorted(versions.items())]


def audit(pins: list[str], *options: str) -> list[dict[str, Any]] | None:
    """What pip-audit knows of each pin; None where OSV cannot be reached. Raises RuntimeError when it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "--requirement", file.name, "--no-deps", "--disable-pip"]
        command += ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
        command += ["--timeout", str(TIMEOUT_S), *options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=MOST_S, check=False)
        except subprocess.TimeoutExpired:
            return None
    if done.stdout:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
        return found
    if UNREACHED.search(done.stderr):
        return None
    raise RuntimeError(f"pip-audit ended with {done.returncode}; expected its JSON. It said: {done.stderr[-2000:]}")


def main(*options: str) -> int:
    """Print what is found and return the exit status."""
    pins = pins_of()
    found = audit(pins, *options)
    if found is None:
        print(f"not audited: the data on vulnerabilities cannot be reached from here ({len(pins)} packages)")
        return 0
    weak = [(one, each) for one in found for each in one["vulns"]]
    for one, each in weak:
        names = ", ".join([each["id"], *each["aliases"]])
        print(f"{one['name']} {one['version']}: {names}; mended in {', '.join(each['fix_versions']) or 'no version'}")
    print(f"{len(found)} packages audited; known vulnerabilities: {len(weak)}")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
