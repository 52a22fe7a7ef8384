"""Caches in board files: their numbers, range-checked, and their index functions."""

from __future__ import annotations

from colorcheck.hardware.board import Cache, CacheKind
from colorcheck.hardware.index import IndexFunction, Linear, Sliced, UnknownIndex, XorHashed
from colorcheck.hardware.table import Table

POLICIES = ("", "PIPT", "VIPT", "VIPT-behaves-as-PIPT", "behaves-as-PIPT")


def read_cache(table: Table | None, kind: CacheKind, level: int | None = None) -> Cache | None:
    if table is None:
        return None
    size, ways = table.number("size", 1024, 1 << 32), table.number("ways", 1, 1024)
    line, sets = table.power_of_two("line", 16, 2048), table.number("sets", 1, 1 << 24)
    if None not in (size, ways, line, sets) and size != (ways or 0) * (line or 0) * (sets or 0):
        raise table.fail("size", f"{size} is not {ways} ways of {sets} sets of {line} bytes")
    found = Cache(
        level=table.number("level", 1, 7) or level or 2,
        size=size,
        ways=ways,
        line=line,
        sets=sets,
        index=_index(table, line, sets),
        kind=kind,
        shared_by=table.number("shared_by", 1, 1024),
        in_clidr=table.flag("in_clidr") is not False,
        index_policy=table.one_of("index_policy", POLICIES, "") or None,
        replacement=table.text("replacement") or None,
        id=table.text("id"),
    )
    table.done()
    return found


def _index(table: Table, line: int | None, sets: int | None) -> IndexFunction:
    kind = table.one_of("index", ("linear", "xor", "sliced", "unknown"), "unknown")
    reason = table.text("index_reason", "it is not documented")
    masks = tuple(mask_of(bits) for bits in table.number_lists("index_bits", 63))
    slices = tuple(mask_of(bits) for bits in table.number_lists("slice_bits", 63))
    if kind == "unknown":
        return UnknownIndex(reason)
    if line is None or sets is None:
        return UnknownIndex(f"{kind}, but the number of sets or the size of a line is unknown")
    if kind == "xor" or masks:
        if 1 << len(masks) != sets >> len(slices):
            raise table.fail("index_bits", f"{len(masks)} bits do not number {sets >> len(slices)} sets")
        inner: Linear | XorHashed = XorHashed(line, masks)
    else:
        inner = Linear(line, sets >> len(slices))
    return Sliced(slices, inner) if kind == "sliced" else inner


def mask_of(bits: tuple[int, ...]) -> int:
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask
