"""The service as in a container: a normal user, and only an empty folder is writable."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.test_serve import free_port

# A new mount namespace with a read-only file system; then the rights of a normal user. The writable folder is not /tmp,
# because this checkout may be there.
INSIDE = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
mount -o remount,bind,ro / && mount -t tmpfs -o size=1m,mode=1777 tmpfs "$TMPDIR" || exit 99
cd "$1" && touch "$1/written" 2>"$TMPDIR/refused" && exit 98
shift
exec setpriv --bounding-set -all --inh-caps -all --no-new-privs $TEST_USER "$@"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's mount namespaces")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs util-linux's setpriv")
@pytest.mark.slow
def test_serves_without_write_permission(seven: bytes) -> None:
    port = free_port()
    here = Path.cwd()
    as_root = os.geteuid() == 0
    unshare = ["unshare", "--mount"] if as_root else ["unshare", "--user", "--map-root-user", "--mount"]
    can = subprocess.run([*unshare, "mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    if can.returncode:
        message = f"this system lets nobody have a mount namespace: {can.stderr.strip()}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    # If Python is in root's home folder, only root can run it; here root has no capabilities.
    private = as_root and not all(path.stat().st_mode & 0o001 for path in Path(sys.executable).resolve().parents)
    user = "--reuid 65534 --regid 65534 --clear-groups" if as_root and not private else ""
    serve = [sys.executable, "-m", "inkling", "serve", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(
        [*unshare, "sh", "-c", INSIDE, "sh", str(here), *serve],
        env={
            **os.environ,
            "TMPDIR": "/dev/shm",
            "TEST_USER": user,
            "HOME": "/nonexistent",
            "INKLING_LOG": "json",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first == f"inkling is ready at http://127.0.0.1:{port}\n", process.poll()
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert "CapEff:\t0000000000000000" in status
            url = f"http://127.0.0.1:{port}"
            request = urllib.request.Request(f"{url}/api/v1/read", seven, {"Content-Type": "image/png"})
            with urllib.request.urlopen(request, timeout=20) as response:
                assert json.load(response)["text"] == "7"
            with urllib.request.urlopen(f"{url}/metrics", timeout=20) as response:
                text = response.read().decode()
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "inkling_workers 2" in text, "they share memory without files"
    assert all(json.loads(line)["level"] != "error" for line in said.splitlines()), said
