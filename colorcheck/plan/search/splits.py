"""Cells that several blocks have today: all ways to split them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import comb, prod

from colorcheck.plan.search.blocks import Field


def contested_ways(field: Field, most: int) -> list[list[frozenset[int]]] | None:
    """For each way, the present cells that each block may keep; None if there are more than `most` ways."""
    kept: list[set[int]] = [set() for _ in field.blocks]
    contested: dict[tuple[int, ...], list[int]] = {}
    for cell in range(field.stock):
        claimants = tuple(number for number, block in enumerate(field.blocks) if cell in block.today)
        if len(claimants) == 1:
            kept[claimants[0]].add(cell)
        elif claimants:
            contested.setdefault(claimants, []).append(cell)
    if prod(comb(len(cells) + len(claimants) - 1, len(cells)) for claimants, cells in contested.items()) > most:
        return None
    return list(_splits(contested, kept))


def _splits(contested: dict[tuple[int, ...], list[int]], kept: Sequence[set[int]]) -> Iterator[list[frozenset[int]]]:
    """Every number of contested cells that each may keep of those that it has today."""
    groups = [list(_shares(len(cells), len(claimants))) for claimants, cells in contested.items()]
    for choice in product(*groups):
        own = [set(cells) for cells in kept]
        for (claimants, cells), shares in zip(contested.items(), choice, strict=True):
            begin = 0
            for number, share in zip(claimants, shares, strict=True):
                own[number].update(cells[begin : begin + share])
                begin += share
        yield [frozenset(cells) for cells in own]


def _shares(count: int, parties: int) -> Iterator[tuple[int, ...]]:
    if parties == 1:
        yield (count,)
        return
    for first in range(count + 1):
        for rest in _shares(count - first, parties - 1):
            yield (first, *rest)
