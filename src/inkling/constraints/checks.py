"""Check digits by name, from python-stdnum (https://arthurdejong.org/python-stdnum/), which knows some 300 of them."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from inkling.errors import UnknownName

USUAL = ("luhn", "verhoeff", "damm", "ean", "isbn", "imei", "mod_11_10", "mod_97_10")


@dataclass(frozen=True)
class Check:
    """A checksum: which texts of digits pass it."""

    name: str
    passes: Callable[[str], bool]  # digits only -> whether the check digit is right


def find_check(name: str) -> Check:
    """`luhn`, `verhoeff`, `damm`, `ean`, `isbn`, `iso7064.mod_97_10` (or `mod_97_10`), `nl.bsn`, ... -> Check.

    Any module of python-stdnum with `is_valid` will do. Raises UnknownName, which names the usual and the nearest.

    >>> find_check("luhn").passes("79927398713")
    True
    """
    wanted = re.sub(r"[\s/:-]+", "_", name.strip().lower())
    for path in (wanted, f"iso7064.{wanted}", wanted.replace("iso7064_", "iso7064.")):
        passes = _is_valid(path)
        if passes:
            return Check(wanted, passes)
    near = difflib.get_close_matches(wanted, [*USUAL, *_every_name()], n=3)
    raise UnknownName("checksum", name, {*USUAL, *near})


def _is_valid(path: str) -> Callable[[str], bool] | None:
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", path):
        return None
    try:
        module = importlib.import_module(f"stdnum.{path}")
    except ImportError:
        return None
    found: Callable[[str], bool] | None = getattr(module, "is_valid", None)
    return found


def _every_name() -> list[str]:
    import pkgutil

    import stdnum

    return [module.name.removeprefix("stdnum.") for module in pkgutil.walk_packages(stdnum.__path__, "stdnum.")]
