"""One `Reader` per model, loaded once per process and shared by its threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from inkling import bundle
from inkling.errors import InklingError, Overloaded, UnknownName
from inkling.quiet import quiet_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inkling.bundle import Bundle
    from inkling.road.reader import Reader
    from inkling.web.settings import Settings


class Readers:
    """The models that a server offers, by name, and the turns at reading.

    The default is `settings.model`, which may be a folder because its operator chose it; a request can only name
    that one and the packaged ones.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded: dict[str, Reader] = {}
        self._turns = threading.BoundedSemaphore(settings.max_reading)
        self._default: Bundle | None = None

    def bundles(self) -> dict[str, Bundle]:
        """What can be named in a request, the default first. Raises BadBundle when there is none."""
        default = self.default()
        return {default.name: default, **{n: b for n, b in bundle.packaged().items() if n != default.name}}

    def default(self) -> Bundle:
        """The bundle that reads when a request names none."""
        if self._default is None:
            self._default = bundle.find(self._settings.model or None)
        return self._default

    def get(self, name: str | None = None) -> Reader:
        """The reader of that name, loaded on first use. Raises UnknownName, and BadBundle for a damaged one."""
        name = name or self.default().name
        reader = self._loaded.get(name)
        if reader is not None:
            return reader
        with self._loading:
            if name not in self._loaded:
                from inkling.road.reader import Reader

                choices = self.bundles()
                if name not in choices:
                    raise UnknownName("model", name, choices)
                with quiet_stderr():
                    self._loaded[name] = Reader(choices[name].path)
            return self._loaded[name]

    def warm(self) -> bool:
        """Loads the default reader and reads one blank tile's worth, so that the first person does not wait."""
        try:
            import numpy as np

            image = np.full((64, 64), 255, np.uint8)
            image[12:52, 29:35] = 0
            self.get().read(image)
        except InklingError:
            return False  # /readyz and every reading say why
        return True

    def ready(self) -> bool:
        """Whether the default reader is loaded."""
        return self._default is not None and self._default.name in self._loaded

    def turn(self) -> Turn:
        """A turn at reading: `with readers.turn():`. Raises Overloaded after `max_wait_s`."""
        return Turn(self._turns, self._settings.max_wait_s)

    def __iter__(self) -> Iterator[str]:
        return iter(self.bundles())


class Turn:
    """Bounds how many pictures are in memory at once; a large one takes some hundred megabytes while it is read."""

    def __init__(self, turns: threading.BoundedSemaphore, max_wait_s: float) -> None:
        self._turns = turns
        self._max_wait_s = max_wait_s

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=self._max_wait_s):
            raise Overloaded(
                f"waited {self._max_wait_s} s for a turn; the service is reading as much as it takes on at once. "
                "Try again in a moment."
            )

    def __exit__(self, *_: Any) -> None:
        self._turns.release()
