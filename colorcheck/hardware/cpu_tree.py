"""The CPUs of a device tree: their numbers in Xen, their kind, and the chain of caches of each.

Source: Devicetree Specification 0.4, chapter 3.8 and 3.9; Linux bindings cpus.yaml and cpu-topology.txt.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.hardware.cores import Core, core_of_compatible
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, cell, cells, cells_below, number, string, strings

_DEEPEST = 6
MPIDR_MASK = 0xFF00FFFFFF
"""The bits of MPIDR_EL1 that name a CPU (`MPIDR_HWID_MASK`)."""


class TreeGeometry(Struct, frozen=True):
    """Size, sets and line of a cache as a node gives them, in bytes; None if it does not."""

    size: int | None = None
    sets: int | None = None
    line: int | None = None

    @property
    def given(self) -> bool:
        return self.size is not None or self.sets is not None

    @property
    def ways(self) -> int | None:
        """The number of ways that results from the numbers; None if one is missing, 0 if it is not an integer."""
        if not self.size or not self.sets or not self.line:
            return None
        ways, rest = divmod(self.size, self.sets * self.line)
        return 0 if rest else ways


class CacheNode(Struct, frozen=True):
    """A node of a unified cache; `level` is its `cache-level`, if it has one."""

    node: Node
    level: int | None
    geometry: TreeGeometry


class Cpu(Struct, frozen=True):
    """A CPU node. `chain` are the unified caches behind its L1, innermost first.

    `number` is Xen's if the boot CPU is known and each node has an enable-method that Xen supports; otherwise its
    position in the tree. `cluster` is the path of its cluster in `cpu-map`, or empty. `name` is the core's
    ("cortex-a53"), or the `compatible` string if the core is not known.
    """

    node: Node
    number: int
    mpidr: int
    name: str
    core: Core | None
    chain: tuple[CacheNode, ...]
    cluster: str
    l1d: TreeGeometry
    l1i: TreeGeometry


def cpus_of_tree(ancestry: Ancestry, boot_cpu: int | None = None) -> tuple[Cpu, ...]:
    """The CPUs that Xen registers: the boot CPU (its MPIDR) first, the others in the tree's order.

    Skipped as `dt_smp_init_cpus` does (xen/arch/arm/smpboot.c, 4.20-4.22): no `device_type`, no direct child of
    /cpus, `reg` missing, shorter than the cells of an address, above the bits of an MPIDR, or a second time. `status`
    does not matter, nor does the blob's `boot_cpuid_phys`. Without a boot CPU, or with one that has no node, the
    order is the tree's.
    """
    parent = ancestry.tree.node("/cpus")
    if parent is None:
        return ()
    nodes: dict[int, Node] = {}
    for node in parent.children:
        mpidr = cpu_register(ancestry.tree, node)
        if (string(node, "device_type") or "").lower() != "cpu" or mpidr is None or mpidr & ~MPIDR_MASK:
            continue
        nodes.setdefault(mpidr, node)
    order = sorted(nodes, key=lambda mpidr: mpidr != boot_cpu)
    clusters = _cpu_map(ancestry, parent)
    return tuple(_cpu(ancestry, nodes[mpidr], number, mpidr, clusters) for number, mpidr in enumerate(order))


def cpu_register(tree: DeviceTree, node: Node) -> int | None:
    """The `reg` of a child of /cpus as Xen reads it; None if it is missing or too short (`dt_read_number`)."""
    found = node.properties.get("reg")
    width = cells_below(tree, "/cpus")[0]
    if found is None or len(found.value) < 4 * width:
        return None
    value = 0
    for part in cells(found.value)[:width]:
        value = (value << 32 | part) % (1 << 64)
    return value


def boot_cpu_choices(cpus: tuple[Cpu, ...], kinds: tuple[object, ...]) -> tuple[int, ...]:
    """The MPIDRs of boot CPUs that lead to different numberings; `kinds` has the cluster of each CPU.

    Two boot CPUs are alike if Xen's numbers mean the same clusters with both. In a tree that lists its clusters one
    after the other these are the first CPU of each cluster.
    """
    order = sorted(range(len(cpus)), key=lambda place: cpus[place].number)
    seen: dict[tuple[object, ...], int] = {}
    for place in order:
        pattern = (kinds[place], *(kinds[other] for other in order if other != place))
        seen.setdefault(pattern, cpus[place].mpidr)
    return tuple(seen.values())


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


def geometry_of(node: Node, prefix: str = "") -> TreeGeometry:
    """The numbers of a cache in a node; zeros count as absent. `prefix` is `d-` or `i-` for the L1 in a CPU node."""
    names = ("size", "sets", "line-size", "block-size")
    size, sets, line, block = (number(node.properties.get(f"{prefix}cache-{name}")) or None for name in names)
    return TreeGeometry(size, sets, line or block)


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
    """For each CPU node in `cpu-map`, by path, the path of the cluster that it is in."""
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
