"""The server stops during a stroke and restarts: the page reports it and continues; no drawing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP_WH, WITHOUT_ENGINE, context_of, opened
from tests.browser.test_board import paths
from tests.cli.test_serve import free_port

pytestmark = pytest.mark.browser


def serve(port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "inkling", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert "ready" in process.stdout.readline()
    return process


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)


def test_the_server_is_killed_in_mid_stroke_and_started_again(chromium: Browser) -> None:
    port = free_port()
    first = serve(port)
    context = context_of(chromium, DESKTOP_WH)
    context.add_init_script(WITHOUT_ENGINE)  # the server reads the drawing
    page, faults = opened(context, f"http://127.0.0.1:{port}")
    ((x0, y0), *rest) = paths(page, 7)[0]
    page.mouse.move(x0, y0)
    page.mouse.down()
    with page.expect_response("**/api/v1/read*"):
        for x, y in rest[: len(rest) // 2]:
            page.mouse.move(x, y)
    stop(first)
    for x, y in rest[len(rest) // 2 :]:
        page.mouse.move(x, y)
    page.mouse.up()
    expect(page.locator("#offline")).to_contain_text("Your drawing is safe")
    second = serve(port)
    try:
        expect(page.locator("#answer")).to_have_text("7", timeout=15_000)
        expect(page.locator("#offline")).to_be_hidden()
    finally:
        context.close()
        stop(second)
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []
