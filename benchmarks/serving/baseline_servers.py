"""The servers that `servers.py` compares: their start commands and requests.

Each runs in a separate environment below .venv-servers (`make servers`), with the settings that its documentation
recommends for serving, two workers if supported, and batching if the server is known for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.common import DRAWING, ROOT
from benchmarks.serving.wrk import Load

PROGRAMS = Path(__file__).with_name("server_programs")
ENVIRONMENTS = ROOT / ".venv-servers"
WORKERS = 2
BOUNDARY = "inkling-benchmark"


@dataclass(frozen=True)
class BaselineServer:
    """A server. `{bin}` and `{port}` in its command are filled in at start."""

    name: str
    about: str  # its processing of the image, and the format of the request
    environment: str  # a folder below .venv-servers
    command: tuple[str, ...]
    path: str
    kind: str  # kind of body: "raw", "form FIELD", "json" or "gradio"
    right: str = r'"digit": ?7'  # pattern of a right answer
    packages: tuple[str, ...] = ()  # packages whose versions are reported
    environ: Mapping[str, str] = field(default_factory=dict)

    def command_for(self, port: int) -> list[str]:
        bin_folder = ENVIRONMENTS / self.environment / "bin"
        return [part.format(bin=bin_folder, port=port) for part in self.command]


def _inkling(model: str) -> BaselineServer:
    return BaselineServer(
        f"inkling {model}", "the whole pipeline; raw body", "inkling",
        ("{bin}/python", "-m", "inkling", "serve", "--port", "{port}", "--workers", str(WORKERS), "--model", model),
        "/api/v1/read", "raw", r'"text":"7"', ("gunicorn", "flask", "ai-edge-litert"),
        {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip


def _uvicorn(app: str) -> tuple[str, ...]:
    workers = ("--workers", str(WORKERS))
    return ("{bin}/uvicorn", *workers, "--no-access-log", "--port", "{port}", app)


ALL = (
    _inkling("ann"),
    _inkling("cnn"),
    BaselineServer(
        "tutorial", "Flask's own server, Keras `model.predict`, one process; raw body", "tutorial",
        ("{bin}/python", "tutorial.py"), "/read", "raw", packages=("flask", "keras", "tensorflow"),
    ),
    BaselineServer(
        "FastAPI", "uvicorn, LiteRT; a form, as in its documentation", "fastapi",
        _uvicorn("fastapi_litert:app"), "/form", "form file", packages=("fastapi", "uvicorn"),
    ),
    BaselineServer(
        "FastAPI, raw body", "uvicorn, LiteRT in the event loop; raw body", "fastapi",
        _uvicorn("fastapi_litert:app"), "/read", "raw", packages=("fastapi", "uvicorn"),
    ),
    BaselineServer(
        "Flask on gunicorn", "LiteRT; raw body", "flask",
        ("{bin}/gunicorn", "--workers", str(WORKERS), "--threads", "4", "--bind", "127.0.0.1:{port}",
         "flask_litert:app"),
        "/read", "raw", packages=("flask", "gunicorn"),
    ),
    BaselineServer(
        "LitServe", "LiteRT in batches; base64 in JSON", "litserve", ("{bin}/python", "litserve_litert.py"),
        "/read", "json", packages=("litserve",),
    ),
    BaselineServer(
        "BentoML", "LiteRT in adaptive batches; a form", "bentoml",
        ("{bin}/bentoml", "serve", "bentoml_litert:Digits", "--host", "127.0.0.1", "--port", "{port}"),
        "/read", "form images", packages=("bentoml",), environ={"BENTOML_DO_NOT_TRACK": "True"},
    ),
    BaselineServer(
        "Gradio", "LiteRT, without the queue; base64 in JSON", "gradio", _uvicorn("gradio_litert:app"),
        "/gradio_api/run/read", "gradio", packages=("gradio",), environ={"GRADIO_ANALYTICS_ENABLED": "False"},
    ),
)  # fmt: skip


def require(servers: Iterable[BaselineServer]) -> None:
    """Raises SystemExit unless the environment of each server is completely installed."""
    missing = {each.environment for each in servers if not (ENVIRONMENTS / each.environment / ".installed").is_file()}
    if missing:
        raise SystemExit(f"not installed: {', '.join(sorted(missing))}; expected all. Run: make servers")


def body_of(kind: str, image: bytes) -> tuple[bytes, str]:
    """A PNG image as a request body, and the content type, for a `BaselineServer.kind`."""
    text = base64.b64encode(image).decode()
    if kind == "raw":
        return image, "image/png"
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
    return head.encode() + image + tail.encode(), f"multipart/form-data; boundary={BOUNDARY}"


def load_of(server: BaselineServer, folder: Path, image: bytes | None = None) -> Load:
    """The request for a server, with its body written to `folder`. `image` defaults to the drawing."""
    content, content_type = body_of(server.kind, image or DRAWING.read_bytes())
    body = folder / f"{server.name} {server.kind}".replace(" ", "-")
    body.write_bytes(content)
    return Load(body, content_type, server.right)
