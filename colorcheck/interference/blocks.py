"""The blocks of accesses that a simulation plays, filled by a second thread while the first plays those before.

What is in a block depends on no other stream, neither its accesses nor, where a stream looks ahead, its hits in
private caches. Only the last-level caches see the streams in the order of their times, and these are left to the
thread that plays. So the counts are the same with one thread and with two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from colorcheck.interference.engine import Engine
from colorcheck.interference.feeds import Feed, Generated
from colorcheck.interference.layout import Layout
from colorcheck.interference.tables import Streams

WORTH_A_THREAD = 1 << 17
"""Accesses below which it takes longer to start a thread than it saves."""


class Blocks:
    """The two blocks of each stream. Traces are read by the thread that plays: reading them is the interpreter's
    work, of which two threads cannot do more than one."""

    def __init__(self, engine: Engine, layout: Layout, streams: Streams, feeds: Sequence[Feed]) -> None:
        self._engine, self._layout, self._streams, self._feeds = engine, layout, streams, feeds
        self._coming: dict[int, Future[int]] = {}
        self._thread: ThreadPoolExecutor | None = None

    @contextmanager
    def filled_ahead(self, accesses: int) -> Iterator[None]:
        """While this lasts, the next blocks are filled by a second thread, if that helps with so many accesses. The
        thread has ended at the end."""
        if not self._engine.compiled or accesses < WORTH_A_THREAD or usable_cores() < 2:
            yield
            return
        with ThreadPoolExecutor(1, "accesses") as self._thread:
            try:
                yield
            finally:
                self._thread = None

    def next(self, stream: int) -> None:
        """Switches a stream to its other block, filled; empty at the end of a trace. Raises TraceError."""
        streams = self._streams
        coming = self._coming.pop(stream, None)
        count = coming.result() if coming else self._fill(stream, self._other(stream))
        streams.first[stream] = self._other(stream)
        streams.filled[stream] = count
        streams.position[stream] = streams.counted[stream] = 0
        if self._thread and isinstance(self._feeds[stream], Generated):
            self._coming[stream] = self._thread.submit(self._fill, stream, self._other(stream))

    def _other(self, stream: int) -> int:
        """The first slot of the block that is not in use."""
        size = self._engine.block
        pair = 2 * size * stream
        return 2 * pair + size - int(self._streams.first[stream])

    def _fill(self, stream: int, begin: int) -> int:
        """Fills the block from slot `begin` on, and passes it through the private caches where that can be done
        ahead. Returns the number of accesses."""
        streams, layout = self._streams, self._layout
        count = self._feeds[stream].fill(streams, begin, self._engine.block)
        if layout.machine.ahead[stream]:
            self._engine.look_ahead(layout.machine, layout.state, streams, stream, begin, begin + count)
        return count


def usable_cores() -> int:
    """The number of cores on which this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
