"""The CPUs of a device tree: their numbers in Xen, their kind, and the chain of caches behind each.

Source: Devicetree Specification 0.4, chapter 3.8 and 3.9; Linux bindings cpus.yaml and cpu-topology.txt.
"""

from __future__ import annotations

from colorcheck.core.value import dataclass
from colorcheck.hardware.cores import Core, core_of_compatible
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cell_sizes, number, ranges_of, string, strings

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size, sets and line of a cache as a node gives them, in bytes; None where it does not."""

    size: int | None = None
    sets: int | None = None
    line: int | None = None

    @property
    def given(self) -> bool:
        return self.size is not None or self.sets is not None

    @property
    def ways(self) -> int | None:
        """The ways that the numbers amount to; None where one is missing, 0 where they amount to no whole number."""
        if not self.size or not self.sets or not self.line:
            return None
        ways, rest = divmod(self.size, self.sets * self.line)
        return 0 if rest else ways


@dataclass(frozen=True, slots=True)
class CacheNode:
    """A node of a unified cache; `level` is its `cache-level`, if it has one."""

    node: Node
    level: int | None
    geometry: Geometry


@dataclass(frozen=True, slots=True)
class Cpu:
    """A CPU node. `number` is Xen's; `chain` are the unified caches behind its L1, innermost first.

    `cluster` is the path of its cluster in `cpu-map`, or empty. `name` is the core's ("cortex-a53"), or the
    `compatible` string where the core is not known.
    """

    node: Node
    number: int
    mpidr: int
    name: str
    core: Core | None
    chain: tuple[CacheNode, ...]
    cluster: str
    l1d: Geometry
    l1i: Geometry


def cpus_of_tree(ancestry: Ancestry) -> tuple[Cpu, ...]:
    """The CPUs, the boot CPU first, as Xen numbers them (`dt_smp_init_cpus`, Xen 4.20).

    The boot CPU is the one whose `reg` is the blob's `boot_cpuid_phys`, or else the first.
    """
    parent = ancestry.tree.node("/cpus")
    if parent is None:
        return ()
    nodes = [node for node in parent.children if string(node, "device_type") == "cpu" and "reg" in node.properties]
    affinities = {node.path: _mpidr(node, parent) for node in nodes}
    boot = next((node.path for node in nodes if affinities[node.path] == ancestry.tree.boot_cpu), None)
    nodes.sort(key=lambda node: node.path != boot)
    clusters = _cpu_map(ancestry, parent)
    return tuple(_cpu(ancestry, node, i, affinities[node.path], clusters) for i, node in enumerate(nodes))


def cpu_numbers(tree: DeviceTree, ancestry: Ancestry | None = None) -> dict[str, int]:
    """Xen's number of each CPU node, by path."""
    return {cpu.node.path: cpu.number for cpu in cpus_of_tree(ancestry or Ancestry(tree))}


def _mpidr(node: Node, parent: Node) -> int:
    found = ranges_of(node.properties.get("reg"), cell_sizes(parent, 1, 0)[0], 0)
    return found[0][0] if found else 0


def _cpu(ancestry: Ancestry, node: Node, index: int, mpidr: int, clusters: dict[str, str]) -> Cpu:
    names = strings(node.properties.get("compatible"))
    core = next((core for name in names if (core := core_of_compatible(name))), None)
    return Cpu(
        node=node,
        number=index,
        mpidr=mpidr,
        name=core.name if core else (names[0] if names else "unknown"),
        core=core,
        chain=_chain(ancestry, node),
        cluster=clusters.get(node.path, ""),
        l1d=geometry_of(node, "d-"),
        l1i=geometry_of(node, "i-"),
    )


def geometry_of(node: Node, prefix: str = "") -> Geometry:
    """The numbers of a cache in a node; zeros count as absent. `prefix` is `d-` or `i-` for the L1 in a CPU node."""
    names = ("size", "sets", "line-size", "block-size")
    size, sets, line, block = (number(node.properties.get(f"{prefix}cache-{name}")) or None for name in names)
    return Geometry(size, sets, line or block)


def _chain(ancestry: Ancestry, cpu: Node) -> tuple[CacheNode, ...]:
    """The caches that `next-level-cache` leads to, each once."""
    found: list[CacheNode] = []
    node = cpu
    while len(found) < _DEEPEST:
        handle = cell(node, "next-level-cache") or cell(node, "l2-cache")
        following = ancestry.by_phandle(handle) if handle else None
        if following is None or any(following is entry.node for entry in found):
            break
        found.append(CacheNode(following, cell(following, "cache-level"), geometry_of(following)))
        node = following
    return tuple(found)


def _cpu_map(ancestry: Ancestry, parent: Node) -> dict[str, str]:
    """For each CPU node in `cpu-map`, by path, the path of the cluster that it stands in."""
    found: dict[str, str] = {}
    mapped = parent.child("cpu-map")
    for node in mapped.walk() if mapped else ():
        handle = cell(node, "cpu")
        target = ancestry.by_phandle(handle) if handle else None
        if target is None:
            continue
        above = ancestry.parent(node)
        while above is not None and not above.name.startswith(("cluster", "socket")) and above is not mapped:
            above = ancestry.parent(above)
        found[target.path] = above.path if above else ""
    return found
