"""Validate the files of an output folder when they are read back: JSON types, value ranges and file hashes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class FileHash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The size and hash that identify a file's content."""

    size_bytes: Count
    sha256: Sha256

    @classmethod
    def of(cls, content: bytes) -> FileHash:
        return cls(len(content), sha256(content).hexdigest())


def convert(content: bytes, kind: type[T]) -> T:
    """Decode JSON into a value of type `kind`. Raises ValueError, with a short message, for other content.

    Uses the standard library's decoder: msgspec rejects surrogates, which encode undecodable bytes of file names.
    """
    try:
        return msgspec.convert(json.loads(content), kind)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except msgspec.ValidationError as error:
        raise ValueError(_brief(error)) from error
    except ValueError as error:
        raise ValueError(f"it is not JSON: {_brief(error)}") from error


def _brief(error: Exception) -> Any:
    return str(error)[:160]
