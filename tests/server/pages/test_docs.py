"""`/docs` shows the whole OpenAPI document, with links to each part and rendered Markdown."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from inkling.server.pages.docs import inline_markdown, markdown


@pytest.fixture
def page(client: FlaskClient) -> str:
    return client.get("/docs").text


def test_shows_every_operation_field_and_parameter(client: FlaskClient, page: str) -> None:
    spec = client.get("/openapi.json").json
    for path, methods in spec["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in (each for name, each in methods.items() if name != "parameters"):
            assert f'id="op-{operation["operationId"]}"' in page
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in page
    for name, schema in spec["components"]["schemas"].items():
        assert f'id="schema-{name}"' in page
        for field in schema.get("properties", {}):
            assert f"<code>{field}</code>" in page


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert {"try", "examples", "clients", "group-reading", "op-read", "schemas", "schema-ReadRequest"} <= links
    assert links <= set(ids)


def test_no_markdown_is_left(page: str) -> None:
    text = re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "`" not in text


def test_the_form_has_every_parameter_of_a_reading(client: FlaskClient, page: str) -> None:
    form = re.search(r"<form.*?</form>", page, re.DOTALL)
    assert form is not None
    for parameter in client.get("/openapi.json").json["paths"]["/api/v1/read"]["post"]["parameters"]:
        assert f'name="{parameter["name"]}"' in form[0]


def test_markdown_is_escaped() -> None:
    hostile = "<script>x</script> [a](javascript:x) `<b>`"
    for render in (markdown, inline_markdown):
        html = render(hostile)
        assert "<script" not in html
        assert "href" not in html
        assert "<code>&lt;b&gt;</code>" in html


def test_each_client_sees_the_host_that_it_asked(client: FlaskClient) -> None:
    for host in ("one.example", "two.example:8000", "one.example"):
        page = client.get("/docs", headers={"Host": host}).text
        assert set(re.findall(r"curl (http://[^/ ]+)/api", page)) == {f"http://{host}"}
        assert "host.invalid" not in page


def test_the_page_is_rendered_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/docs")
    monkeypatch.setattr("inkling.server.pages.docs.render_template", lambda *_, **__: "again")
    assert client.get("/docs").data == first.data
