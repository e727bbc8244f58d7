"""Build the wheel and sdist, install each into an empty environment, and read a picture there (`make package`)."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "benchmarks" / "drawing.png"
TYPED = """
from inkling import Reader
text: str = Reader("ann").read("drawing.png").text
number: int = Reader("ann").read("drawing.png").text
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return its standard output; exit with its errors if it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed: {done.stderr[-3000:] or done.stdout[-3000:]}")
    return done.stdout


def read_installed(distribution: Path, folder: Path) -> str:
    """The output of `inkling read` for a drawing in an environment with only this distribution."""
    environment = folder / distribution.name.replace(".", "-")
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", ROOT / "constraints.txt", distribution, cwd=folder)
    return run(python, "-m", "inkling", "read", DRAWING, cwd=folder).strip()


def type_errors(environment: Path, folder: Path) -> list[str]:
    """The numbers of the lines in which mypy reports errors for a user of the installed package."""
    (folder / "user.py").write_text(TYPED, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        environment / "bin" / "python",
        "user.py",
    ]
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    return [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line]


def main() -> None:
    """Check the distributions. Exits with a message and status 1 if a check fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, cwd=folder)
        (wheel,) = (folder / "dist").glob("*.whl")
        (sdist,) = (folder / "dist").glob("*.tar.gz")
        with zipfile.ZipFile(wheel) as file:
            packed = file.namelist()
        with tarfile.open(sdist) as archive:
            sources = archive.getnames()
        if "inkling/py.typed" not in packed or any(member.endswith(".keras") for member in packed):
            sys.exit("the wheel must contain py.typed and no .keras file")
        if not any(member.endswith(".keras") for member in sources):
            sys.exit("the sdist must contain the .keras files")
        for distribution in (wheel, sdist):
            size_mb = distribution.stat().st_size / 1e6
            print(f"{distribution.name}, {size_mb:.1f} MB: {read_installed(distribution, folder)}")
        found = type_errors(folder / wheel.name.replace(".", "-"), folder)
        if found != ["4"]:
            sys.exit(f"mypy must report only the wrong type in line 4; it reported errors in lines {found}")
        print("a user's mypy sees the types")


if __name__ == "__main__":
    main()
