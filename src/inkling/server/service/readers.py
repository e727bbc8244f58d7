"""One `Reader` per model, loaded once per process and shared by its threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from inkling.errors import BadBundle, InklingError, Overloaded, UnknownName
from inkling.lab_protocol.lab_folder import find_lab_folder
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.deadline import deadline
from inkling.server.metrics.definitions import Metrics
from inkling.server.request_context import current_client
from inkling.server.service.fair_queue import FairQueue, Turn
from inkling.server.service.kept_models import KeptModels
from inkling.server.settings import Settings

if TYPE_CHECKING:
    from inkling.documents import DocumentLimits
    from inkling.pipeline.reader import Reader


class Readers:
    """The models that a server offers, by name, and the limit on concurrent readings.

    The default is `settings.model`, which may be a folder because the operator chose it. A request can only name that
    one, the packaged ones and those that were kept in the lab, which come and go.
    """

    def __init__(self, settings: Settings, metrics: Metrics, left_out: Sequence[str] = ()) -> None:
        self._settings = settings
        self._left_out = left_out
        self._metrics = metrics
        self._kept = KeptModels(find_lab_folder(settings.lab_folder).models) if settings.lab else None
        self._loading = threading.Lock()
        self._loaded: dict[str, Reader] = {}
        self._default: Bundle | None = None
        self._bundles: dict[str, Bundle] = {}
        self._failure: InklingError | None = None
        self.queue = FairQueue(settings.max_concurrent_readings, settings.max_waiting)
        self._documents = threading.BoundedSemaphore(settings.max_concurrent_readings)

    def bundles(self) -> dict[str, Bundle]:
        """What a request can name, the default first. Raises BadBundle when there is no usable default."""
        if not self._bundles:
            default = self.default()
            left_out = (default.name, *self._left_out)
            packaged = {name: bundle for name, bundle in registry.packaged().items() if name not in left_out}
            self._bundles = {default.name: default, **packaged}
        kept = {name: bundle for name, bundle in self.kept().items() if name not in self._bundles}
        return {**self._bundles, **kept}

    def kept(self) -> dict[str, Bundle]:
        """The models that were kept in the lab; {} without a lab."""
        return self._kept.bundles() if self._kept else {}

    def default(self) -> Bundle:
        """The bundle of requests that name none."""
        if self._default is None:
            self._default = _apart_from_packaged(registry.find(self._settings.model or None))
        return self._default

    def get(self, name: str | None = None) -> Reader:
        """The reader of that name, loaded on first use. Raises UnknownName, and BadBundle for a damaged one."""
        name = name or self.default().name
        kept = {} if name in self._bundles else self.kept()
        # A kept model's key has its version: the name of a deleted model may come back as another.
        key = f"{name} {kept[name].version}" if name in kept else name
        reader = self._loaded.get(key)
        if reader is not None:
            return reader
        with self._loading:
            if key not in self._loaded:
                from inkling.server.metrics.reading_metrics import InstrumentedReader

                choices = self.bundles()
                if name not in choices:
                    raise UnknownName("model", name, choices)
                current = {f"{name} {bundle.version}" for name, bundle in kept.items()}
                self._loaded = {k: reader for k, reader in self._loaded.items() if " " not in k or k in current}
                path, max_bytes = choices[name].path, self._settings.max_upload_bytes
                self._loaded[key] = InstrumentedReader(path, self._metrics, name=name, max_bytes=max_bytes)
                if name == self.default().name:
                    self._failure = None  # repaired since `warm`
            return self._loaded[key]

    def several(self, most: int) -> list[Reader]:
        """The readers of the first `most` models, the default first; a kept model that does not load is left out."""
        found: list[Reader] = []
        for name in self.bundles():
            if len(found) == most:
                break
            try:
                found.append(self.get(name))
            except BadBundle as error:
                if name not in self.kept():
                    raise
                logging.getLogger(__name__).warning("%s", error)
        return found

    def warm(self) -> bool:
        """Load the default reader and read one stroke, so that the first request does not wait.

        Returns whether that worked. What went wrong is logged, and kept for `check`.
        """
        try:
            import numpy as np

            image = np.full((64, 64), 255, np.uint8)
            image[12:52, 29:35] = 0
            self.get().read(image)
        except InklingError as error:
            logging.getLogger(__name__).error("%s", error)
            self._failure = error
        except Exception as error:  # the thread's outermost edge: /readyz must not promise a model that never comes
            logging.getLogger(__name__).error("the default model failed", exc_info=error)
            self._failure = BadBundle(
                f"the model failed when it was loaded ({type(error).__name__}); expected it to read a picture. "
                "See the server's log, and start the service again."
            )
        return self._failure is None

    def ready(self) -> bool:
        """Whether the default reader is loaded and has read."""
        return self._failure is None and self._default is not None and self._default.name in self._loaded

    def check(self) -> None:
        """Raises why the default reader is not ready: what went wrong, or Overloaded while it is being loaded."""
        if self.ready():
            return
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # each raise would make its traceback longer
        self.default()  # raises when there is none: a better reason than waiting
        raise Overloaded("the model is still being loaded; expected it in a second. Try again then.")

    @contextmanager
    def document(self) -> Iterator[DocumentLimits]:
        """Wait for a place for a document, which is open as long as its pages are read. Raises Overloaded.

        It bounds the processes that draw. They draw without a permit, so that no document holds a turn to read.
        """
        from inkling.documents import DOCUMENT_LIMITS

        settings = self._settings
        if not self._documents.acquire(timeout=settings.max_wait_s):
            raise Overloaded(
                f"waited {settings.max_wait_s:g} s; the service opens as many documents as it can at once. Try again "
                "in a moment."
            )
        try:
            page_s = settings.deadline_s or DOCUMENT_LIMITS.page_s
            yield replace(DOCUMENT_LIMITS, max_pages=settings.max_pictures, page_s=page_s)
        finally:
            self._documents.release()

    @contextmanager
    def permit(self) -> Iterator[Turn]:
        """Wait for a turn to read: `with readers.permit() as permit:`. Raises Overloaded after `max_wait_s`.

        It bounds how many images are in memory at once. A large one takes some hundred megabytes while it is read.
        What is read meanwhile raises DeadlineExceeded after `deadline_s`.
        """
        with self.queue.turn(current_client.get(), self._settings.max_wait_s) as permit:
            self._metrics.set("inkling_reading", self.queue.running)
            try:
                with deadline(self._settings.deadline_s):
                    yield permit
            finally:
                self._metrics.set("inkling_reading", self.queue.running - 1)


def _apart_from_packaged(bundle: Bundle) -> Bundle:
    """The bundle; under another name if a packaged one has its name, as a run of a shipped recipe does."""
    if registry.is_packaged(bundle) or bundle.name not in registry.packaged():
        return bundle
    return replace(bundle, manifest={**bundle.manifest, "name": f"{bundle.name}-{bundle.version[:6]}"})
