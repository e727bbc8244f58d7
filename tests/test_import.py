"""Importing the package is cheap: each public name is loaded when it is first used."""

import subprocess
import sys


def test_importing_loads_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import inkling; "
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "foreign = roots - sys.stdlib_module_names - {'inkling'}; sys.exit(repr(foreign) if foreign else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_reading_loads_no_database() -> None:
    code = (
        "import sys; from inkling import Reader; Reader(); "
        "found = {'sqlalchemy', 'alembic', 'inkling.hands'} & set(sys.modules); sys.exit(repr(found) if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
