"""The two engines, compiled and plain: the same functions on different tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from msgspec import Struct

from colorcheck.interference import kernel, sources, tables
from colorcheck.interference.compiled import compiled, has_numba
from colorcheck.interference.tables import CacheState, Ints, MachineTables, Streams, Tallies

BLOCK = {True: 1 << 15, False: 1 << 10}


class Engine(Struct, frozen=True):
    """The kernel's entry points, and the functions that create its tables.

    `block` is the number of accesses that a stream gets at once.
    """

    compiled: bool
    advance: Callable[[MachineTables, CacheState, Streams, Tallies, int], tuple[int, int]]
    tally: Callable[[MachineTables, Streams, Tallies, int], int]
    look_ahead: Callable[[MachineTables, CacheState, Streams, int, int, int], None]
    generate: Callable[[Ints, Ints, Ints, Ints, Ints, int, int], int]
    count_hits: Callable[[Ints, CacheState, Ints, int], int]
    block: int

    def ints(self, values: Iterable[int], *, bits: int = 64) -> Ints:
        return tables.ints(values, compiled=self.compiled, bits=bits)

    def zeros(self, length: int, *, bits: int = 64) -> Ints:
        return tables.zeros(length, compiled=self.compiled, bits=bits)


@cache
def plain_engine() -> Engine:
    return Engine(
        False, kernel.advance, kernel.tally, kernel.look_ahead, sources.generate, kernel.count_hits, BLOCK[False]
    )


@cache
def compiled_engine() -> Engine:
    """The compiled engine; needs numba."""
    return Engine(
        True,
        compiled(kernel.advance),
        compiled(kernel.tally),
        compiled(kernel.look_ahead),
        compiled(sources.generate),
        compiled(kernel.count_hits),
        BLOCK[True],
    )


def best_engine() -> Engine:
    """The compiled engine if numba is installed, otherwise the plain one."""
    return compiled_engine() if has_numba() else plain_engine()
