"""The examples in /docs and in the README run unchanged with real servers, one of which requires a key."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.client.conftest import KEY

README = Path(__file__).parents[2] / "README.md"
NODE = shutil.which("node")
DRIVER = 'read(await (await import("node:fs/promises")).readFile("photo.png")).then(console.log)'


def examples(url: str) -> dict[str, str]:
    """The examples on the server's page by name, with the key filled in."""
    with urllib.request.urlopen(f"{url}/docs", timeout=20) as response:
        page = response.read().decode()
    assert KEY not in page
    return {
        name: with_key(html.unescape(code))
        for name, code in re.findall(r'<code id="example-(\w+)">(.*?)</code>', page, re.S)
    }


def with_key(code: str) -> str:
    """Fill in the key, as a user would."""
    return re.sub(r"\bKEY\b", KEY, code)


@pytest.fixture(params=["service", "closed_service"])
def url(request: pytest.FixtureRequest) -> str:
    """Each service in turn."""
    found: str = request.getfixturevalue(request.param)
    return found


def ran(*command: str, given: str | None = None) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.slow
def test_every_example_of_the_page_runs(url: str) -> None:
    found = examples(url)
    assert set(found) == {"curl", "several", "client", "urllib", "javascript"}
    for name in ("curl", "several"):
        answer = ran("bash", "-e", "-c", found[name])
        assert answer.count('"text":"7"') == {"curl": 1, "several": 2}[name], answer
    assert re.fullmatch(r"7 0\.9\d+ read\n", ran(sys.executable, "-c", found["client"]))
    assert ran(sys.executable, "-I", "-c", found["urllib"]) == "7\n"


@pytest.mark.skipif(NODE is None, reason="Node is not installed; the same example is run in Chromium")
@pytest.mark.usefixtures("folder")
@pytest.mark.slow
def test_the_javascript_runs_in_node(url: str) -> None:
    assert NODE is not None
    script = f"{examples(url)['javascript']}\n{DRIVER}\n"
    assert ran(NODE, "--input-type=module", "-", given=script) == "7\n"


@pytest.mark.usefixtures("folder")
def test_the_examples_of_the_readme_run(service: str, seven: bytes) -> None:
    curl, client = readme(service, seven)
    assert '"text":"7"' in ran("bash", "-e", "-c", curl)
    assert ran(sys.executable, "-c", f"{client}\nprint(answer.text)") == "7\n"


@pytest.mark.usefixtures("folder")
def test_the_readme_says_how_to_send_a_key(closed_service: str, seven: bytes) -> None:
    curl, client = readme(closed_service, seven)
    assert '"kind":"BadKey"' in ran("bash", "-e", "-c", curl)
    text = with_key(README.read_text())
    (header,) = re.findall(r"`(-H 'X-API-Key: .*?')`", text)
    (argument,) = re.findall(r"`(api_key=.*?)`", text)
    assert '"text":"7"' in ran("bash", "-e", "-c", f"{curl} {header}")
    client = client.replace(f'Client("{closed_service}"', f'Client("{closed_service}", {argument}')
    assert ran(sys.executable, "-c", f"{client}\nprint(answer.text)") == "7\n"


def readme(url: str, seven: bytes) -> tuple[str, str]:
    """The README's curl and Python examples, for this service."""
    Path("photo.jpg").write_bytes(seven)
    text = README.read_text().replace("http://127.0.0.1:8000", url)
    (curl,) = re.findall(r"^curl .*$", text, re.M)
    (client,) = re.findall(r"```python\n(from inkling\.client.*?)```", text, re.S)
    return curl, client
