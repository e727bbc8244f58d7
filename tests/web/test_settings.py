"""Settings: declared once, flag > environment > default."""

from __future__ import annotations

import pytest

from inkling.errors import BadRequest
from inkling.web.settings import Settings, declared, env_name, load


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
def test_a_switch(given: str, value: bool) -> None:
    assert load({}, {"INKLING_LAB": given}).lab is value
    assert load({"lab": not value}, {"INKLING_LAB": given}).lab is not value
    assert load({}, {}).lab is False, "people are not let in unasked"


@pytest.mark.parametrize(
    ("name", "value"),
    [("LAB", "perhaps"), ("LAB", ""), ("PORT", "x"), ("PORT", "0"), ("PORT", "70000"), ("WORKERS", "-1")],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"{name.lower()} is '{value}'.*INKLING_{name}"):
        load({}, {f"INKLING_{name}": value})
