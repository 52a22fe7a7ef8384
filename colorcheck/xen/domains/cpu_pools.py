"""Boot-time cpu pools: the `xen,cpupool` nodes below /chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from colorcheck.core.source import Location
from colorcheck.core.value import dataclass
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cells, compatible


@dataclass(frozen=True, slots=True)
class Pools:
    """Boot-time cpu pools: CPUs by the phandle of the pool's node, and those of pool 0."""

    by_phandle: Mapping[int, frozenset[int]]
    zero: frozenset[int] | None
    location: Location | None = None
    note: str = ""


def read_pools(ancestry: Ancestry, numbers: Mapping[str, int], kconfig: Mapping[str, str]) -> Pools:
    """The pools below /chosen (`btcpupools_dtb_parse`, 4.20): the boot CPU's is pool 0, CPUs left over form another."""
    chosen = ancestry.tree.node("/chosen")
    nodes = [node for node in chosen.children if compatible(node, "xen,cpupool")] if chosen else []
    if not nodes:
        return Pools({}, None)
    place = nodes[0].location
    if kconfig and kconfig.get("BOOT_TIME_CPUPOOLS") != "y":
        return Pools({}, None, place, "Xen is built without BOOT_TIME_CPUPOOLS: its cpu pools count for nothing")
    found: dict[int, frozenset[int]] = {}
    for node in nodes:
        members = frozenset(_members(ancestry, node, numbers))
        found[cell(node, "phandle") or -len(found) - 1] = members
    left = frozenset(numbers.values()).difference(*found.values())
    zero = next((members for members in found.values() if 0 in members), left)
    note = "" if kconfig else "taken that this Xen is built with BOOT_TIME_CPUPOOLS"
    return Pools(found, zero, place, note)


def _members(ancestry: Ancestry, node: Node, numbers: Mapping[str, int]) -> Iterator[int]:
    listed = node.properties.get("cpupool-cpus")
    for handle in cells(listed.value) if listed else ():
        target = ancestry.by_phandle(handle)
        if target is not None and target.path in numbers:
            yield numbers[target.path]
