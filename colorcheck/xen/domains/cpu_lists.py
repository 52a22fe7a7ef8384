"""Lists of physical CPUs as xl and Xen read them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from colorcheck.core.c_numbers import ULONG, decimal, simple_strtoull
from colorcheck.core.pattern import pattern

_NUMBER = pattern(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_PREFIXES = ("node:", "nodes:")
_UINT = 1 << 32


class UnreadableCpusError(ValueError):
    """A list at which xl stops; the message is the one that xl prints."""


def xl_cpus(text: str, online: Iterable[int]) -> frozenset[int]:
    """The CPUs of an xl list: `all`, `0-3`, `0-3,^1`, `nodes:0`; later parts add or, with `^`, take away.

    Source: `parse_cpurange`, `update_cpumap_range`, `parse_range` (tools/xl/xl_parse.c, 4.20-4.22). `online` are the
    CPUs that Xen runs, all in NUMA node 0; a CPU that does not exist is ignored. Raises UnreadableCpusError.
    """
    every = frozenset(online)
    found: frozenset[int] = frozenset()
    for part in filter(None, text.split(",")):
        removed = part.startswith("^")
        name = part.removeprefix("^")
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
        name = name.removeprefix(prefix)
        if name == "all":
            if removed:
                raise UnreadableCpusError('Can\'t combine "^" and "all".')
            found = every
            continue
        first, last = _range(name)
        named = frozenset(cpu for cpu in every if first <= (0 if prefix else cpu) <= last)
        found = found - named if removed else found | named
    return found


def _range(text: str) -> tuple[int, int]:
    """A number or a range, in base 10 (`strtoul`)."""
    matched = _NUMBER.match(text)
    first = _unsigned(matched) if matched else ULONG - 1
    end = matched.end() if matched else 0
    last = first
    if matched and text[end : end + 1] == "-":
        behind = _NUMBER.match(text, end + 1)
        last = _unsigned(behind) if behind else ULONG - 1
        end = behind.end() if behind else end
    if first == ULONG - 1 or last == ULONG - 1 or last < first or end < len(text):
        raise UnreadableCpusError(f"Invalid pcpu range: {text}.")
    return first, last


def _unsigned(matched: re.Match[str]) -> int:
    value = decimal(matched[2])
    if value >= ULONG:
        return ULONG - 1
    return -value % ULONG if matched[1] == "-" else value


class HardAffinity(Struct, frozen=True):
    """The mask that `hard-affinity` sets; `beyond` is the CPU at which Xen panics, None if it does not panic.

    `rest` is the text that Xen does not read, from the first unknown character on.
    """

    cpus: frozenset[int]
    beyond: int | None = None
    rest: str = ""


def hard_affinity(text: str, nr_cpu_ids: int) -> HardAffinity:
    """`hard-affinity` of a `xen,vcpu` node as Xen reads it (`domain_vcpu_affinity`, 4.21-4.22).

    Numbers are in base 0, and 0 without digits; a descending range sets nothing; the first unknown character ends the
    list. Only the end of a range must exist.
    """
    found: set[int] = set()
    place = 0
    while place < len(text):
        start, place = simple_strtoull(text, place)
        end = start
        if text[place : place + 1] == "-":
            end, place = simple_strtoull(text, place + 1)
        start, end = start % _UINT, end % _UINT
        if end >= nr_cpu_ids:
            return HardAffinity(frozenset(found), end)
        found.update(range(start, end + 1))
        if text[place : place + 1] != ",":
            break
        place += 1
    return HardAffinity(frozenset(found), None, text[place:])
