"""nginx as a reverse proxy on loopback, with the files in deploy/nginx."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import ROOT
from benchmarks.serving.processes import free_port, started, wait_for
from benchmarks.serving.soak.service import Service

SHIPPED = ROOT / "deploy" / "nginx"


def nginx() -> str:
    """The path of nginx. Raises SystemExit if it is not installed."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin") or shutil.which(
        "nginx", path=ROOT / ".venv-deploy" / "bin"
    )
    if found is None:
        raise SystemExit("nginx is not installed; expected Debian's. Fetch it: make .venv-deploy/bin/nginx")
    return found


def laid_out(folder: Path, *, app_port: int, port: int) -> Path:
    """Copy the shipped files as in a container, but with these ports and in `folder`. Returns the main file."""
    beside = folder / "inkling"
    beside.mkdir()
    for name in ("http.conf", "server.conf"):
        shutil.copy(SHIPPED / name, beside)
    site = (SHIPPED / "plain.conf").read_text()
    (beside / "site.conf").write_text(site.replace("listen 8080;", f"listen 127.0.0.1:{port};"))
    main = (SHIPPED / "nginx.conf").read_text()
    main = main.replace("inkling:8000", f"127.0.0.1:{app_port}").replace("/tmp/", f"{folder}/")
    (folder / "nginx.conf").write_text(main.replace("access_log /dev/stdout inkling", "access_log off"))
    return folder / "nginx.conf"


@contextlib.contextmanager
def proxied(app_port: int) -> Iterator[Service]:
    """Run nginx as a proxy for a port; its workers run on all cores."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)  # nginx's workers run as another user
        port = free_port()
        main = laid_out(folder, app_port=app_port, port=port)
        command = [nginx(), "-p", made, "-c", str(main), "-g", "daemon off;"]
        with started(command, cwd=folder, log=folder / "log") as process:
            front = Service(process, port)
            wait_for(front.answers, timeout_s=10, pause_s=0.05)
            yield front
