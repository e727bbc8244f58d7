"""Remove files that a server never uses from the current Python environment, and print the saved space.

    /opt/inkling/bin/python slim.py

For container images, which are never upgraded in place. `warm.py` and the ten pictures of `make image` check that
reading still works.
"""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

NEVER_OPENED = (
    # LiteRT for GPUs, compilers for phone chips, benchmarks
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/aot",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    # test suites, and files that build or type-check other software
    "numpy/**/tests",
    "numpy/f2py",
    "numpy/distutils",
    "cv2/**/*.pyi",
    "sqlalchemy/testing",
    "alembic/testing",
    # unused databases
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    # syntax highlighting in tracebacks
    "pygments/lexers/[!_]*.py",
)


def size_of(path: Path) -> int:
    """Size of a file, or of all files below a folder, in bytes."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def slim(folder: Path) -> dict[str, int]:
    """Remove the files from `folder`. Returns the removed bytes by pattern, 0 if nothing matched."""
    saved = {}
    for pattern in NEVER_OPENED:
        found = list(folder.glob(pattern))
        saved[pattern] = sum(map(size_of, found))
        for path in found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return saved


if __name__ == "__main__":
    for pattern, saved_bytes in slim(Path(sysconfig.get_path("purelib"))).items():
        print(f"{saved_bytes / 1e6:6.1f} MB  {pattern}")
