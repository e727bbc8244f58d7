"""Check the dependencies of the base installation for known vulnerabilities.

    .venv/bin/python scripts/audit.py

pip-audit queries OSV for the installed versions, which `make` takes from constraints.txt. The exit status is 1 if
vulnerabilities are found. If OSV cannot be reached, the script prints a message and the status is 0.
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

DISTRIBUTION = "inkling-digits"
TIMEOUT_S, MOST_S = 5, 60  # for each answer; for all together
UNREACHED = re.compile(r"requests\.exceptions\.|Could not connect")  # in the output of a failed pip-audit


def installed_pins() -> list[str]:
    """Direct and indirect dependencies of the installed package, without its extras, as sorted `name==version` pins."""
    versions: dict[str, str] = {}
    wanted = [DISTRIBUTION]
    for one in wanted:  # grows during the loop
        needs = [Requirement(line) for line in distribution(one).requires or ()]
        for need in needs:
            known = canonicalize_name(need.name)
            if known not in versions and (need.marker is None or need.marker.evaluate({"extra": ""})):
                versions[known] = distribution(known).version
                wanted.append(known)
    return [f"{known}=={version}" for known, version in sorted(versions.items())]


def audit(pins: list[str], *options: str) -> list[dict[str, Any]] | None:
    """pip-audit's result for each pin; None if OSV cannot be reached. Raises RuntimeError if pip-audit fails."""
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
    raise RuntimeError(
        f"pip-audit ended with {done.returncode}; expected its JSON. Its error output: {done.stderr[-2000:]}"
    )


def main(*options: str) -> int:
    """Print the vulnerabilities and return the exit status."""
    pins = installed_pins()
    found = audit(pins, *options)
    if found is None:
        print(f"not audited: the vulnerability database cannot be reached ({len(pins)} packages)")
        return 0
    weak = [(one, each) for one in found for each in one["vulns"]]
    for one, each in weak:
        names = ", ".join([each["id"], *each["aliases"]])
        print(f"{one['name']} {one['version']}: {names}; fixed in {', '.join(each['fix_versions']) or 'no version'}")
    print(f"{len(found)} packages audited; known vulnerabilities: {len(weak)}")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
