"""The reference pages of the documentation site, generated from the code."""

from __future__ import annotations

import inspect
from typing import Any

import click

from scripts import make_tables

PYTHON = """# Python

```python
from inkling import Reader
```

Names are loaded on first use, so importing the package is fast.

{names}

## Errors

Every error that inkling raises is an `InklingError`. Its message is one sentence with the problem, the expected input
and the remedy.

::: inkling.errors
    options:
      show_root_heading: false
      show_root_toc_entry: false
      heading_level: 3
"""


FIRST = ("Reader", "Reading", "Digit", "Table", "TableCell")
# The public methods of classes whose other methods are internal to the package.
MEMBERS = {
    "Reader": ("__init__", "read", "read_many", "read_cells", "predict", "predict_proba"),
    "Bundle": ("name", "version", "manifest"),
}


def pages() -> dict[str, str]:
    """The Markdown of each page, by name."""
    return {
        "python": python(),
        "command-line": command_line(),
        "http": http(),
        "settings": settings(),
        "recipes": recipes(),
        "glossary": glossary(),
    }


def python() -> str:
    """The public names, which mkdocstrings documents from their docstrings."""
    import inkling

    homes = {name: inspect.getmodule(getattr(inkling, name)) for name in inkling.__all__ if name[0] != "_"}
    order = [*FIRST, *sorted(set(homes) - set(FIRST))]
    entries = [f"::: {home.__name__}.{name}{_members(name)}" for name in order if (home := homes[name]) is not None]
    return PYTHON.format(names="\n\n".join(entries))


def _members(name: str) -> str:
    if name not in MEMBERS:
        return ""
    return "\n    options:\n      members: [" + ", ".join(MEMBERS[name]) + "]"


def command_line() -> str:
    """Every command with its arguments and options."""
    from inkling.cli import group

    parts = ["# Command line", _paragraphs(group.help or "")]
    context = click.Context(group, info_name="inkling")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        parts += _command(command, click.Context(command, info_name=name, parent=context))
    return "\n\n".join(parts) + "\n"


def _command(command: click.Command, context: click.Context) -> list[str]:
    depth = context.command_path.count(" ") + 1
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * depth} {context.command_path}", f"```\n{usage}\n```", _paragraphs(command.help or "")]
    records = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    if records:
        rows = [f"| {_option(option)} | {_cell(text)} |" for option, text in records]
        parts.append("\n".join(["| option | does |", "| --- | --- |", *rows]))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            parts += _command(below, click.Context(below, info_name=name, parent=context))
    return parts


def _option(text: str) -> str:
    """An option such as "--length N|N-M" as code, escaped for a table cell."""
    return "`" + text.replace("|", "\\|") + "`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _paragraphs(text: str) -> str:
    """Click's help as Markdown: paragraphs marked with \\b keep their line breaks, as code."""
    parts = []
    for part in inspect.cleandoc(text).split("\n\n"):
        if part.startswith("\b"):
            title, *lines = part.split("\n")[1:]
            parts.append(f"{title}\n\n```\n" + inspect.cleandoc("\n".join(lines)) + "\n```")
        else:
            parts.append(part.replace("<", "&lt;"))
    return "\n\n".join(parts)


def http() -> str:
    """Every route, from the OpenAPI document."""
    from inkling.server.app import create_app
    from inkling.server.pages.docs import groups, openapi

    with create_app().app_context():
        spec = openapi()
    parts = [
        "# HTTP API",
        "`inkling serve` provides the API at `/api/v1`. Its documentation is at `/docs`, with a form to try a reading. "
        "Client generators can use `/openapi.json`.",
        'Every error is JSON: `{"ok": false, "kind": "ImageTooLarge", "error": "the problem; the expected input; the '
        'remedy"}`.',
    ]
    for group in groups(spec):
        parts += [f"## {group['name'].capitalize()}", group.get("description", "")]
        for operation in group["operations"]:
            parts += _operation(operation)
    return "\n\n".join(part for part in parts if part) + "\n"


def _operation(operation: dict[str, Any]) -> list[str]:
    parts = [f"### {operation['summary']}", f"`{operation['method']} {operation['path']}`"]
    parts.append(operation.get("description", ""))
    known = [each for each in operation["parameters"] if "name" in each]
    if known:
        rows = [f"| `{each['name']}` | {each['in']} | {_cell(each.get('description', ''))} |" for each in known]
        parts.append("\n".join(["| parameter | in | description |", "| --- | --- | --- |", *rows]))
    answers = [
        f"| {status} | {_cell(answer.get('description', ''))} |"
        for status, answer in sorted(operation["responses"].items())
        if status != "default" and "description" in answer
    ]
    if answers:
        parts.append("\n".join(["| answer | when |", "| --- | --- |", *answers]))
    return parts


def settings() -> str:
    """The settings of the service."""
    parts = ["# Settings of the service", "`inkling doctor --strict` checks them on a machine.", make_tables.settings()]
    return "\n\n".join(parts) + "\n"


def recipes() -> str:
    """The parameters of a recipe, and the packaged recipes."""
    from inkling.training.recipe import PACKAGED

    parts = [
        "# Recipes",
        "[How to train a network](../training.md) explains them.",
        "## Parameters",
        make_tables.parameters(),
    ]
    for path in sorted(PACKAGED.glob("*.toml")):
        parts += [f"## {path.stem}", f"```toml\n{path.read_text('utf-8').strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def glossary() -> str:
    """The terms that the pages explain, one sentence each."""
    from inkling.server.pages.lessons import glossary as terms

    entries = [f"**{each.term}** {{ #{each.slug} }}\n:   {each.means}" for each in terms().values()]
    return "\n\n".join(["# Glossary", *entries]) + "\n"
