"""The editor of `inkling form new`: a local web app for drawing, testing and saving the regions of a blank form.

It listens only on this machine. Every request must name this machine as its host and, except for the script and
the style sheet, must have the token from the opened address, so that other pages in the browser cannot use the editor.
"""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, jsonify, request

from inkling.errors import BadRequest, BadTemplate, InklingError

if TYPE_CHECKING:
    from inkling.pipeline.reader import Reader

HERE = Path(__file__).parent
HOSTS = ("127.0.0.1", "localhost")
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
MAX_UPLOAD_BYTES = 50_000_000


def create_editor(blank: Path, out: Path, *, token: str | None = None) -> Flask:
    """The app for a blank form. `out`: the TOML file to write, in the same folder. Raises BadTemplate if opening fails.

    An existing template is opened for editing.
    """
    import cv2

    from inkling.forms.blank import open_blank
    from inkling.forms.template_parser import load_template

    picture = open_blank(blank)
    size = [picture.shape[1], picture.shape[0]]
    name = re.sub(r"\W+", "_", out.stem, flags=re.ASCII).strip("_")
    start: dict[str, Any] = {"name": name if name[:1].isalpha() else f"form_{name}", "about": "", "blank": blank.name,
                             "size": size, "region": [], "sum": []}  # fmt: skip
    if out.exists():
        start = load_template(out).to_data()
    app = Flask(__name__, static_folder=None)
    app.config.update(TOKEN=token or secrets.token_urlsafe(16), MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES)
    reader: list[Reader] = []  # loaded on first use

    @app.before_request
    def check() -> None:
        host = request.host.rpartition(":")[0] or request.host
        given = request.args.get("token") or request.headers.get("X-Token", "")
        is_asset = request.endpoint == "asset"  # assets are not secret
        if host not in HOSTS or not (is_asset or secrets.compare_digest(given, app.config["TOKEN"])):
            abort(403)

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(InklingError)
    def refuse(error: InklingError) -> tuple[Response, int]:
        return jsonify(ok=False, kind=error.kind, error=str(error)), error.status

    @app.get("/")
    def page() -> Response:
        return _file("editor.html")

    @app.get("/assets/<path:file>")
    def asset(file: str) -> Response:
        return _file(file) if file in ("editor.js", "editor.css") else abort(404)

    @app.get("/blank.png")
    def blank_png() -> Response:
        return Response(cv2.imencode(".png", picture)[1].tobytes(), mimetype="image/png")

    @app.get("/start")
    def begin() -> Response:
        from inkling.cli.form_editor.proposals import proposals

        return jsonify(ok=True, template=start, proposals=proposals(picture))

    @app.post("/try")
    def try_sample() -> Response:
        from inkling.documents import pages
        from inkling.forms.form import Form
        from inkling.pipeline.reader import Reader

        template = _template(request.form.get("template", ""), blank.parent)
        if "sample" not in request.files:
            raise BadRequest("no sample was sent; expected a filled-in sheet. Choose a picture or a PDF.")
        if not reader:
            reader.append(Reader())
        page = next(pages(request.files["sample"].read(), name="sample"))
        return jsonify(ok=True, **Form(template, reader[0]).read(page.image).to_json())

    @app.post("/save")
    def save() -> Response:
        text = _template(request.get_data(as_text=True), blank.parent).to_toml()
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise BadRequest(f"{out} cannot be written ({error.strerror}); expected a writable folder.") from error
        return jsonify(ok=True, path=str(out), toml=text)

    return app


def _file(name: str) -> Response:
    return Response((HERE / name).read_bytes(), mimetype=TYPES[Path(name).suffix])


def _template(text: str, folder: Path) -> Any:
    from inkling.forms.template_parser import parse_template

    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadTemplate("the template is not JSON; expected the one that the page sends. Reload the page.") from error
    return parse_template(data, folder)
