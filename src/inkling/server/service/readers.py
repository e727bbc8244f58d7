"""One `Reader` per model, loaded once per process and shared by its threads."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from inkling.errors import BadBundle, InklingError, Overloaded, UnknownName
from inkling.lab_protocol.lab_folder import find_lab_folder
from inkling.models import registry
from inkling.server.lab.kept_models import Kept
from inkling.server.service.fair_semaphore import Turns
from inkling.server.service.watchdog import Watchdog

if TYPE_CHECKING:
    from inkling.models.bundle import Bundle
    from inkling.pipeline.reader import Reader
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.settings import Settings


class Readers:
    """The models that a server offers, by name, and the turns at reading.

    The default is `settings.model`, which may be a folder because its operator chose it; a request can only name
    that one, the packaged ones and those that were kept in the lab, which come and go.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._reading = Counting(metrics, Watchdog(settings.watchdog_s))
        self._kept = Kept(find_lab_folder(settings.lab_folder).models) if settings.lab else None
        self._loading = threading.Lock()
        self._loaded: dict[str, Reader] = {}
        self._turns = Turns(settings.turns)
        self._default: Bundle | None = None
        self._bundles: dict[str, Bundle] = {}
        self._failure: InklingError | None = None

    def bundles(self) -> dict[str, Bundle]:
        """What can be named in a request, the default first. Raises BadBundle when there is none."""
        if not self._bundles:
            default = self.default()
            self._bundles = {
                default.name: default,
                **{n: b for n, b in registry.packaged().items() if n != default.name},
            }
        mine = {name: b for name, b in self.kept().items() if name not in self._bundles}
        return {**self._bundles, **mine}

    def kept(self) -> dict[str, Bundle]:
        """What was kept in the lab and may be named now; {} without a lab."""
        return self._kept.bundles() if self._kept else {}

    def default(self) -> Bundle:
        """The bundle that reads when a request names none."""
        if self._default is None:
            self._default = registry.find(self._settings.model or None)
        return self._default

    def get(self, name: str | None = None) -> Reader:
        """The reader of that name, loaded on first use. Raises UnknownName, and BadBundle for a damaged one."""
        name = name or self.default().name
        mine = {} if name in self._bundles else self.kept()
        # By version too: when a model is deleted, its name may come back as another.
        key = f"{name} {mine[name].version}" if name in mine else name
        reader = self._loaded.get(key)
        if reader is not None:
            return reader
        with self._loading:
            if key not in self._loaded:
                from inkling.server.metrics.reading_metrics import WatchedReader

                choices = self.bundles()
                if name not in choices:
                    raise UnknownName("model", name, choices)
                current = {f"{n} {b.version}" for n, b in mine.items()}
                self._loaded = {k: r for k, r in self._loaded.items() if " " not in k or k in current}
                self._loaded[key] = WatchedReader(
                    choices[name].path, self._metrics, max_bytes=self._settings.max_upload_bytes
                )
                if name == self.default().name:
                    self._failure = None  # repaired since it was warmed
            return self._loaded[key]

    def warm(self) -> bool:
        """Loads the default reader and reads one stroke, so that the first person does not wait.

        Returns whether that worked; what went wrong is logged, and kept for `check`.
        """
        try:
            import numpy as np

            image = np.full((64, 64), 255, np.uint8)
            image[12:52, 29:35] = 0
            self.get().read(image)
        except InklingError as error:
            logging.getLogger(__name__).error("%s", error)
            self._failure = error
        except Exception as error:  # whatever it is, /readyz must not promise a model that never comes
            logging.getLogger(__name__).error("the default model failed", exc_info=error)
            self._failure = BadBundle(
                f"the model failed when it was loaded ({type(error).__name__}); expected it to read a picture. "
                "See the server's log, and start the service again."
            )
        self._metrics.slot.come_up()
        return self._failure is None

    def ready(self) -> bool:
        """Whether the default reader is loaded and has read."""
        return self._failure is None and self._default is not None and self._default.name in self._loaded

    def check(self) -> None:
        """Raises why the default reader is not ready: what went wrong, or Overloaded while it is being loaded."""
        if self.ready():
            return
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # raised at every request, its traceback would grow for ever
        self.default()  # raises when there is none: a better reason than waiting
        raise Overloaded("the model is still being loaded; expected it in a second. Try again then.")

    def turn(self) -> Turn:
        """A turn at reading: `with readers.turn():`. Raises Overloaded after `max_wait_s`."""
        return Turn(self._turns, self._settings.max_wait_s, self._reading)


class Counting:
    """The turns that are held at this moment, for the metrics and the watchdog."""

    def __init__(self, metrics: Metrics, watchdog: Watchdog) -> None:
        self._metrics = metrics
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._held = 0

    def began(self, turn: object) -> None:
        self._watchdog.began(turn)
        self._change(1)

    def ended(self, turn: object) -> None:
        self._watchdog.ended(turn)
        self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            self._held += by
            self._metrics.set("inkling_reading", self._held, self._metrics.worker)


class Turn:
    """Bounds how many pictures are in memory at once; a large one takes some hundred megabytes while it is read.

    `held_s` is how long the turn took once it had come: the time of reading without the time of waiting.
    """

    def __init__(self, turns: Turns, max_wait_s: float, counting: Counting) -> None:
        self._turns = turns
        self._max_wait_s = max_wait_s
        self._counting = counting
        self._start = 0.0
        self.held_s = 0.0

    def __enter__(self) -> Turn:
        if not self._turns.take(self._max_wait_s):
            raise Overloaded(
                f"waited {self._max_wait_s} s for a turn; the service is reading as much as it takes on at once. "
                "Try again in a moment."
            )
        self._counting.began(self)
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: Any) -> None:
        self.held_s = time.perf_counter() - self._start
        self._turns.give()
        self._counting.ended(self)
