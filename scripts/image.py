"""Build the container image and check that it reads ten images under the limits of a service; `make image`.

The limits are: user 10001, only /tmp writable, no capabilities, no new privileges. The exit status is 1 if the image is
too large or gives wrong answers. The measurements are written to deploy/image.json.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkling.client import Answer, Client
from scripts.container_engines import Engine, Running, choose

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "deploy" / "image.json"
LIMIT_MB = 450
USER = 10001
READY_S = 30
STARTS = 4
# Prints the properties and permissions of the running image as JSON.
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


def ten_images() -> dict[str, bytes]:
    """A digit from MNIST's test set for each class, dark on white, enlarged by a factor of eight, as PNG."""
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
    """Seconds from the start to the first answer."""
    with Client(container.url, retries=0, timeout_s=5) as client:
        while not client.ready():
            if time.monotonic() - container.since > READY_S:
                raise SystemExit(f"image: no answer at {container.url} within {READY_S} s; see the messages above.")
            time.sleep(0.01)
        client.read(image)
    return time.monotonic() - container.since


def trial(engine: Engine) -> dict[str, Any]:
    """Run the image and measure its properties."""
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
        "first_start_to_answer_s": starts_s[0],  # with a cold file cache
        "start_to_answer_s": min(starts_s[1:]),
        "pictures": len(images),
        "pictures_right": sum(each) if as_one == list(images) else 0,
        **json.loads(probed.stdout or "{}"),
        "health_check_passes": healthy.returncode == 0,
        "stopped_by_sigterm": ended == 0,
        "stop_s": round(stopped_s, 2),
    }


def faults(facts: dict[str, Any]) -> list[str]:
    """The failed checks, as sentences."""
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
        wrong.append(f"it has {facts['image_mb']} MB; the limit is {LIMIT_MB} MB. Extend deploy/slim.py.")
    return wrong


def revision() -> str:
    """The commit that is built."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", help="base image with Python; default: the Dockerfile's, or one from Debian")
    parser.add_argument("--keep", action="store_true", help="do not update deploy/image.json")
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
