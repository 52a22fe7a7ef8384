"""The flat tables of the kernel, as numpy arrays for the compiled engine and as plain arrays otherwise."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple, Protocol, cast


class Ints(Protocol):
    """A fixed row of integers, the interface of a table for the kernel."""

    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...
    def __len__(self) -> int: ...


class MachineTables(NamedTuple):
    """The tables that are constant in a run.

    `caches` has the fields of `kernel` for each cache; `paths` for each stream how many caches its accesses pass
    (at most 3) and which, private ones first. Memory is cut into *lines* numbered densely through all domains:
    a page's lines follow one another, and a domain's pages too. `page_set` and `line_set` give for each index
    function the set of a page's first line and what a line's place in its page adds to it: by exclusive or, or
    modulo a cache's modulus where that is not 0. A page has 2 ** `page_shift` lines. `cost` is for each stream the
    cost of a hit in the first, second and third cache and of an access to memory. `ahead` is 1 for a stream
    whose blocks pass its private caches before their time, see `kernel.look_ahead`.
    """

    caches: Ints
    paths: Ints
    page_set: Ints
    line_set: Ints
    page_domain: Ints
    stream_domain: Ints
    cost: Ints
    ahead: Ints
    page_shift: int
    nr_domains: int
    nr_sets: int


class CacheState(NamedTuple):
    """The caches' contents: `tags` are the slots of the ways, of which slot 0 is not used: lines (-1: empty), with LRU
    the time of the last use above the line's number, and a free way's number (from 1) alone. `order` is what the
    policy keeps for a set (the tree of pseudo-LRU, the random generator), `tree` for each number of ways and each way
    (from 1) the bits of the path to it and how they are after its use. `where` has for each cache and line what is
    known about it there: 0 that it is absent, 1 to 32 that it is in this way, more that another domain (this minus 33)
    pushed it out of a last-level cache. `time[0]` is the number of the next access, from 1."""

    tags: Ints
    order: Ints
    tree: Ints
    where: Ints
    time: Ints


class Streams(NamedTuple):
    """The accesses to come: for each stream a ring of blocks of lines, gaps to the next access and marks (1: a write,
    2: a run of the handler ends here), one in use, whose slots begin at `first`, and others that may be filled.
    `level` is where each access was answered: the number of the cache on its path, or 3 for memory. `filled`,
    `position` and `counted` say how much of the block in use is there, was played, and is in the tallies; `clock` is
    the time of the stream's next access and `spent` the cost of its run so far."""

    line: Ints
    gap: Ints
    mark: Ints
    level: Ints
    first: Ints
    filled: Ints
    position: Ints
    counted: Ints
    clock: Ints
    spent: Ints


class Tallies(NamedTuple):
    """What is counted. `levels`: accesses of each stream by where they were answered (4 a stream); `writes` a stream;
    `caused`: misses of a domain in the last level that another domain's eviction caused; `evictions` of one domain's
    lines by another in the last level, `by_set` the same for each set; `private` the same in private caches. The
    pairs are numbered victim * nr_domains + attacker. `runs` holds the costs of the runs that `kernel.tally` found
    last."""

    levels: Ints
    writes: Ints
    caused: Ints
    evictions: Ints
    by_set: Ints
    private: Ints
    runs: Ints


def ints(values: Iterable[int], *, compiled: bool, bits: int = 64) -> Ints:
    """A table with these values, which are not negative where they have fewer than 64 `bits` (8 or 32): to the
    compiler such a number is one that no index need be tested for."""
    if not compiled:
        return bytearray(values) if bits == 8 else array("q", values)
    import numpy

    return cast(Ints, numpy.fromiter(values, dtype=_type(bits)))


def first_of(table: Ints, count: int) -> list[int]:
    """The first `count` numbers of a table."""
    return cast("array[int]", table)[:count].tolist()


def zeros(length: int, *, compiled: bool, bits: int = 64) -> Ints:
    """A table of zeros, for values of so many bits as in `ints`."""
    if compiled:
        import numpy

        return cast(Ints, numpy.zeros(length, dtype=_type(bits)))
    return bytearray(length) if bits == 8 else array("q", bytes(8 * length))


def _type(bits: int) -> str:
    return {8: "uint8", 32: "uint32", 64: "int64"}[bits]
