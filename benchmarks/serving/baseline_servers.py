"""The servers that `servers.py` compares: how each is started, and how it is asked.

Each runs from an environment of its own below .venv-servers (`make servers`), with the settings that its documentation
gives for serving, two workers where it can have them, and batching where it is known for that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.serving.wrk import Load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = HERE / "server_programs"
ENVIRONMENTS = ROOT / ".venv-servers"
DRAWING = HERE.parent / "drawing.png"  # a 7
WORKERS = 2
BOUNDARY = "inkling-benchmark"


@dataclass(frozen=True)
class Contestant:
    """A server; `{bin}` and `{port}` in its command are filled in when it is started."""

    name: str
    about: str  # what it does with the picture, and how the picture comes
    environment: str  # a folder below .venv-servers
    command: tuple[str, ...]
    path: str
    kind: str  # of body: "raw", "form FIELD", "json" or "gradio"
    right: str = r'"digit": ?7'
    packages: tuple[str, ...] = ()  # whose versions are told
    environ: Mapping[str, str] = field(default_factory=dict)

    def started_by(self, port: int) -> list[str]:
        bin_folder = ENVIRONMENTS / self.environment / "bin"
        return [part.format(bin=bin_folder, port=port) for part in self.command]


def _inkling(model: str) -> Contestant:
    return Contestant(
        f"inkling {model}", "the whole road; raw body", "inkling",
        ("{bin}/python", "-m", "inkling", "serve", "--port", "{port}", "--workers", str(WORKERS), "--model", model),
        "/api/v1/read", "raw", r'"text":"7"', ("granian", "flask", "ai-edge-litert"),
        {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip


def _uvicorn(app: str, environment: str) -> tuple[str, ...]:
    workers = ("--workers", str(WORKERS))
    return (f"{{bin}}/{environment}", *workers, "--no-access-log", "--port", "{port}", app)


ALL = (
    _inkling("ann"),
    _inkling("cnn"),
    Contestant(
        "tutorial", "Flask's own server, Keras `model.predict`, one process; raw body", "tutorial",
        ("{bin}/python", "tutorial.py"), "/read", "raw", packages=("flask", "keras", "tensorflow"),
    ),
    Contestant(
        "FastAPI", "uvicorn, LiteRT; a form, as its documentation takes a file", "fastapi",
        _uvicorn("fastapi_litert:app", "uvicorn"), "/form", "form file", packages=("fastapi", "uvicorn"),
    ),
    Contestant(
        "FastAPI, raw body", "uvicorn, LiteRT in the event loop; raw body", "fastapi",
        _uvicorn("fastapi_litert:app", "uvicorn"), "/read", "raw", packages=("fastapi", "uvicorn"),
    ),
    Contestant(
        "Flask on Granian", "LiteRT; raw body", "flask",
        ("{bin}/granian", "--interface", "wsgi", "--workers", str(WORKERS), "--no-ws", "--port", "{port}",
         "flask_litert:app"),
        "/read", "raw", packages=("flask", "granian"),
    ),
    Contestant(
        "LitServe", "LiteRT in batches; base64 in JSON", "litserve", ("{bin}/python", "litserve_litert.py"),
        "/read", "json", packages=("litserve",),
    ),
    Contestant(
        "BentoML", "LiteRT in adaptive batches; a form", "bentoml",
        ("{bin}/bentoml", "serve", "bentoml_litert:Digits", "--host", "127.0.0.1", "--port", "{port}"),
        "/read", "form images", packages=("bentoml",), environ={"BENTOML_DO_NOT_TRACK": "True"},
    ),
    Contestant(
        "Gradio", "LiteRT, without its queue; base64 in JSON", "gradio", _uvicorn("gradio_litert:app", "uvicorn"),
        "/gradio_api/run/read", "gradio", packages=("gradio",), environ={"GRADIO_ANALYTICS_ENABLED": "False"},
    ),
)  # fmt: skip


def body_of(kind: str, picture: bytes) -> tuple[bytes, str]:
    """A PNG picture as the body of a request and its content type, for a kind of `Contestant`."""
    text = base64.b64encode(picture).decode()
    if kind == "raw":
        return picture, "image/png"
    if kind == "json":
        return json.dumps({"image": text}).encode(), "application/json"
    if kind == "gradio":
        return json.dumps({"data": [{"url": f"data:image/png;base64,{text}"}]}).encode(), "application/json"
    name = kind.removeprefix("form ")
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="drawing.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    tail = f"\r\n--{BOUNDARY}--\r\n"
    return head.encode() + picture + tail.encode(), f"multipart/form-data; boundary={BOUNDARY}"


def load_of(contestant: Contestant, folder: Path) -> Load:
    """The request to send to a contestant, its body written into `folder`."""
    content, content_type = body_of(contestant.kind, DRAWING.read_bytes())
    body = folder / contestant.kind.replace(" ", "-")
    body.write_bytes(content)
    return Load(body, content_type, contestant.right)
