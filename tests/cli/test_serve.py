"""`inkling serve` as a process: it starts quickly, says so, stops cleanly, and does not import TensorFlow."""

from __future__ import annotations

import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from inkling.cli.serve import url_of
from inkling.server.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(*options: str, port: int = 0, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on this port, or on a free one, and its address. `variables`: additional environment variables."""
    port = port or free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--port", str(port), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == f"inkling is ready at http://127.0.0.1:{port}\n"
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are not configured")
@pytest.mark.slow
def test_memory_of_large_images_returns_to_the_system() -> None:
    program = """
        import resource
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        from PIL import Image
        from inkling.cli.serve import bound_heaps
        from inkling.pipeline.decode import decode
        from tests.pictures import encoded

        def resident_mb():
            return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

        bound_heaps()
        contents = [encoded(Image.new(mode, (5000, 5000)), compress_level=1) for mode in ("RGBA", "P", "RGB", "L")]
        before = resident_mb()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(decode, contents * 4))
        print(resident_mb() - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True, timeout=60
    )
    assert float(done.stdout) < 80


def test_serves_reads_and_stops(seven: bytes) -> None:
    with serving("--workers", "2") as (process, address):
        request = urllib.request.Request(f"{address}/api/v1/read", seven, {"Content-Type": "image/png"})
        with urllib.request.urlopen(request, timeout=20) as response:
            assert json.load(response)["text"] == "7"
        for size in (15_000_000, 50_000_000):  # the error arrives although the body was rejected
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{address}/api/v1/read?mode=x", bytes(size), timeout=20)
            assert json.load(refused.value)["ok"] is False
            refused.value.close()
        taken = subprocess.run(
            [sys.executable, "-m", "inkling", "serve", "--port", address.rsplit(":", 1)[1]],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert taken.returncode == 1
        assert taken.stderr.startswith("inkling: cannot listen on 127.0.0.1 port ")
        assert taken.stderr.count("\n") == 1
    assert process.returncode == 0


@pytest.mark.slow
def test_a_misspelt_variable_is_reported_and_stops_nothing() -> None:
    with serving(INKLING_WORKRES="3") as (process, _):
        assert process.stderr is not None
        assert "did you mean INKLING_WORKERS?" in process.stderr.readline()


FRESH = """
import sys
from inkling.cli import serve
heavy = {"numpy", "cv2", "flask", "PIL", "ai_edge_litert"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from inkling.server.app import create_app
client = create_app().test_client()
answer = client.post("/api/v1/read", data=sys.stdin.buffer.read(), content_type="image/png").json
assert answer["text"] == "7", answer
banned = {"tensorflow", "keras", "pandas", "matplotlib", "seaborn", "sklearn", "inkling.training"}
learned = {name for name in sys.modules if name in banned or name.startswith("inkling.training.")}
assert not learned, learned
"""


def test_a_fresh_process_reads_without_tensorflow_and_supervises_without_numpy(seven: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], input=seven, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("example.org", "http://example.org:8000"),
    ],
)
def test_the_address_that_is_announced_can_be_opened(host: str, url: str) -> None:
    assert url_of(Settings(host=host)) == url


@pytest.mark.slow
def test_an_unwanted_body_does_not_end_the_connection(seven: bytes) -> None:
    with serving() as (_, address):
        line = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        for _ in range(100):
            line.request("OPTIONS", "/api/v1/read", bytes(400_000))
            line.getresponse().read()
            line.request("POST", "/api/v1/read", seven, {"Content-Type": "image/png"})
            assert line.getresponse().read().startswith(b'{"ok":true')
        line.close()
