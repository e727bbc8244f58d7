"""Hands on real servers with two workers: all use the newest version; a kill loses no confirmed correction."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from inkling.hands.store import Store
from tests.cli.test_serve import serving
from tests.pictures import encoded
from tests.server.routes.test_hands import odd_seven
from tests.server.test_workers import children, until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for the workers in /proc")]

WRITERS, EACH = 8, 12
JSON, PNG = {"Content-Type": "application/json"}, {"Content-Type": "image/png"}


def ask(address: str, method: str, path: str, body: bytes | None = None, headers: Any = ()) -> tuple[int, Any]:
    """Status and JSON, on a new connection."""
    line = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    try:
        line.request(method, path, body, dict(headers))
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def correction(png: bytes, label: str, said: str) -> bytes:
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    lesson = {"box": cv2.boundingRect(255 - image), "label": label, "said": said}
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return json.dumps({"image": url, "lessons": [lesson]}).encode()


class Log:
    """The workers that answered, from the server's log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[dict[str, Any]] = []
        threading.Thread(target=self._read, args=(process.stderr,), daemon=True).start()

    def _read(self, stderr: Any) -> None:
        for line in stderr:
            with contextlib.suppress(ValueError):
                self.lines.append(json.loads(line))

    def workers(self, route: str) -> set[int]:
        return {line["worker"] for line in self.lines if line.get("route") == route}


def test_every_worker_reads_with_the_version_that_was_chosen_last(tmp_path: Path) -> None:
    png, variables = odd_seven(), {"INKLING_STORE": f"sqlite:///{tmp_path}/hands.sqlite", "INKLING_LOG": "json"}
    with serving("--workers", "2", **variables) as (process, address), ThreadPoolExecutor(6) as pool:
        until(lambda: len(children(process.pid)) == 2)
        log = Log(process)
        assert ask(address, "POST", "/api/v1/hands/anna/lessons", correction(png, "7", "1"), JSON)[0] == 200
        status, taught = ask(address, "POST", "/api/v1/hands/anna/teach", b"{}", JSON)
        assert taught["version"]["promoted"], (status, taught)
        for turn in range(40):
            version = turn % 2
            use = json.dumps({"version": version}).encode()
            assert ask(address, "POST", "/api/v1/hands/anna/use", use, JSON)[0] == 200
            answers = pool.map(lambda _: ask(address, "POST", "/api/v1/read?hand=anna", png, PNG), range(6))
            found = {(answer["hand"]["version"], answer["text"]) for _, answer in answers}
            assert found == {(version, "17"[version])}
            if turn >= 6 and len(log.workers("/api/v1/read")) == len(log.workers("/api/v1/hands/<name>/use")) == 2:
                break
        assert len(log.workers("/api/v1/read")) == 2, "both workers answered"


def stroke(writer: int, n: int) -> bytes:
    """A different picture for each writer and `n`."""
    board = np.full((120, 120), 255, np.uint8)
    points = np.random.default_rng(1000 * writer + n).integers(15, 105, (4, 2))
    cv2.polylines(board, [points], isClosed=False, color=0, thickness=8)
    return encoded(Image.fromarray(board))


def test_eight_writers_and_killed_workers_lose_no_confirmed_correction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hands.sqlite"
    confirmed: list[dict[str, Any]] = []
    broken: list[int] = []

    def write(writer: int, address: str) -> None:
        for n in range(EACH):
            body = correction(stroke(writer, n), str(n % 10), str((n + 1) % 10))
            while True:  # retry until it is confirmed, like a page
                try:
                    status, answer = ask(address, "POST", "/api/v1/hands/anna/lessons", body, JSON)
                except (OSError, http.client.HTTPException):
                    broken.append(writer)
                    continue
                if status == 503:  # overloaded
                    continue
                assert status == 200, answer
                assert answer["stored"] + answer["known"] == 1
                confirmed.append(answer["lessons"][0])
                break

    with serving("--workers", "2", INKLING_STORE=url) as (process, address), ThreadPoolExecutor(WRITERS) as pool:
        until(lambda: len(children(process.pid)) == 2)
        writers = [pool.submit(write, writer, address) for writer in range(WRITERS)]
        for part in (1, 2, 3):
            until(lambda part=part: len(confirmed) >= part * WRITERS * EACH // 5, 100)  # type: ignore[misc]
            os.kill(children(process.pid)[0], signal.SIGKILL)
            until(lambda: len(children(process.pid)) == 2)
        for writer in writers:
            writer.result(100)
    with Store(url) as store:
        kept = store.lessons("anna")
    assert {(each.id, each.label) for each in kept} == {(each["id"], each["label"]) for each in confirmed}
    assert len(kept) == len({each.sha256 for each in kept}) == len(confirmed) == WRITERS * EACH
    assert len(broken) <= 3 * WRITERS, "only the worker's requests in progress"
