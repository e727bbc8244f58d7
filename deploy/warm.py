"""Load everything that a server and its supervisor load, and read a picture, so that Python writes the bytecode.

Otherwise, a container with a read-only file system would compile the modules again at each start.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from inkling.cli import main, serve
from inkling.client import Client
from inkling.server.app import create_app
from inkling.server.wsgi_server import Server

assert all((Server, main, serve.command, Client))  # noqa: S101 - imported for their bytecode
image = Image.new("L", (280, 280), 255)
ImageDraw.Draw(image).line([(70, 75), (205, 75), (130, 230)], fill=20, width=18, joint="curve")
content = io.BytesIO()
image.save(content, "PNG")
client = create_app().test_client()
for path in ("/", "/docs", "/openapi.json", "/models", "/metrics"):
    if client.get(path).status_code != 200:
        raise SystemExit(f"{path} does not answer")
answer = client.post("/api/v1/read?explain=1", data=content.getvalue(), content_type="image/png").get_json()
if answer["text"] != "7":
    raise SystemExit(f"a drawn 7 is read as {answer}")
print("a drawn 7 is read as 7")
