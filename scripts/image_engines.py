"""Docker, Podman, or buildah without a daemon: building an image, and running it with a read-only root."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
STORE = ROOT / ".cache" / "containers"
USER = 10001
UNITS = {"kB": 1e-3, "MB": 1.0, "GB": 1e3}
EMPTIED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/**/__pycache__",
    "var/lib/apt/lists",
    "var/cache/apt",
)
# Of "$0", the root that a container sees, in a mount namespace of its own: read-only, with an empty /tmp, and with the
# few devices that every container has.
MOUNTS = """
mount --make-rprivate /
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
mount -t tmpfs -o size=16m,mode=1777 tmpfs "$0/tmp"
mount -t proc -o ro proc "$0/proc"
mount -t tmpfs -o size=64k,mode=755 tmpfs "$0/dev"
for device in null zero full random urandom; do
  touch "$0/dev/$device"
  mount --bind "/dev/$device" "$0/dev/$device"
done
mount -o remount,ro "$0/dev"
"""


@dataclass
class Running:
    """A container that was started. `stop` sends SIGTERM and gives the exit status."""

    url: str
    since: float  # time.monotonic() when it was started
    inside: Any  # (command: list[str]) -> subprocess.CompletedProcess[str], run in the container
    stop: Any  # () -> int


class Engine(Protocol):
    name: str
    image: str

    def base(self, wanted: str | None) -> str: ...
    def build(self, base: str, *, revision: str) -> None: ...
    def size_mb(self, image: str) -> float: ...
    def health_check(self) -> list[str]: ...
    def running(self, port: int) -> Any: ...


def said(*command: str, **options: Any) -> str:
    """The standard output of a command that must succeed."""
    return str(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout).strip()


def choose() -> Engine:
    """Docker or Podman if one answers, else buildah. Ends the program with what to install when there is none."""
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return Daemon(name)
    if shutil.which("buildah") and shutil.which("debootstrap") and os.geteuid() == 0:
        return Buildah()
    raise SystemExit(
        "image: neither Docker nor Podman answers here, nor is this root with buildah; expected one of them. "
        "On Debian, as root: apt-get install --no-install-recommends buildah debootstrap"
    )


def pip_secrets(folder: Path) -> list[str]:
    """Options that lend this machine's ways to a package index to the build, and to no layer of the image."""
    options = []
    config = dict(line.split("=", 1) for line in said(sys.executable, "-m", "pip", "config", "list").splitlines())
    values = {name.split(".", 1)[1]: value.strip("'") for name, value in config.items()}
    lines = [f"{name} = {values[name]}" for name in ("index-url", "trusted-host", "proxy") if name in values]
    if cert := values.get("cert") or os.environ.get("SSL_CERT_FILE"):
        lines.append("cert = /run/secrets/ca")
        options += ["--secret", f"id=ca,src={cert}"]
    if lines:
        (folder / "pip.conf").write_text("\n".join(["[global]", *lines, ""]))
        options += ["--secret", f"id=pip,src={folder / 'pip.conf'}"]
    return options


def build(command: list[str], *, revision: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*command, "--build-arg", f"REVISION={revision}", *pip_secrets(Path(folder)), "--file", DOCKERFILE, ROOT],
            check=True,
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
        )


class Daemon:
    """Docker, or Podman, which takes the same options."""

    image = "inkling"

    def __init__(self, name: str) -> None:
        self.name = name

    def base(self, wanted: str | None) -> str:
        first = next(line for line in DOCKERFILE.read_text().splitlines() if line.startswith("ARG BASE="))
        base = wanted or first.removeprefix("ARG BASE=")
        subprocess.run([self.name, "pull", "--quiet", base], check=False)  # a local one needs none
        return base

    def build(self, base: str, *, revision: str) -> None:
        kind = ["--format", "docker"] if self.name == "podman" else []  # which knows health checks
        build([self.name, "build", *kind, "--tag", self.image, "--build-arg", f"BASE={base}"], revision=revision)

    def size_mb(self, image: str) -> float:
        return round(int(said(self.name, "image", "inspect", "--format", "{{.Size}}", image)) / 1e6)

    def health_check(self) -> list[str]:
        found = said(self.name, "image", "inspect", "--format", "{{json .Config.Healthcheck}}", self.image)
        return list(json.loads(found)["Test"][1:])

    @contextmanager
    def running(self, port: int) -> Iterator[Running]:
        limits = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        run = [self.name, "run", "--detach", *limits, "--publish", f"127.0.0.1:{port}:8000", self.image]
        since = time.monotonic()
        container = said(*run)

        def inside(command: list[str]) -> subprocess.CompletedProcess[str]:
            whole = [self.name, "exec", container, *command]
            return subprocess.run(whole, capture_output=True, text=True, check=False)

        def stop() -> int:
            said(self.name, "stop", "--time", "20", container)
            return int(said(self.name, "inspect", "--format", "{{.State.ExitCode}}", container))

        try:
            yield Running(f"http://127.0.0.1:{port}", since, inside, stop)
        finally:
            said(self.name, "rm", "--force", container)


