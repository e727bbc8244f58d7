"""Build the container image and check that it reads ten images under the limits of a service; `make image`.

With Docker or Podman where one runs. Without, as root with Debian's `buildah` and `debootstrap`: the base is then made
of Debian's own packages, and the image runs in a mount namespace with the same limits: user 10001, nothing writable but
/tmp, no capabilities, no new privileges. The exit status is 1 when the image is too large or answers wrongly. The
measurements go to deploy/image.json.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from inkling.client import Answer, Client

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "deploy" / "image.json"
LIMIT_MB = 450
USER = 10001
READY_S = 30
STARTS = 4
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
STORE = ROOT / ".cache" / "containers"
UNITS = {"kB": 1e-3, "MB": 1.0, "GB": 1e3}
EMPTIED = (
    "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/**/__pycache__",
    "var/lib/apt/lists", "var/cache/apt",
)  # fmt: skip
# Makes "$0" the root of a container in a mount namespace of its own: read-only, with an empty /tmp and the few devices
# that every container has.
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
# Prints as JSON what the running image is and may do.
PROBE = """
import importlib.util as find, json, os
def writable(folder):
    try:
        with open(folder + "/probe", "w"):
            pass
        os.unlink(folder + "/probe")
        return True
    except OSError:
        return False
def size(folder):
    return sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(folder) for name in names)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "python": ".".join(map(str, __import__("sys").version_info[:3])),
    "installed_mb": round(size("/opt/inkling") / 1e6),
    "user": os.getuid(),
    "root_is_writable": any(map(writable, ("", "/opt/inkling", "/var", "/etc"))),
    "tmp_is_writable": writable("/tmp"),
    "capabilities": int(status["CapEff"], 16) + int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"].strip() == "1",
    "has_pip": find.find_spec("pip") is not None,
    "has_tensorflow": find.find_spec("tensorflow") is not None,
}))
"""


@dataclass
class Running:
    """A started container. `stop` sends SIGTERM and returns the exit status."""

    url: str
    since: float  # time.monotonic() when it was started
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
    """Options that give the build this machine's access to a package index, and no layer of the image."""
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
    """Docker, or Podman, which takes the same options."""

    image = "inkling"

    def __init__(self, name: str) -> None:
        self.name = name

    def base(self, wanted: str | None) -> str:
        first = next(line for line in DOCKERFILE.read_text().splitlines() if line.startswith("ARG BASE="))
        base = wanted or first.removeprefix("ARG BASE=")
        subprocess.run([self.name, "pull", "--quiet", base], check=False)  # fails for a local image, which needs none
        return base

    def build(self, base: str, *, revision: str) -> None:
        kind = ["--format", "docker"] if self.name == "podman" else []  # the format with health checks
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
            output_of(*self._buildah, "pull", "--quiet", "--policy", "missing", wanted)
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
        output_of(*self._buildah, "rmi", "--prune")  # the image of this name before

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
    """The name of this Debian release when its Python fits, else bookworm."""
    facts = platform.freedesktop_os_release()
    name = facts.get("VERSION_CODENAME", "")
    return name if facts["ID"] == "debian" and name in ("bookworm", "trixie") else "bookworm"


def ten_images() -> dict[str, bytes]:
    """A digit of MNIST's test set for each class, dark on white paper at eight times its size, as PNG."""
    with np.load(ROOT / "tests" / "fixtures" / "mnist_200.npz") as content:
        images, labels = content["images"], content["labels"]
    return {str(digit): on_paper(images[list(labels).index(digit)]) for digit in range(10)}


def on_paper(digit: np.ndarray) -> bytes:
    """(28, 28) light on dark -> PNG, (224, 224) dark on light."""
    content = io.BytesIO()
    Image.fromarray(255 - digit).resize((224, 224), Image.Resampling.BICUBIC).save(content, "PNG")
    return content.getvalue()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started_s(container: Running, image: bytes) -> float:
    """Seconds until the first answer."""
    with Client(container.url, retries=0, timeout_s=5) as client:
        while not client.ready():
            if time.monotonic() - container.since > READY_S:
                raise SystemExit(f"image: no answer at {container.url} within {READY_S} s; see the messages above.")
            time.sleep(0.01)
        client.read(image)
    return time.monotonic() - container.since


def trial(engine: Engine) -> dict[str, Any]:
    """Run the image and report what it does and is."""
    images = ten_images()
    starts_s = []
    for _ in range(STARTS):
        with engine.running(free_port()) as container, Client(container.url, retries=0, timeout_s=5) as client:
            starts_s.append(round(started_s(container, images["0"]), 2))
            each = [client.read(image).text == digit for digit, image in images.items()]
            together = client.read_many(images.values())
            as_one = [isinstance(answer, Answer) and answer.text for answer in together]
            probed = container.inside(["python", "-c", PROBE])
            healthy = container.inside(engine.health_check())
            stopping = time.monotonic()
            ended = container.stop()
            stopped_s = time.monotonic() - stopping
    return {
        "first_start_to_answer_s": starts_s[0],  # with files that were never read before
        "start_to_answer_s": min(starts_s[1:]),
        "pictures": len(images),
        "pictures_right": sum(each) if as_one == list(images) else 0,
        **json.loads(probed.stdout or "{}"),
        "health_check_passes": healthy.returncode == 0,
        "stopped_by_sigterm": ended == 0,
        "stop_s": round(stopped_s, 2),
    }


def faults(facts: dict[str, Any]) -> list[str]:
    """The facts that are wrong, in words."""
    expected = {
        "user": USER,
        "root_is_writable": False,
        "tmp_is_writable": True,
        "capabilities": 0,
        "no_new_privileges": True,
        "has_pip": False,
        "has_tensorflow": False,
        "health_check_passes": True,
        "stopped_by_sigterm": True,
        "pictures_right": facts["pictures"],
    }
    wrong = [f"{name} is {facts[name]}; expected {value}." for name, value in expected.items() if facts[name] != value]
    if facts["image_mb"] > LIMIT_MB:
        wrong.append(f"it has {facts['image_mb']} MB; the limit is {LIMIT_MB} MB. See what deploy/slim.py may remove.")
    return wrong


def revision() -> str:
    """The commit that is built."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", help="image with Python to build on; else the Dockerfile's own, or one of Debian's")
    parser.add_argument("--keep", action="store_true", help="leave deploy/image.json as it is")
    options = parser.parse_args()
    engine = choose()
    print(f"building with {engine.name} ...", flush=True)
    start = time.monotonic()
    base = engine.base(options.base)
    based = time.monotonic()
    engine.build(base, revision=revision())
    built = time.monotonic()
    facts = {
        "made_by": "make image",
        "engine": engine.name,
        "base": base,
        "base_mb": engine.size_mb(base),
        "image_mb": engine.size_mb(engine.image),
        "limit_mb": LIMIT_MB,
        "base_made_s": round(based - start, 1),
        "built_s": round(built - based, 1),
        **trial(engine),
        "machine": f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores",
    }
    facts["added_mb"] = round(facts["image_mb"] - facts["base_mb"])
    print(json.dumps(facts, indent=2))
    if not options.keep:
        RESULT.write_text(json.dumps(facts, indent=2) + "\n")
    wrong = faults(facts)
    for one in wrong:
        print(f"image: {one}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
