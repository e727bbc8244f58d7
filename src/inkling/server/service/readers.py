"""One `Reader` per model, loaded once per process and shared by all threads."""

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

    The default is `settings.model`, which may be a folder because the operator chose it. A request can name only the
    default, the packaged models and the models kept in the lab, which change at runtime.
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
        """The models that a request can name, the default first. Raises BadBundle if there is no usable default."""
        if not self._bundles:
            default = self.default()
            left_out = (default.name, *self._left_out)
            packaged = {name: bundle for name, bundle in registry.packaged().items() if name not in left_out}
            self._bundles = {default.name: default, **packaged}
        kept = {name: bundle for name, bundle in self.kept().items() if name not in self._bundles}
        return {**self._bundles, **kept}

    def kept(self) -> dict[str, Bundle]:
        """The models kept in the lab; {} without a lab."""
        return self._kept.bundles() if self._kept else {}

    def default(self) -> Bundle:
        """The bundle for requests that name no model."""
        if self._default is None:
            self._default = _apart_from_packaged(registry.find(self._settings.model or None))
        return self._default

    def get(self, name: str | None = None) -> Reader:
        """The reader with this name, loaded on first use. Raises UnknownName, and BadBundle for a damaged model."""
        name = name or self.default().name
        kept = {} if name in self._bundles else self.kept()
        # A kept model's key includes its version, because the name of a deleted model may be reused.
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
                    self._failure = None  # the model was repaired after `warm`
            return self._loaded[key]

    def several(self, most: int) -> list[Reader]:
        """The readers of the first `most` models, the default first; kept models that fail to load are skipped."""
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

        Returns whether that worked. A failure is logged and stored for `check`.
        """
        try:
            import numpy as np

            image = np.full((64, 64), 255, np.uint8)
            image[12:52, 29:35] = 0
            self.get().read(image)
        except InklingError as error:
            logging.getLogger(__name__).error("%s", error)
            self._failure = error
        except Exception as error:  # this is a thread's main function: /readyz must report any failure
            logging.getLogger(__name__).error("the default model failed", exc_info=error)
            self._failure = BadBundle(
                f"the model failed while loading ({type(error).__name__}); expected it to read a picture. See the "
                "server's log, and restart the service."
            )
        return self._failure is None

    def ready(self) -> bool:
        """Whether the default reader is loaded and works."""
        return self._failure is None and self._default is not None and self._default.name in self._loaded

    def check(self) -> None:
        """Raises the error of `warm` if the default reader failed, or Overloaded while it is being loaded."""
        if self.ready():
            return
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # otherwise its traceback would grow with each raise
        self.default()  # raises a more specific error if there is no default
        raise Overloaded("the model is still being loaded, which takes about a second. Try again in a moment.")

    @contextmanager
    def document(self) -> Iterator[DocumentLimits]:
        """Wait for a place for a document, and hold it while its pages are read. Raises Overloaded.

        This limits the processes that render pages. They render without a permit, so that a document does not hold a
        turn to read.
        """
        from inkling.documents import DOCUMENT_LIMITS

        settings = self._settings
        if not self._documents.acquire(timeout=settings.max_wait_s):
            raise Overloaded(
                f"waited {settings.max_wait_s:g} s; the service has as many documents open as it can. Try again in a "
                "moment."
            )
        try:
            page_s = settings.deadline_s or DOCUMENT_LIMITS.page_s
            yield replace(DOCUMENT_LIMITS, max_pages=settings.max_pictures, page_s=page_s)
        finally:
            self._documents.release()

    @contextmanager
    def permit(self) -> Iterator[Turn]:
        """Wait for a turn to read: `with readers.permit() as permit:`. Raises Overloaded after `max_wait_s`.

        This limits the number of images in memory; a large one takes several hundred megabytes while it is read. A
        reading inside the block raises DeadlineExceeded after `deadline_s`.
        """
        with self.queue.turn(current_client.get(), self._settings.max_wait_s) as permit:
            self._metrics.set("inkling_reading", self.queue.running)
            try:
                with deadline(self._settings.deadline_s):
                    yield permit
            finally:
                self._metrics.set("inkling_reading", self.queue.running - 1)


def _apart_from_packaged(bundle: Bundle) -> Bundle:
    """The bundle, renamed if a packaged one has the same name, as after training from a shipped recipe."""
    if registry.is_packaged(bundle) or bundle.name not in registry.packaged():
        return bundle
    return replace(bundle, manifest={**bundle.manifest, "name": f"{bundle.name}-{bundle.version[:6]}"})
