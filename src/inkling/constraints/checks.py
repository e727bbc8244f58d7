"""Checksums by name, from python-stdnum (https://arthurdejong.org/python-stdnum/), which implements about 300."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from inkling.errors import UnknownName

COMMON_CHECKS = ("luhn", "verhoeff", "damm", "ean", "isbn", "imei", "mod_11_10", "mod_97_10")


@dataclass(frozen=True)
class Check:
    """A checksum."""

    name: str
    passes: Callable[[str], bool]  # digits only -> whether the check digit is right


def find_check(name: str) -> Check:
    """`luhn`, `verhoeff`, `damm`, `ean`, `isbn`, `iso7064.mod_97_10` (or `mod_97_10`), `nl.bsn`, ... -> Check.

    Accepts any module of python-stdnum with `is_valid`. Raises UnknownName, which lists common and similar names.

    >>> find_check("luhn").passes("79927398713")
    True
    """
    wanted = re.sub(r"[\s/:-]+", "_", name.strip().lower())
    for path in (wanted, f"iso7064.{wanted}", wanted.replace("iso7064_", "iso7064.")):
        if passes := _is_valid_function(path):
            return Check(wanted, passes)
    raise UnknownName("checksum", name, {*COMMON_CHECKS, *difflib.get_close_matches(wanted, _names(), n=3)})


@cache
def _names() -> tuple[str, ...]:
    """The common names, and the names of all modules. Listing them is slow."""
    import stdnum

    modules = pkgutil.walk_packages(stdnum.__path__, "stdnum.")
    return (*COMMON_CHECKS, *(module.name.removeprefix("stdnum.") for module in modules))


def _is_valid_function(path: str) -> Callable[[str], bool] | None:
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", path):
        return None
    try:
        return getattr(importlib.import_module(f"stdnum.{path}"), "is_valid", None)
    except ImportError:
        return None
