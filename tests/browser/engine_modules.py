"""Calls of the page's engine (`static/js/engine/`) from a test: NumPy arrays in, NumPy arrays out.

The modules are served from the source folder at a fake address, without a server.
"""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route

STATIC = Path(__file__).parents[2] / "src" / "inkling" / "server" / "static"
ADDRESS = "http://engine.test"

CODEC = """
const kinds = { Uint8Array, Uint8ClampedArray, Int32Array, Uint32Array, Float32Array, Float64Array };
const decode = (value) => {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  if (value.$kind) {
    const bytes = Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0));
    const data = new kinds[value.$kind](bytes.buffer);
    if (value.shape.length !== 2) return data;
    return { width: value.shape[1], height: value.shape[0], data };
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, decode(each)]));
};
const encode = (value) => {
  if (Array.isArray(value)) return value.map(encode);
  if (value === null || typeof value !== "object") return value === undefined ? null : value;
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return { $kind: value.constructor.name, shape: [value.length], base64: btoa(text) };
  }
  if (value.data && value.width !== undefined && ArrayBuffer.isView(value.data)) {
    return { ...encode(value.data), shape: [value.height, value.width] };
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, encode(each)]));
};
"""
KINDS = {"uint8": "Uint8Array", "int32": "Int32Array", "float32": "Float32Array", "float64": "Float64Array"}
TYPES = {kind: name for name, kind in KINDS.items()} | {"Uint8ClampedArray": "uint8", "Uint32Array": "uint32"}


class Engine:
    """The modules of the engine in a page of Chromium."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route(f"{ADDRESS}/**", _serve)
        page.goto(f"{ADDRESS}/")

    def call(self, module: str, function: str, *args: Any) -> Any:
        """Call a function of `js/engine/MODULE.js`. A 2-D array becomes an image, any other array a typed array."""
        return decoded(
            self.page.evaluate(
                f"""async ([path, name, args]) => {{
                  {CODEC}
                  const module = await import(path);
                  return encode(await module[name](...decode(args)));
                }}""",
                [f"{ADDRESS}/static/js/engine/{module}.js", function, encoded(args)],
            )
        )


def _serve(route: Route) -> None:
    path = STATIC / route.request.url.removeprefix(f"{ADDRESS}/static/")
    if route.request.url == f"{ADDRESS}/":
        route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")
    elif path.is_file():
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
        route.fulfill(body=path.read_bytes(), content_type=kind or "application/octet-stream")
    else:
        route.fulfill(status=404)


def encoded(value: Any) -> Any:
    """Python values and NumPy arrays -> JSON values."""
    if isinstance(value, np.ndarray):
        kind = KINDS[value.dtype.name]
        content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"$kind": kind, "shape": list(value.shape), "base64": content}
    if isinstance(value, list | tuple):
        return [encoded(each) for each in value]
    if isinstance(value, dict):
        return {name: encoded(each) for name, each in value.items()}
    return value


def decoded(value: Any) -> Any:
    """JSON values -> Python values and NumPy arrays."""
    if isinstance(value, list):
        return [decoded(each) for each in value]
    if isinstance(value, dict):
        if "$kind" in value:
            array = np.frombuffer(base64.b64decode(value["base64"]), TYPES[value["$kind"]])
            return array.reshape(value["shape"])
        return {name: decoded(each) for name, each in value.items()}
    return value
