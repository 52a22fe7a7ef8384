"""Lists of physical CPUs as xl and Xen read them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RANGE = re.compile(r"(\d+)(?:-(\d+))?\Z")
_MOST = 4096


class UnreadableCpusError(ValueError):
    """A list of CPUs that is not understood; the message says which part."""


def xl_cpus(text: str, every: Iterable[int]) -> frozenset[int]:
    """The CPUs of an xl list: `all`, `none`, `0-3`, `0-3,^1`; later parts add or, with `^`, take away.

    Source: `vcpupin_parse` and `update_cpumap_range` (tools/xl/xl_parse.c, 4.20). `every` are the CPUs that exist.
    Raises UnreadableCpusError, for `nodes:` too: which CPUs a NUMA node has stands in no file.
    """
    found: set[int] = set()
    for part in (part.strip() for part in text.split(",")):
        removed = part.startswith("^")
        name = part.removeprefix("^")
        named = frozenset(every) if name == "all" else frozenset() if name == "none" else _range(name)
        found = found - named if removed else found | named
    return frozenset(found)


def xen_cpus(text: str) -> frozenset[int]:
    """The CPUs of `hard-affinity` in a dom0less domain's `xen,vcpu` node: `0,2-3`. Raises UnreadableCpusError."""
    found: frozenset[int] = frozenset()
    for part in text.split(","):
        found |= _range(part.strip())
    return found


def _range(text: str) -> frozenset[int]:
    matched = _RANGE.match(text)
    if not matched:
        raise UnreadableCpusError(f"{text!r} is no CPU and no range of CPUs")
    first = int(matched[1])
    last = int(matched[2] or first)
    if last < first or last >= _MOST:
        raise UnreadableCpusError(f"{text!r} is no range that can be")
    return frozenset(range(first, last + 1))
