"""How far a run is: numbers for the bar, the plain line, the metrics and the summary."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

WINDOW_S = 30.0  # over which the rate is taken


@dataclass
class Progress:
    """The state of a run, renewed while it goes on."""

    planned: int = 0  # pictures known of so far
    listing: bool = True  # more may be found
    before: int = 0  # rows that earlier runs left
    outcomes: Counter[str] = field(default_factory=Counter)  # of all rows, those of earlier runs too
    bytes: int = 0  # of the pictures of all rows
    complete: bool = False
    _start: float = field(default_factory=time.monotonic)
    _marks: deque[tuple[float, int]] = field(default_factory=deque)  # times and rows

    @property
    def rows(self) -> int:
        """Pictures that have a row."""
        return self.outcomes.total()

    @property
    def new(self) -> int:
        """Rows of this run."""
        return self.rows - self.before

    @property
    def took_s(self) -> float:
        return time.monotonic() - self._start

    @property
    def to_come(self) -> int:
        return max(0, self.planned - self.rows)

    def note(self) -> None:
        """Marks how many rows there are now."""
        now = time.monotonic()
        self._marks.append((now, self.rows))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW_S:
            self._marks.popleft()

    @property
    def rate(self) -> float:
        """Pictures per second lately; 0 until some are done."""
        if len(self._marks) < 2:
            return self.new / max(self.took_s, 1e-3)
        (first, least), (last, most) = self._marks[0], self._marks[-1]
        return (most - least) / max(last - first, 1e-3)

    @property
    def eta_s(self) -> float | None:
        """Seconds to go; None while that cannot be said."""
        return self.to_come / self.rate if self.rate > 0 and not self.listing else None
