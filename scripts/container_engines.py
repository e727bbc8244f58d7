"""Programs that build and run a container image.

They are Docker or Podman if available; otherwise, as root, Debian's `buildah` and `debootstrap`. In the latter case,
the base is built from Debian's packages, and the image runs in a mount namespace with the same limits.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
STORE = ROOT / ".cache" / "containers"
UNITS = {"kB": 1e-3, "MB": 1.0, "GB": 1e3}
EMPTIED = (
    "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/**/__pycache__",
    "var/lib/apt/lists", "var/cache/apt",
)  # fmt: skip
# Makes "$0" the root of a container in a separate mount namespace: read-only, with an empty /tmp and the standard
# devices of a container.
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
    """A started container. `stop` sends SIGTERM and returns the exit status."""

    url: str
    since: float  # time.monotonic() at the start
    inside: Callable[[list[str]], subprocess.CompletedProcess[str]]  # runs a command in the container
    stop: Callable[[], int]


class Engine(Protocol):
    name: str
    image: str

    def base(self, wanted: str | None) -> str: ...
    def build(self, base: str, *, revision: str) -> None: ...
    def size_mb(self, image: str) -> float: ...
    def health_check(self) -> list[str]: ...
    def running(self, port: int) -> AbstractContextManager[Running]: ...


def output_of(*command: str, **options: Any) -> str:
    """The standard output of a command. Raises CalledProcessError if the command fails."""
    return str(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout).strip()


def choose() -> Engine:
    """Docker or Podman if available, otherwise buildah. If none is available, exits with the packages to install."""
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return Daemon(name)
    if shutil.which("buildah") and shutil.which("debootstrap") and os.geteuid() == 0:
        return Buildah()
    raise SystemExit(
        "image: neither Docker nor Podman is available, nor buildah as root; expected one of them. "
        "On Debian, as root: apt-get install --no-install-recommends buildah debootstrap"
    )


def pip_secrets(folder: Path) -> list[str]:
    """Options that give the build this machine's package index settings without storing them in the image."""
    options = []
    config = dict(line.split("=", 1) for line in output_of(sys.executable, "-m", "pip", "config", "list").splitlines())
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
    """Docker, or Podman, which has the same options."""

    image = "inkling"

    def __init__(self, name: str) -> None:
        self.name = name

    def base(self, wanted: str | None) -> str:
        first = next(line for line in DOCKERFILE.read_text().splitlines() if line.startswith("ARG BASE="))
        base = wanted or first.removeprefix("ARG BASE=")
        subprocess.run(
            [self.name, "pull", "--quiet", base], check=False
        )  # fails for a local image, which needs no pull
        return base

    def build(self, base: str, *, revision: str) -> None:
        kind = ["--format", "docker"] if self.name == "podman" else []  # the format that supports health checks
        build([self.name, "build", *kind, "--tag", self.image, "--build-arg", f"BASE={base}"], revision=revision)

    def size_mb(self, image: str) -> float:
        return round(int(output_of(self.name, "image", "inspect", "--format", "{{.Size}}", image)) / 1e6)

    def health_check(self) -> list[str]:
        found = output_of(self.name, "image", "inspect", "--format", "{{json .Config.Healthcheck}}", self.image)
        return list(json.loads(found)["Test"][1:])

    @contextmanager
    def running(self, port: int) -> Iterator[Running]:
        limits = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        run = [self.name, "run", "--detach", *limits, "--publish", f"127.0.0.1:{port}:8000", self.image]
        since = time.monotonic()
        container = output_of(*run)

        def inside(command: list[str]) -> subprocess.CompletedProcess[str]:
            whole = [self.name, "exec", container, *command]
            return subprocess.run(whole, capture_output=True, text=True, check=False)

        def stop() -> int:
            output_of(self.name, "stop", "--time", "20", container)
            return int(output_of(self.name, "inspect", "--format", "{{.State.ExitCode}}", container))

        try:
            yield Running(f"http://127.0.0.1:{port}", since, inside, stop)
        finally:
            output_of(self.name, "rm", "--force", container)


class Buildah:
    """buildah with a separate store; runs the image with unshare, chroot and setpriv."""

    name = "buildah"
    image = "localhost/inkling"

    def __init__(self) -> None:
        for driver in ("overlay", "vfs"):  # vfs copies every layer, but works everywhere
            store = ["--root", str(STORE / driver), "--runroot", str(STORE / "run" / driver)]
            self._buildah = ["buildah", *store, "--storage-driver", driver]
            if subprocess.run([*self._buildah, "info"], capture_output=True, check=False).returncode == 0:
                return

    def base(self, wanted: str | None) -> str:
        if wanted:
            output_of(*self._buildah, "pull", "--quiet", "--policy", "missing", wanted)
            return wanted
        suite = debian_suite()
        name = f"localhost/debian-python:{suite}"
        if not self._images(name):
            with tempfile.TemporaryDirectory() as folder:
                made = ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
                subprocess.run([*made, suite, folder], check=True, stdout=subprocess.DEVNULL)
                for pattern in EMPTIED:  # as in the slim images of Debian and Python
                    for emptied in Path(folder).glob(pattern):
                        shutil.rmtree(emptied)
                container = output_of(*self._buildah, "from", "scratch")
                output_of(*self._buildah, "add", "--quiet", container, folder, "/")
                output_of(*self._buildah, "commit", "--quiet", "--rm", container, name)
        return name

    def _images(self, name: str) -> list[dict[str, Any]]:
        command = [*self._buildah, "images", "--json", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return list(json.loads(done.stdout)) if done.returncode == 0 else []

    def build(self, base: str, *, revision: str) -> None:
        kind = ["--isolation", "chroot", "--format", "docker", "--layers=false", "--tag", self.image]
        build([*self._buildah, "build", *kind, "--build-arg", f"BASE={base}"], revision=revision)
        output_of(*self._buildah, "rmi", "--prune")  # removes the previous image of this name

    def size_mb(self, image: str) -> float:
        number, unit = self._images(image)[0]["size"].split()
        return round(float(number) * UNITS[unit])

    def _config(self) -> dict[str, Any]:
        found = json.loads(output_of(*self._buildah, "inspect", "--type", "image", self.image))
        return dict(found["Docker"]["config"])

    def health_check(self) -> list[str]:
        return list(self._config()["Healthcheck"]["Test"][1:])

    @contextmanager
    def running(self, port: int) -> Iterator[Running]:
        config = self._config()
        container = output_of(*self._buildah, "from", "--pull-never", self.image)
        root = output_of(*self._buildah, "mount", container)
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
            output_of(*self._buildah, "umount", container)
            output_of(*self._buildah, "rm", container)


def debian_suite() -> str:
    """The name of this Debian release if its Python is supported, otherwise bookworm."""
    facts = platform.freedesktop_os_release()
    name = facts.get("VERSION_CODENAME", "")
    return name if facts["ID"] == "debian" and name in ("bookworm", "trixie") else "bookworm"
