"""What a stream on Ray has not done yet: an actor whose process starts without the imports of Ray Data."""

from __future__ import annotations

import asyncio
from collections import Counter

from inkling.errors import Overloaded

GUILTY = 2  # workers that died at one picture


class Feed:
    """Holds the chunks that are not done, by their place in the stream, and counts how often each was begun.

    Places go through Ray Data, and a reader fetches its chunk here, so what is lost on the way is only a number.
    """

    def __init__(self, tries: int) -> None:
        self._tries = tries
        self._chunks: dict[int, bytes] = {}
        self._deaths: Counter[int] = Counter()  # of each chunk's workers since one of its pictures was found guilty
        self._reading: dict[int, int] = {}  # which picture of a chunk a careful worker has come to
        self._suspects: dict[int, Counter[int]] = {}  # by chunk: how many workers died at each picture
        self._begun: set[int] = set()
        self._put, self._count = 0, -1  # how many came; how many there are in all, once that is known
        self._changed = asyncio.Condition()

    async def put(self, place: int, chunk: bytes) -> None:
        async with self._changed:
            self._chunks[place] = chunk
            self._put = place + 1
            self._changed.notify_all()

    async def end(self, count: int) -> None:
        async with self._changed:
            self._count = count
            self._changed.notify_all()

    async def forget(self, place: int) -> None:
        for kept in (self._chunks, self._deaths, self._reading, self._suspects):
            kept.pop(place, None)
        self._begun.discard(place)

    async def comes(self, place: int) -> bool:
        """Waits until it is known whether there is a chunk at a place."""
        async with self._changed:
            await self._changed.wait_for(lambda: place < self._put or place == self._count)
            return place < self._put

    async def begin(self, place: int) -> tuple[bytes, bool, list[int]] | None:
        """The chunk at a place, whether to read it carefully, and its guilty pictures; None when it is done already.

        What is begun again had a worker that died: by its node, or by a picture. Read carefully, a picture at which
        two workers died is guilty; one could be chance. Raises Overloaded when that does not help.
        """
        if place not in self._chunks:
            return None
        suspects = self._suspects.setdefault(place, Counter())
        if place in self._begun:
            self._deaths[place] += 1
            at = self._reading.pop(place, None)
            if at is not None:
                suspects[at] += 1
                if suspects[at] == GUILTY:
                    self._deaths[place] = 1
        self._begun.add(place)
        if self._deaths[place] > self._tries:
            raise Overloaded(
                f"{self._tries} workers died, one after another, over one chunk of pictures; expected memory for each "
                "of them, some 1 GB. Give them more, or fewer cores to a node, and go on with --resume."
            )
        guilty = [n for n, times in suspects.items() if times >= GUILTY]
        return self._chunks[place], self._deaths[place] > 0, guilty

    async def at(self, place: int, picture: int) -> None:
        """A careful worker begins with a picture."""
        self._reading[place] = picture
