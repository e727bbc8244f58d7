"""The progress of a run, for the progress bar, the plain status line, the metrics and the summary."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from inkling.batch.sources import Skipped

RATE_WINDOW_S = 30.0


@dataclass
class Progress:
    """The state of a run, updated as it proceeds."""

    planned: int = 0  # images found so far
    listing: bool = True  # more images may be found
    before: int = 0  # images read by earlier runs
    outcomes: Counter[str] = field(default_factory=Counter)  # of all images, including those of earlier runs
    bytes: int = 0  # of all images
    complete: bool = False
    damaged: list[str] = field(default_factory=list)  # descriptions of damaged parts, which are read again
    skipped: Skipped = field(default_factory=Skipped)  # files that are not pictures, documents or archives
    _start: float = field(default_factory=time.monotonic)
    _samples: deque[tuple[float, int]] = field(default_factory=deque)  # (time, images done)

    @property
    def done(self) -> int:
        """Images that have a record."""
        return self.outcomes.total()

    @property
    def new(self) -> int:
        """The number of images that this run read."""
        return self.done - self.before

    @property
    def took_s(self) -> float:
        return time.monotonic() - self._start

    def sample_rate(self) -> None:
        """Take a sample for `rate`."""
        now = time.monotonic()
        self._samples.append((now, self.done))
        while len(self._samples) > 2 and now - self._samples[0][0] > RATE_WINDOW_S:
            self._samples.popleft()

    @property
    def rate(self) -> float:
        """Images per second over the last RATE_WINDOW_S seconds; 0 until some are done."""
        if len(self._samples) < 2:
            return self.new / max(self.took_s, 1e-3)
        (start_s, before), (end_s, after) = self._samples[0], self._samples[-1]
        return (after - before) / max(end_s - start_s, 1e-3)

    @property
    def eta_s(self) -> float | None:
        """Estimated seconds left; None while there is no estimate."""
        return max(0, self.planned - self.done) / self.rate if self.rate > 0 and not self.listing else None
