"""The flat tables that the kernel works on, as numpy arrays for the compiled engine and plain arrays without it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple, Protocol, cast


class Ints(Protocol):
    """A fixed row of integers, which is all that the kernel asks of a table."""

    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...
    def __len__(self) -> int: ...


class MachineTables(NamedTuple):
    """What does not change in a run.

    `caches` has the fields of `kernel` for each cache; `paths` for each stream how many caches its accesses pass
    (at most 3) and which, private ones first. Memory is cut into *lines* numbered densely through all domains:
    a page's lines follow one another, and a domain's pages too. `page_set` and `line_set` give for each index
    function the set of a page's first line and what a line's place in its page adds to it: by exclusive or, or
    modulo `modulus` where that is not 0. A page has 2 ** `page_shift` lines. `cost` is for each stream the cost of a
    hit in the first, second and third cache and of an access to memory.
    """

    caches: Ints
    paths: Ints
    page_set: Ints
    line_set: Ints
    modulus: Ints
    page_domain: Ints
    stream_domain: Ints
    cost: Ints
    nr_pages: int
    nr_lines: int
    page_shift: int
    nr_domains: int
    nr_sets: int


class CacheState(NamedTuple):
    """The caches' contents: `tags` are the lines in the ways (-1: empty); `order` is what the policy keeps for a set
    (the most recently used way, the tree of pseudo-LRU, the random generator) and `links` for LRU the ring of its
    ways. `where` has for each cache and line what is known about it there: 0 that it is absent, 1 to 32 that it is in
    this way, more that another domain (this minus 33) pushed it out of a last-level cache."""

    tags: Ints
    order: Ints
    links: Ints
    where: Ints


class Streams(NamedTuple):
    """The accesses to come: for each stream a block of `block` lines, gaps to the next access and marks (1: a write,
    2: a run of the handler ends here). `level` is where each access was answered: the number of the cache on its
    path, or 3 for memory. `position` and `filled` say how far a block is used and how much of it is there; `clock` is
    the time of the stream's next access and `spent` the cost of its run so far."""

    line: Ints
    gap: Ints
    mark: Ints
    level: Ints
    position: Ints
    filled: Ints
    clock: Ints
    spent: Ints
    block: int


class Tallies(NamedTuple):
    """What is counted. `levels`: accesses of each stream by where they were answered (4 a stream); `writes` a stream;
    `caused`: misses of a domain in the last level that another domain's eviction caused; `evictions` of one domain's
    lines by another in the last level, `by_set` the same for each set; `private` the same in private caches. The
    pairs are numbered victim * nr_domains + attacker. `runs` holds stream and cost of each finished run, their
    number in `used[0]`."""

    levels: Ints
    writes: Ints
    caused: Ints
    evictions: Ints
    by_set: Ints
    private: Ints
    runs: Ints
    used: Ints


def ints(values: Iterable[int], *, compiled: bool) -> Ints:
    """A table with these values."""
    if not compiled:
        return array("q", values)
    import numpy

    return cast(Ints, numpy.fromiter(values, dtype=numpy.int64))


def rings(ways_of_sets: Iterable[int], *, compiled: bool) -> Ints:
    """For each set the ring of its ways in their order: next and previous way."""
    values = bytes(x for ways in ways_of_sets for way in range(ways) for x in ((way + 1) % ways, (way - 1) % ways))
    if not compiled:
        return bytearray(values)
    import numpy

    return cast(Ints, numpy.frombuffer(bytearray(values), dtype=numpy.uint8))


def zeros(length: int, *, compiled: bool, small: bool = False) -> Ints:
    """A table of zeros; `small` values are 0 to 255 and take a byte each."""
    if compiled:
        import numpy

        return cast(Ints, numpy.zeros(length, dtype=numpy.uint8 if small else numpy.int64))
    return bytearray(length) if small else array("q", bytes(8 * length))
