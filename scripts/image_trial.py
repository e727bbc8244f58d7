"""A built image is started and asked: ten pictures, its limits, its health check, its end."""

from __future__ import annotations

import io
import json
import socket
import time
from typing import Any

import numpy as np
from image_engines import ROOT, Engine, Running
from PIL import Image

from inkling.client import Answer, Client

PATIENCE_S = 30
STARTS = 4
LOOK = """
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


def ten_pictures() -> dict[str, bytes]:
    """A digit of MNIST's test set for each class, dark on white paper at eight times its size, as PNG."""
    with np.load(ROOT / "tests" / "fixtures" / "mnist_200.npz") as content:
        images, labels = content["images"], content["labels"]
    return {str(digit): paper(images[list(labels).index(digit)]) for digit in range(10)}


def paper(digit: np.ndarray) -> bytes:
    """(28, 28) light on dark -> PNG, (224, 224) dark on light."""
    content = io.BytesIO()
    Image.fromarray(255 - digit).resize((224, 224), Image.Resampling.BICUBIC).save(content, "PNG")
    return content.getvalue()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started_s(container: Running, picture: bytes) -> float:
    """Seconds until the first answer."""
    with Client(container.url, retries=0, timeout_s=5) as client:
        while not client.ready():
            if time.monotonic() - container.since > PATIENCE_S:
                raise SystemExit(f"image: no answer at {container.url} within {PATIENCE_S} s; see the messages above.")
            time.sleep(0.01)
        client.read(picture)
    return time.monotonic() - container.since


def trial(engine: Engine) -> dict[str, Any]:
    """What the running image does and is."""
    pictures = ten_pictures()
    starts_s = []
    for _ in range(STARTS):
        with engine.running(free_port()) as container, Client(container.url, retries=0, timeout_s=5) as client:
            starts_s.append(round(started_s(container, pictures["0"]), 2))
            each = [client.read(picture).text == digit for digit, picture in pictures.items()]
            together = client.read_many(pictures.values())
            as_one = [isinstance(answer, Answer) and answer.text for answer in together]
            looked = container.inside(["python", "-c", LOOK])
            healthy = container.inside(engine.health_check())
            stopping = time.monotonic()
            ended = container.stop()
            stopped_s = time.monotonic() - stopping
    return {
        "first_start_to_answer_s": starts_s[0],  # with files that were never read before
        "start_to_answer_s": min(starts_s[1:]),
        "pictures": len(pictures),
        "pictures_right": sum(each) if as_one == list(pictures) else 0,
        **json.loads(looked.stdout or "{}"),
        "health_check_passes": healthy.returncode == 0,
        "stopped_by_sigterm": ended == 0,
        "stop_s": round(stopped_s, 2),
    }
