"""Check that the base and the `dev` extra resolve to wheels on every supported Python (`make check-wheels`).

pip can resolve for a Python version that is not installed if it uses only wheels.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def supported_versions(requires_python: str) -> list[str]:
    """The minor versions in a range such as ">=3.11,<3.15": "3.11" to "3.14"."""
    first, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", requires_python).groups()  # type: ignore[union-attr]
    return [f"3.{minor}" for minor in range(int(first), int(beyond))]


def main() -> int:
    """Print the result for each version. Returns 1 if a wheel is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    failed = False
    for version in supported_versions(project["requires-python"]):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
            command += ["--disable-pip-version-check", "--only-binary=:all:", "--python-version", version]
            command += ["--target", folder, "--constraint", str(ROOT / "constraints.txt"), *wanted]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"Python {version}: {'wheels resolve' if done.returncode == 0 else done.stderr.strip()[-1000:]}")
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
