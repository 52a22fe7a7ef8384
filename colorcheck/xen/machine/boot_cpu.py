"""The CPU on which Xen starts: a fact with its origin, or the boot CPUs that lead to different systems.

Number 0 is the CPU on which Xen runs (`smp_prepare_boot_cpu`, xen/arch/arm/smpboot.c, 4.20-4.22), which firmware and
boot loader choose; the blob's `boot_cpuid_phys` does not give it, because dtc writes the first node's `reg` there.
"""

from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.hardware.board import Board
from colorcheck.hardware.cluster_tree import clusters_of_tree
from colorcheck.hardware.cpu_tree import Cpu, boot_cpu_choices, cpus_of_tree
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ancestry_of
from colorcheck.loader.facts import Fact, OpenFact, Origin

WHAT = "boot-cpu"


def boot_cpu_fact(deployment: Deployment, board: Board | None, ancestry: Ancestry | None = None) -> Fact | OpenFact:
    """The MPIDR of the boot CPU: given in the manifest, derived from the core type in a log, documented for the board,
    or open.

    The values of the open fact are boot CPUs that lead to different numberings of the clusters: the first CPU of each
    cluster, if the tree lists them one after the other. A single value means that it does not matter which CPU it is.
    None if there is no device tree with CPUs.
    """
    target = deployment.manifest.target
    if target.boot_cpu is not None:
        said = deployment.boot_log.processor if deployment.boot_log else None
        if said is not None and "target.boot-cpu" not in dict(deployment.manifest.keys):
            return Fact(WHAT, target.boot_cpu, Origin.MEASURED, said.location)
        return Fact(WHAT, target.boot_cpu, Origin.GIVEN, deployment.manifest.location("target.boot-cpu"))
    if board is not None and board.boot_mpidr is not None:
        return Fact(WHAT, board.boot_mpidr, Origin.DOCUMENTED, Location(", ".join(board.boot_sources)))
    tree = deployment.tree
    place = (tree.node("/cpus") or tree.root).location if tree else deployment.manifest.location("target.board")
    cpus = cpus_of_tree(ancestry or ancestry_of(tree)) if tree else ()
    values = boot_cpu_choices(cpus, cluster_of_each(cpus)) if cpus else None
    listed = " or ".join(f"{value:#x}" for value in values or ())
    return OpenFact(
        WHAT,
        "neither the inputs nor the board's documentation say on which CPU Xen starts, which becomes CPU 0",
        (f"boot-cpu = {values[0]:#x}  # under [target]; {listed}",)
        if values
        else ("boot-cpu = 0x0  # under [target]",),
        place,
        values,
    )


def boot_cpu_values(fact: Fact | OpenFact) -> tuple[int | None, ...]:
    """The boot CPUs to model: one for a fact, each value of an open one, None if they cannot be listed."""
    if isinstance(fact, Fact):
        return (fact.value if isinstance(fact.value, int) else None,)
    return fact.values if isinstance(fact.values, tuple) and fact.values else (None,)  # type: ignore[return-value]


def cluster_of_each(cpus: tuple[Cpu, ...]) -> tuple[object, ...]:
    """The cluster of each CPU in the tree."""
    number = {m: place for place, cluster in enumerate(clusters_of_tree(cpus).clusters) for m in cluster.mpidrs}
    return tuple(number[cpu.mpidr] for cpu in cpus)
