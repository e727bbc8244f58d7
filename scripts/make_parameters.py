"""Write the table of a recipe's parameters in docs/training.md from their declarations.

.venv/bin/python scripts/make_parameters.py
"""

from __future__ import annotations

from pathlib import Path

from inkling.training import parameter_table

PAGE = Path(__file__).parents[1] / "docs" / "training.md"
BEGIN, END = "<!-- parameters -->", "<!-- /parameters -->"


def table() -> str:
    """A row for each parameter, in order."""
    lines = [parameter_table.HEADINGS, ("---",) * len(parameter_table.HEADINGS)]
    lines += [(f"`{name}`", *rest) for name, *rest in parameter_table.rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def with_table(page: str) -> str:
    """The page with its table replaced."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
