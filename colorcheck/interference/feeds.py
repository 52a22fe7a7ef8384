"""Feeds: fill a stream's block with accesses, from a generator or from a recorded trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct, field

from colorcheck.core.units import PAGE
from colorcheck.interference import sources
from colorcheck.interference.engine import Engine
from colorcheck.interference.seeds import seed_of
from colorcheck.interference.tables import Ints, Streams
from colorcheck.interference.traces import Access, TraceError, read_trace
from colorcheck.interference.workloads import TICKS, Workload, WorkloadKind

_GENERATORS = {
    WorkloadKind.HANDLER: sources.WALK,
    WorkloadKind.BOMB: sources.WALK,
    WorkloadKind.COPY: sources.COPY,
    WorkloadKind.CHASE: sources.CHASE,
    WorkloadKind.MATRIX: sources.MATRIX,
    WorkloadKind.MIX: sources.MIX,
}


class Feed(Protocol):
    def fill(self, streams: Streams, start: int, count: int) -> int:
        """Write at most `count` accesses from slot `start` on; returns their number, 0 at the end."""


class Generated(Struct):
    """A generator with its parameters and state."""

    engine: Engine
    parameters: Ints
    state: Ints

    def fill(self, streams: Streams, start: int, count: int) -> int:
        return self.engine.generate(self.parameters, self.state, streams.line, streams.gap, streams.mark, start, count)


class Recorded(Struct):
    """A trace. Its pages are placed in the domain's memory in the order in which the trace first touches them."""

    workload: Workload
    first_line: int
    pages: int
    shift: int
    _pages: dict[int, int] = field(default_factory=dict)
    _reader: Iterator[Access] | None = None
    _in_run: int = 0

    def fill(self, streams: Streams, start: int, count: int) -> int:
        gap = round(TICKS / self.workload.rate)
        filled, begun = 0, False
        while filled < count:
            if self._reader is None:
                self._reader, begun = read_trace(self.workload.file), True
            got = next(self._reader, None)
            if got is None:
                if begun and not filled:
                    raise TraceError(f"{self.workload.file}: has no accesses")
                if not self.workload.loop:
                    return filled
                self._reader = None
                continue
            address, write, pause = got
            self._in_run = (self._in_run + 1) % self.workload.accesses_a_run
            streams.line[start + filled] = self.first_line + self._line(address)
            streams.gap[start + filled] = gap if pause < 0 else pause * TICKS
            streams.mark[start + filled] = write | (0 if self._in_run else 2)
            filled += 1
        return filled

    def _line(self, address: int) -> int:
        page = self._pages.setdefault(address // PAGE, len(self._pages))
        if page >= self.pages:
            raise TraceError(f"{self.workload.file}: touches more than the {self.pages} pages of its domain")
        return (page * PAGE + address % PAGE) >> self.shift


def feed(engine: Engine, workload: Workload, *, first_line: int, pages: int, shift: int, seed: int) -> Feed:
    """The feed of a workload whose domain's memory starts at `first_line` and has `pages` pages."""
    first = first_line + (workload.offset >> shift)
    if workload.kind is WorkloadKind.TRACE:
        return Recorded(workload, first, pages - workload.offset // PAGE, shift)
    size = max(workload.size, 1 << shift)
    values = [0] * sources.PARAMETERS
    values[sources.KIND] = _GENERATORS[workload.kind]
    values[sources.FIRST] = first
    values[sources.SHIFT] = shift
    values[sources.SIZE] = size
    values[sources.STRIDE] = workload.rows if workload.kind is WorkloadKind.MATRIX else workload.stride
    values[sources.WRITES] = round(256 * workload.write)
    values[sources.GAP] = round(TICKS / workload.rate)
    values[sources.PERIOD] = workload.period * TICKS
    values[sources.RUN] = workload.accesses_a_run
    values[sources.HOT] = workload.hot
    values[sources.SHARE] = round(256 * workload.share)
    values[sources.BITS] = ((size >> shift) - 1).bit_length()
    values[sources.JITTER] = workload.jitter * TICKS
    values[sources.UNEVEN] = round(workload.uneven * values[sources.GAP])
    state = [0] * sources.STATES
    state[sources.RNG], state[sources.TIME_RNG] = seed, seed_of(seed, 0)
    return Generated(engine, engine.ints(values), engine.ints(state))
