"""Count the lines of our own HTTP plumbing, without comments, docstrings and blank ones, into docs/architecture.md.

.venv/bin/python scripts/count_plumbing.py
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "src" / "inkling" / "server"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- plumbing -->", "<!-- /plumbing -->"


def files() -> list[Path]:
    """What stands between gunicorn and the views."""
    return [*sorted((SERVER / "middleware").glob("[a-z]*.py")), SERVER / "wsgi_server.py"]


def code_lines(source: str) -> int:
    """Lines of a module that hold code.

    >>> code_lines("'''About.'''\\n\\n# why\\nx = 1  # one\\n")
    1
    """
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, documented) and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and n not in docstrings for n, line in lines)


def sentence() -> str:
    """What the page says."""
    counted = {path.stem: code_lines(path.read_text("utf-8")) for path in files()}
    each = ", ".join(f"`{name}` {n}" for name, n in sorted(counted.items(), key=lambda entry: -entry[1]))
    return f"What is left of our own HTTP plumbing is {sum(counted.values())} lines of code: {each}."


def with_sentence(page: str) -> str:
    """The page with its sentence replaced."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{sentence()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_sentence(PAGE.read_text("utf-8")), "utf-8")
    print(sentence())
