"""Messages mention only existing options."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click

import inkling
from inkling import cli

OF_PIP = {"--dest", "--no-deps", "--only-binary", "--quiet", "--disable-pip-version-check"}
OF_OTHER_PROGRAMS = OF_PIP | {"--factory", "--interface", "--sparse"}
OF_MODULES = {"--history", "--recipe"}  # of `python -m inkling.training.publish` and `package`
PREFIXES = {"--no"}  # of flags that turn an option off


def options_of(command: click.Command) -> set[str]:
    found = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            found |= options_of(member)
    return found | {"--help", "--version"}


def test_every_option_that_a_text_names_exists() -> None:
    known = options_of(cli.group) | OF_OTHER_PROGRAMS | OF_MODULES | PREFIXES
    named: dict[str, list[str]] = {}
    for path in Path(inkling.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", node.value):
                    named.setdefault(option, []).append(path.name)
    assert len(named) > 30, "the search finds nothing"
    assert {option: files for option, files in named.items() if option not in known} == {}
