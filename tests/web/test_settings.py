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
    assert getattr(load({}, {env_name(name): "7"}), name) in (7, "7")


@pytest.mark.parametrize(("name", "value"), [("PORT", "x"), ("PORT", "0"), ("PORT", "70000"), ("WORKERS", "-1")])
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"{name.lower()} is '{value}'.*INKLING_{name}"):
        load({}, {f"INKLING_{name}": value})
