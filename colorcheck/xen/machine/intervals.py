"""Sets of integers as sorted intervals [start, end): pages, addresses, table slots."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same set as ascending intervals that neither touch nor overlap; empty ones are dropped."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(span: Span, holes: Iterable[Span]) -> list[Span]:
    """The parts of `span` outside of `holes`, which must be ascending and must not overlap."""
    found: list[Span] = []
    start, end = span
    for low, high in holes:
        if high <= start:
            continue
        if low >= end:
            break
        if low > start:
            found.append((start, low))
        start = high
    if start < end:
        found.append((start, end))
    return found


def total(spans: Iterable[Span]) -> int:
    """The number of integers in the union of the intervals."""
    return sum(end - start for start, end in merged(spans))


def windows(spans: Iterable[Span], size: int) -> list[Span]:
    """The numbers of the aligned windows of `size` that the intervals intersect, as intervals."""
    return merged((start // size, -(-end // size)) for start, end in spans if start < end)
