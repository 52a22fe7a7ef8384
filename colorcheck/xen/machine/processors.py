"""The CPUs as Xen numbers and starts them, for one boot CPU.

Source: `dt_smp_init_cpus`, `smp_get_max_cpus`, `start_secondary` (xen/arch/arm/smpboot.c), `dt_arch_cpu_init`
(xen/arch/arm/arm64/smpboot.c), 4.20-4.22.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from colorcheck.hardware.cpu_tree import Cpu, cpu_register, cpus_of_tree
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import Ancestry, string
from colorcheck.xen.options.cpu_options import CpuOptions
from colorcheck.xen.release.release import Release

MOST_CPUS = 128  # CONFIG_NR_CPUS of arm64
METHODS = ("psci", "spin-table")


class Processors(Struct, frozen=True):
    """Xen's CPUs: `mpidrs` by number, those that come up, and `nr_cpu_ids`.

    `described` is False without a /cpus node, without which no domain can be built. `parked` are those that Xen does
    not start because they are of another type than the boot CPU.
    """

    mpidrs: Mapping[int, int]
    online: frozenset[int]
    nr_cpu_ids: int
    described: bool = True
    parked: frozenset[int] = frozenset()

    @property
    def possible(self) -> frozenset[int]:
        """All numbers that a mask may name."""
        return frozenset(range(self.nr_cpu_ids))

    def number(self, mpidr: int) -> int | None:
        """The number of a CPU, as the pools look it up (`get_logical_cpu_from_hw_id`)."""
        known = (number for number, each in self.mpidrs.items() if each == mpidr and number < self.nr_cpu_ids)
        return next(iter(sorted(known)), None)


def processors(
    ancestry: Ancestry | None,
    boot_cpu: int | None,
    options: CpuOptions,
    release: Release,
    most: int = MOST_CPUS,
    *,
    with_enable_methods: bool = False,
) -> Processors:
    """Xen's CPUs if it starts on `boot_cpu` (its MPIDR); None means the first CPU of the tree.

    `with_enable_methods`: as if every CPU node had an enable-method that Xen supports, which a boot loader may add.
    """
    if ancestry is None:
        return Processors({}, frozenset(), 0)
    cpus = cpus_of_tree(ancestry, boot_cpu)
    parent = ancestry.tree.node("/cpus")
    boot = cpus[0].mpidr if boot_cpu is None and cpus else boot_cpu
    if not cpus or cpus[0].mpidr != boot:
        return Processors({0: boot or 0}, frozenset((0,)), 1, described=_describes(parent))
    mpidrs = _numbers(
        cpus, most, holes=release.traits.skipped_cpus_keep_their_number, with_enable_methods=with_enable_methods
    )
    limit = options.max_cpus if 0 < options.max_cpus <= most else most
    nr_cpu_ids = sum(number < limit for number in mpidrs)
    nodes = {cpu.mpidr: cpu for cpu in cpus}
    reached = [number for number in mpidrs if number < nr_cpu_ids]
    parked = frozenset(n for n in reached if not options.hmp_unsafe and _other_kind(nodes[mpidrs[n]], cpus[0]))
    online = [
        n for n in reached if n not in parked and (n == 0 or with_enable_methods or _starts(nodes[mpidrs[n]].node))
    ]
    return Processors(mpidrs, frozenset(online), nr_cpu_ids, described=_describes(parent), parked=parked)


def _numbers(cpus: tuple[Cpu, ...], most: int, *, holes: bool, with_enable_methods: bool) -> dict[int, int]:
    """MPIDRs by number. A node without a supported enable-method has none, and leaves a gap if `holes`."""
    mpidrs = {0: cpus[0].mpidr}
    following = 1
    for cpu in cpus[1:]:
        if following >= most:
            break
        usable = with_enable_methods or string(cpu.node, "enable-method") in METHODS
        if usable:
            mpidrs[following] = cpu.mpidr
        following += usable or holes
    return mpidrs


def _starts(node: Node) -> bool:
    """Whether the CPU comes up; spin-table needs an address."""
    if string(node, "enable-method") != "spin-table":
        return True
    found = node.properties.get("cpu-release-addr")
    return found is not None and len(found.value) >= 8


def _other_kind(cpu: Cpu, boot: Cpu) -> bool:
    """Whether MIDR_EL1 certainly differs; cores that the tree does not name may be the same."""
    return cpu.core is not None and boot.core is not None and cpu.name != boot.name


def _describes(parent: Node | None) -> bool:
    """Whether a domain's tree can get CPUs (`make_cpus_node`): the first CPU node must have a `compatible`."""
    first = next((n for n in parent.children if string(n, "device_type") == "cpu"), None) if parent else None
    return first is not None and "compatible" in first.properties


def register_of(ancestry: Ancestry, node: Node) -> int | None:
    """The `reg` of a node that a pool lists, cut to 32 bits as Xen does; None if it has none."""
    found = cpu_register(ancestry.tree, node)
    return None if found is None else found % (1 << 32)
