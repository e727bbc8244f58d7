"""Write the table of settings in docs/serving.md from their declarations in src/inkling/server/settings.py.

.venv/bin/python scripts/make_settings.py
"""

from __future__ import annotations

from pathlib import Path

from inkling.cli.serve import FLAGS
from inkling.server.settings import declared, env_name

PAGE = Path(__file__).parents[1] / "docs" / "serving.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def table() -> str:
    """A row for each setting, in order."""
    rows = ["| variable | flag | default | what it does |", "| --- | --- | --- | --- |"]
    for setting in declared():
        flag = f"`--{setting.name}`" if setting.name in FLAGS else ""
        default = {"": "", "False": "`off`"}.get(str(setting.default), f"`{setting.default}`")
        rows.append(f"| `{env_name(setting.name)}` | {flag} | {default} | {setting.metadata['help']} |")
    return "\n".join(rows)


def with_table(page: str) -> str:
    """The page with its table replaced."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
