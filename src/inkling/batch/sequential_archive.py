"""Sequential reading of archives without random access: members of a .tar.gz, rows of Parquet.

A worker keeps the archive open, because its next chunk usually follows the current one. It therefore usually
decompresses an archive only once.
"""

from __future__ import annotations

import gzip
from contextlib import ExitStack, closing
from typing import Any

from inkling.batch import storage
from inkling.batch.archives import DAMAGE
from inkling.batch.image_ref import ImageRef
from inkling.batch.parquet import PictureColumn
from inkling.errors import BadRequest, BrokenPicture, EmptyPicture, InklingError, NoPermission, NotFound
from inkling.pipeline.config.decoding import DECODE


class FrontToBack:
    """The archive that is being read. Must be closed."""

    def __init__(self) -> None:
        self._location = ""
        self._open: Any = None
        self._stack = ExitStack()

    def read(self, image: ImageRef) -> bytes | InklingError:
        """The bytes of an image, or the error that prevents reading it. Raises Unreachable."""
        try:
            if image.location != self._location:
                self.close()
                self._open_archive(image)
            if image.stored == "parquet":
                content = self._open.read(image.offset)
                return content or EmptyPicture(f"{image.source} has no bytes; expected a picture. Fill the cell.")
            self._open.seek(image.offset)  # seeks back only after a retry, which decompresses the file again
            return bytes(self._open.read(min(image.size_bytes, DECODE.max_bytes)))
        except (NotFound, NoPermission) as error:
            return error
        except BadRequest as error:
            self.close()
            return BrokenPicture(str(error))
        except DAMAGE as damage:
            self.close()
            return BrokenPicture(
                f"{image.source} cannot be decompressed ({damage}); expected a complete archive. Copy it again."
            )

    def close(self) -> None:
        self._location = ""
        self._stack.close()

    __del__ = close

    def _open_archive(self, image: ImageRef) -> None:
        if image.stored == "parquet":
            self._open = self._stack.enter_context(closing(PictureColumn(image.location)))
        else:
            stream = self._stack.enter_context(storage.open_stream(image.location))
            self._open = self._stack.enter_context(gzip.GzipFile(fileobj=stream))
        self._location = image.location
