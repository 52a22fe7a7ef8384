"""The blocks of accesses that a simulation plays, filled by a second thread while the first plays those before.

What is in a block depends on no other stream, neither its accesses nor, where a stream looks ahead, its hits in
private caches. Only the last-level caches see the streams in the order of their times, and these are left to the
thread that plays. So the counts are the same with one thread and with two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

from colorcheck.interference.engine import Engine
from colorcheck.interference.feeds import Feed, Generated
from colorcheck.interference.layout import AT_ONCE, Layout
from colorcheck.interference.tables import Streams

WORTH_A_THREAD = 1 << 17
"""Accesses below which it takes longer to start a thread than it saves."""


class Blocks:
    """The blocks of each stream, in a ring. Traces are read by the thread that plays: reading them is the
    interpreter's work, of which two threads do not do more than one."""

    def __init__(self, engine: Engine, layout: Layout, streams: Streams, feeds: Sequence[Feed]) -> None:
        self._engine, self._layout, self._streams, self._feeds = engine, layout, streams, feeds
        self._asked: SimpleQueue[int | None] = SimpleQueue()
        self._filled: list[SimpleQueue[int | BaseException]] = [SimpleQueue() for _ in feeds]
        self._coming = [0] * len(feeds)
        self._last_filled = [0] * len(feeds)
        self._ahead = False

    @contextmanager
    def filled_ahead(self, accesses: int) -> Iterator[None]:
        """While this lasts, a second thread fills the next blocks, if that helps with so many accesses. It has ended
        at the end."""
        if self._ahead or not self._engine.compiled or accesses < WORTH_A_THREAD or usable_cores() < 2:
            yield
            return
        thread = Thread(target=self._work, name="accesses")
        thread.start()
        self._ahead = True
        try:
            yield
        finally:
            self._ahead = False
            self._asked.put(None)
            thread.join()

    def next(self, stream: int) -> None:
        """Switches a stream to its next block, filled; empty at the end of a trace. Raises TraceError."""
        streams, coming = self._streams, self._coming
        if coming[stream]:
            coming[stream] -= 1
            count = self._filled[stream].get()
            if isinstance(count, BaseException):
                raise count
        else:
            count = self._fill(stream)
        streams.first[stream] = self._after(stream, int(streams.first[stream]))
        streams.filled[stream] = count
        streams.position[stream] = streams.counted[stream] = 0
        while self._ahead and coming[stream] < AT_ONCE - 1 and isinstance(self._feeds[stream], Generated):
            coming[stream] += 1
            self._asked.put(stream)

    def _work(self) -> None:
        while (stream := self._asked.get()) is not None:
            try:
                self._filled[stream].put(self._fill(stream))
            except BaseException as error:  # for the thread that waits for it
                self._filled[stream].put(error)

    def _fill(self, stream: int) -> int:
        """Fills the block after the one that was filled last, and passes it through the private caches where that can
        be done ahead. Returns the number of accesses."""
        streams, layout = self._streams, self._layout
        begin = self._last_filled[stream] = self._after(stream, self._last_filled[stream])
        count = self._feeds[stream].fill(streams, begin, self._engine.block)
        if layout.machine.ahead[stream]:
            self._engine.look_ahead(layout.machine, layout.state, streams, stream, begin, begin + count)
        return count

    def _after(self, stream: int, first: int) -> int:
        """The first slot of the block after the one that begins at slot `first`."""
        size = self._engine.block
        ring = AT_ONCE * size
        return stream * ring + (first + size) % ring


def usable_cores() -> int:
    """The number of cores on which this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
