"""Write the documentation's generated blocks: parameters of a recipe, settings, lines of code, coverage.

python -m scripts.make_tables
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.markdown import write_blocks
from inkling.cli.serve import FLAGS
from inkling.server.settings import declared, env_name
from inkling.training import parameter_table

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SERVER = ROOT / "src" / "inkling" / "server"


def blocks() -> dict[Path, dict[str, str]]:
    """The blocks of each page: name -> content."""
    return {
        DOCS / "training.md": {"parameters": parameters()},
        DOCS / "serving.md": {"settings": settings()},
        DOCS / "architecture.md": {"plumbing": plumbing()},
        ROOT / "CONTRIBUTING.md": {"coverage": coverage()},
    }


def parameters() -> str:
    """A table with a row for each parameter of a recipe, in the order of their declarations."""
    return _table(parameter_table.HEADINGS, ((f"`{name}`", *rest) for name, *rest in parameter_table.rows()))


def settings() -> str:
    """A table with a row for each setting of the server, in the order of their declarations."""
    rows = []
    for setting in declared():
        flag = f"`--{setting.name}`" if setting.name in FLAGS else ""
        default = {"": "", "False": "`off`"}.get(str(setting.default), f"`{setting.default}`")
        rows.append((f"`{env_name(setting.name)}`", flag, default, setting.metadata["help"]))
    return _table(("variable", "flag", "default", "what it does"), rows)


def plumbing() -> str:
    """A sentence with the lines of code of the HTTP infrastructure: the modules between gunicorn and the views."""
    files = [*(SERVER / "middleware").glob("[a-z]*.py"), SERVER / "wsgi_server.py"]
    counted = {path.stem: code_lines(path.read_text("utf-8")) for path in sorted(files)}
    each = ", ".join(f"`{name}` {n}" for name, n in sorted(counted.items(), key=lambda entry: -entry[1]))
    return f"inkling's HTTP infrastructure has {sum(counted.values())} lines of code: {each}."


def coverage() -> str:
    """A sentence with the coverage of each package, the lowest first."""
    percent = json.loads((DOCS / "coverage.json").read_text("utf-8"))["percent"]
    each = ", ".join(
        f"`{name}` {value:g} %" for name, value in sorted(percent.items(), key=lambda entry: entry[1]) if name != "all"
    )
    return (
        f"The fast tests execute {percent['all']:g} % of the statements outside `training` and `batch`, "
        f"which have their own tiers: {each}."
    )


def code_lines(source: str) -> int:
    """The number of lines of code in a module, without comments and docstrings.

    >>> code_lines("'''About.'''\\n\\n# why\\nx = 1  # one\\n")
    1
    """
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and n not in docstrings for n, line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    for path, each in blocks().items():
        write_blocks(path, each)
