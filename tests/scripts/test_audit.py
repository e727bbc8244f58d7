"""scripts/audit.py with the real pip-audit, against small servers that imitate OSV."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scripts import audit
from tests.cli.test_serve import free_port

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
FLAW = {
    "id": "GHSA-made-up",
    "aliases": ["CVE-0000-1"],
    "summary": "It is made up.",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@contextmanager
def osv(status: int = 200, **flaws: object) -> Iterator[tuple[str, list[str]]]:
    """Run a server that reports these vulnerabilities by package; yields its address and the list of its queries."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = query["package"]["name"]
            asked.append(f"{name}=={query['version']}")
            content = json.dumps({"vulns": [flaws[name]]} if name in flaws else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_the_base_is_what_is_installed_and_no_more() -> None:
    pins = dict(pin.split("==") for pin in audit.installed_pins())
    assert {"flask", "werkzeug", "numpy", "pillow", "gunicorn"} <= set(pins), "direct and transitive dependencies"
    assert not {"inkling-digits", "pytest", "tensorflow", "ray", "pip-audit"} & set(pins)
    assert pins["flask"] == version("flask")
    assert pins.keys() <= {canonicalize_name(line.split("==")[0]) for line in CONSTRAINTS.read_text().split()}


@pytest.mark.slow
def test_all_are_asked_about_and_none_is_weak(capsys: pytest.CaptureFixture[str]) -> None:
    with osv() as (url, asked):
        assert audit.main("--osv-url", url) == 0
    assert sorted(asked) == sorted(audit.installed_pins())
    assert capsys.readouterr().out == f"{len(asked)} packages audited; known vulnerabilities: 0\n"


@pytest.mark.slow
def test_what_is_found_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with osv(flask=FLAW) as (url, _):
        assert audit.main("--osv-url", url) == 1
    said = f"flask {version('flask')}: CVE-0000-1, GHSA-made-up; fixed in 99.0\n"
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.slow
def test_what_cannot_be_reached_is_told_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with osv(403) as (forbidden, _):
        for url in (forbidden, f"http://127.0.0.1:{free_port()}"):
            assert audit.main("--osv-url", url) == 0
            said = capsys.readouterr().out
            assert said.startswith("not audited: ")
            assert said.count("\n") == 1


@pytest.mark.slow
def test_a_pip_audit_that_fails_is_no_success() -> None:
    with pytest.raises(RuntimeError, match="no-such-option"):
        audit.audit(["flask==1.0"], "--no-such-option")
