"""Settings: declared once, flag > environment > default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inkling.errors import BadRequest
from inkling.server.settings import OTHERS, Settings, declared, env_name, load, misspelt

ROOT = Path(__file__).parents[2]


def test_precedence() -> None:
    assert load({}, {}) == Settings()
    assert load({}, {"INKLING_PORT": "9"}).port == 9
    assert load({"port": 10}, {"INKLING_PORT": "9"}).port == 10
    assert load({"port": None}, {"INKLING_PORT": "9"}).port == 9


@pytest.mark.parametrize("setting", declared(), ids=lambda setting: setting.name)
def test_every_setting_has_help_and_an_environment_variable(setting: object) -> None:
    name, help_text = setting.name, setting.metadata["help"]  # type: ignore[attr-defined]
    assert help_text.endswith(".")
    given, expected = ("yes", True) if isinstance(setting.default, bool) else ("7", (7, "7"))  # type: ignore[attr-defined]
    if setting.metadata["choices"]:  # type: ignore[attr-defined]
        given = expected = setting.metadata["choices"][-1]  # type: ignore[attr-defined]
    assert getattr(load({}, {env_name(name): given}), name) in (
        expected if isinstance(expected, tuple) else (expected,)
    )


@pytest.mark.parametrize(
    ("given", "value"), [("1", True), ("True", True), ("on", True), ("0", False), ("FALSE", False)]
)
def test_a_boolean_setting(given: str, value: bool) -> None:
    assert load({}, {"INKLING_LAB": given}).lab is value
    assert load({"lab": not value}, {"INKLING_LAB": given}).lab is not value
    assert load({}, {}).lab is False, "access must be allowed explicitly"


@pytest.mark.parametrize(
    ("name", "value"),
    [("LAB", "perhaps"), ("LAB", ""), ("PORT", "x"), ("PORT", "0"), ("PORT", "70000"), ("WORKERS", "-1")],
)
def test_a_wrong_value_is_an_error_that_names_it(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"{name.lower()} is '{value}'.*INKLING_{name}"):
        load({}, {f"INKLING_{name}": value})


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("INKLING_WORKRES", "INKLING_WORKRES is not a setting and has no effect; did you mean INKLING_WORKERS?"),
        ("INKLING_APIKEY", "INKLING_APIKEY is not a setting and has no effect; did you mean INKLING_API_KEY?"),
        ("INKLING_QQ", "INKLING_QQ is not a setting and has no effect; `inkling doctor` lists all settings."),
    ],
)
def test_a_misspelt_variable_is_reported_without_its_value(variable: str, said: str) -> None:
    assert misspelt({variable: "secret", "INKLING_PORT": "9", "WORKERS": "3"}) == [said]


def test_other_variables_of_the_project_are_not_reported() -> None:
    folders = (ROOT / name for name in ("src", "deploy"))
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".md", ".yaml")]
    named = {name for path in files for name in re.findall(r"\bINKLING_[A-Z]+(?:_[A-Z]+)*", path.read_text("utf-8"))}
    assert named - {env_name(setting.name) for setting in declared()} == set(OTHERS)
    assert misspelt(dict.fromkeys(named, "")) == []


def test_the_page_has_every_setting() -> None:
    page = (ROOT / "docs" / "serving.md").read_text("utf-8")
    assert all(f"| `{env_name(setting.name)}` |" in page for setting in declared())
