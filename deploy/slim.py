"""Remove what a server never opens from the environment that runs this, and print what that saves.

    /opt/inkling/bin/python slim.py

For a container image, which is never upgraded in place. `warm.py` and the ten images of `make image` show that it still
reads.
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
    # databases that no store is in
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    # colours for source code in tracebacks
    "pygments/lexers/[!_]*.py",
)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def slim(folder: Path) -> dict[str, int]:
    """Remove them from `folder` and return the bytes by pattern, 0 where there was nothing."""
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