class Buildah:
    """buildah in a store of its own, and the image run by unshare, chroot and setpriv."""

    name = "buildah"
    image = "localhost/inkling"

    def __init__(self) -> None:
        for driver in ("overlay", "vfs"):  # the second copies everything for each layer, and works everywhere
            store = ["--root", str(STORE / driver), "--runroot", str(STORE / "run" / driver)]
            self._buildah = ["buildah", *store, "--storage-driver", driver]
            if subprocess.run([*self._buildah, "info"], capture_output=True, check=False).returncode == 0:
                return

    def base(self, wanted: str | None) -> str:
        if wanted:
            said(*self._buildah, "pull", "--quiet", "--policy", "missing", wanted)
            return wanted
        suite = debian_suite()
        name = f"localhost/debian-python:{suite}"
        if not self._images(name):
            with tempfile.TemporaryDirectory() as folder:
                made = ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
                subprocess.run([*made, suite, folder], check=True, stdout=subprocess.DEVNULL)
                for pattern in EMPTIED:  # as in Debian's and Python's own slim images
                    for emptied in Path(folder).glob(pattern):
                        shutil.rmtree(emptied)
                container = said(*self._buildah, "from", "scratch")
                said(*self._buildah, "add", "--quiet", container, folder, "/")
                said(*self._buildah, "commit", "--quiet", "--rm", container, name)
        return name

    def _images(self, name: str) -> list[dict[str, Any]]:
        command = [*self._buildah, "images", "--json", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return list(json.loads(done.stdout)) if done.returncode == 0 else []

    def build(self, base: str, *, revision: str) -> None:
        kind = ["--isolation", "chroot", "--format", "docker", "--layers=false", "--tag", self.image]
        build([*self._buildah, "build", *kind, "--build-arg", f"BASE={base}"], revision=revision)
        said(*self._buildah, "rmi", "--prune")  # the image of this name before

    def size_mb(self, image: str) -> float:
        number, unit = self._images(image)[0]["size"].split()
        return round(float(number) * UNITS[unit])

    def _config(self) -> dict[str, Any]:
        found = json.loads(said(*self._buildah, "inspect", "--type", "image", self.image))
        return dict(found["Docker"]["config"])

    def health_check(self) -> list[str]:
        return list(self._config()["Healthcheck"]["Test"][1:])

    @contextmanager
    def running(self, port: int) -> Iterator[Running]:
        config = self._config()
        container = said(*self._buildah, "from", "--pull-never", self.image)
        root = said(*self._buildah, "mount", container)
        settings = ["/usr/bin/env", "-i", *config["Env"], f"INKLING_PORT={port}", "INKLING_HOST=127.0.0.1"]
        user = [str(part) for part in (config["User"].split(":") * 2)[:2]]
        limits = ["--reuid", user[0], "--regid", user[1], "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
        within = ["chroot", root, "/usr/bin/setpriv", *limits, *settings]
        mounts = f'set -e\n{MOUNTS}exec "$@"'
        entry = [*config["Entrypoint"], *config["Cmd"]]
        since = time.monotonic()
        server = subprocess.Popen(["unshare", "--mount", "sh", "-c", mounts, root, *within, *entry])

        def inside(command: list[str]) -> subprocess.CompletedProcess[str]:
            whole = ["nsenter", "--mount", "--target", str(server.pid), *within, *command]
            return subprocess.run(whole, capture_output=True, text=True, check=False)

        def stop() -> int:
            server.terminate()
            return server.wait(timeout=20)

        try:
            yield Running(f"http://127.0.0.1:{port}", since, inside, stop)
        finally:
            server.kill()
            server.wait()
            said(*self._buildah, "umount", container)
            said(*self._buildah, "rm", container)


def debian_suite() -> str:
    """This Debian's name when its Python fits, else bookworm."""
    facts = platform.freedesktop_os_release()
    name = facts.get("VERSION_CODENAME", "")
    return name if facts["ID"] == "debian" and name in ("bookworm", "trixie") else "bookworm"
