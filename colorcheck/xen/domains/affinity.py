"""The physical CPUs on which each vCPU may run, in every world that the inputs allow.

Open facts are the boot CPU, if not given, and boot-time pools, if the inputs have some and do not say whether Xen is
built with them. A value that differs between worlds is not known. `xl vcpu-pin` and `xl cpupool-*` can change
everything later; no file shows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Related
from colorcheck.hardware.board import Board
from colorcheck.hardware.cores import core_named
from colorcheck.hardware.cpu_tree import Cpu, cpus_of_tree
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ancestry_of, string
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.loader.facts import Fact, OpenFact
from colorcheck.xen.domains.cpu_pools import pools_fact, read_pools
from colorcheck.xen.domains.vcpus import Cpus, CpuWorld, Vcpus, listed, vcpus_of
from colorcheck.xen.domains.xl_creation import needs
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.boot_cpu import boot_cpu_fact, boot_cpu_values
from colorcheck.xen.machine.processors import METHODS, MOST_CPUS, Processors, processors
from colorcheck.xen.notes.domains import GuestRejected
from colorcheck.xen.options.cpu_options import CpuOptions, cpu_options
from colorcheck.xen.system import Domain, System


class Affinity(Struct, frozen=True):
    """The CPUs that a domain may run on, as Xen numbers them, and why.

    `vcpus` has those of each vCPU that it may have, None if not known; `cpus` is their union, None if it may run on
    every CPU or if not known.
    """

    domain: str
    cpus: Cpus
    reasons: tuple[Related, ...]
    vcpus: tuple[Cpus, ...] = ()
    pool: int | None = None

    def to_dict(self) -> dict[str, object]:
        return {
            "domain": self.domain,
            "cpus": None if self.cpus is None else sorted(self.cpus),
            "pool": None if self.pool is None else f"Pool-{self.pool}",
            "vcpus": [{"may_run": None if cpus is None else sorted(cpus)} for cpus in self.vcpus],
            "reasons": [{**r.location.to_dict(), "message": r.message} for r in self.reasons],
        }


class FoundAffinities(Struct, frozen=True):
    """The affinities of all domains, in the system's order, failures of Xen or a domain, and the facts on which they
    depend. `panic` is that of the pools.
    """

    affinities: tuple[Affinity, ...]
    failures: tuple[Failure | None, ...]
    late_failures: tuple[Failure | None, ...]
    panic: Failure | None
    facts: tuple[Fact | OpenFact, ...]
    board_cpus: tuple[Cpus, ...]


def with_affinities(system: System, deployment: Deployment, board: Board | None = None) -> System:
    """The system with the affinities of its domains and the failures of vCPUs and pools."""
    found = find(system, deployment, board)
    domains = []
    refused = tuple(_refused(system, deployment, found.failures))
    for number, domain in enumerate(system.domains):
        affinity, cpus = found.affinities[number], found.board_cpus[number]
        domains.append(
            replace(
                domain,
                cpus=None if cpus is None else tuple(sorted(cpus)),
                vcpu_cpus=tuple(None if each is None else tuple(sorted(each)) for each in affinity.vcpus),
                pool=affinity.pool,
                vcpus=len(affinity.vcpus) if domain.kind is DomainKind.DOM0 else domain.vcpus,
                failure=domain.failure or found.failures[number],
                late_failure=domain.late_failure or found.late_failures[number],
            )
        )
    return replace(
        system,
        domains=tuple(domains),
        pool_panic=found.panic,
        cpu_facts=found.facts,
        notes=(*system.notes, *refused),
    )


def _refused(system: System, deployment: Deployment, failures: Sequence[Failure | None]) -> Iterator[Note]:
    """A note for each guest that xl refuses only because of its CPUs."""
    guests = iter(deployment.guests)
    for domain, failure in zip(system.domains, failures, strict=True):
        file = next(guests, None) if domain.kind is DomainKind.XL else None
        if file is not None and failure is not None and domain.failure is None:
            place = xl_guest(file).location("cpus")
            yield GuestRejected(place, domain.name, reason=failure.message)


def affinities(system: System, deployment: Deployment, board: Board | None = None) -> tuple[Affinity, ...]:
    """The affinity of each domain of the system, in its order."""
    return find(system, deployment, board).affinities


def find(system: System, deployment: Deployment, board: Board | None) -> FoundAffinities:
    """The affinities that hold in every world."""
    ancestry = ancestry_of(deployment.tree) if deployment.tree else None
    boot, pools = boot_cpu_fact(deployment, board, ancestry), pools_fact(deployment, ancestry)
    options = cpu_options(system.arguments)
    built = (pools.value is True,) if isinstance(pools, Fact) else (False, True)
    doubt, no_cpus = _doubt(deployment, ancestry)
    inputs = _Inputs(system, deployment, ancestry, board, options)
    worlds = [
        inputs.world(mpidr, with_pools=with_pools, with_enable_methods=with_enable_methods)
        for mpidr, with_pools, with_enable_methods in product(
            boot_cpu_values(boot), built, (False, True) if doubt else (False,)
        )
    ]
    each = [_of_world(system, deployment, world) for world in worlds]
    merged = [_agreed([domains[number] for domains in each]) for number in range(len(system.domains))]
    panics = {Failure(FailureKind.OTHER, world.pools.panic) if world.pools.panic else None for world in worlds}
    if no_cpus:
        merged = [Vcpus((None,) * len(one.cpus), one.pool, one.reasons) for one in merged]
        panics = {None}
    if doubt is not None:
        merged = [replace(one, reasons=(*one.reasons, doubt)) for one in merged]
    place = _places(ancestry, worlds[0].processors)
    open_facts = [fact for fact in (boot, pools) if isinstance(fact, OpenFact) and fact.undecided]
    return FoundAffinities(
        tuple(_affinity(*pair, worlds[0].processors, open_facts) for pair in zip(system.domains, merged, strict=True)),
        tuple(one.failure for one in merged),
        tuple(one.late_failure for one in merged),
        next(iter(panics)) if len(panics) == 1 else None,
        tuple(fact for fact in (boot, pools) if fact is not None),
        tuple(_on_board(one.cpus, place) for one in merged),
    )


class _Inputs(Struct, frozen=True):
    """The inputs that all worlds share."""

    system: System
    deployment: Deployment
    ancestry: Ancestry | None
    board: Board | None
    options: CpuOptions

    def world(self, mpidr: int | None, *, with_pools: bool, with_enable_methods: bool) -> CpuWorld:
        """Xen on this boot CPU, built with or without pools; `with_enable_methods`: every CPU has an enable-method."""
        release, ancestry = self.system.release, self.ancestry
        if ancestry is None:
            found = _of_board(self.board, self.options)
        else:
            most = _most_cpus(self.deployment)
            found = processors(ancestry, mpidr, self.options, release, most, with_enable_methods=with_enable_methods)
        return CpuWorld(found, read_pools(ancestry, found, built=with_pools), self.options, release, ancestry)


def _most_cpus(deployment: Deployment) -> int:
    text = deployment.kconfig.get("NR_CPUS", "")
    return int(text) if text.isdecimal() and int(text) else MOST_CPUS


def _of_board(board: Board | None, options: CpuOptions) -> Processors:
    """The CPUs of a board without a device tree, as far as their numbers are known."""
    if board is None or not board.boot_known or not all(cluster.cpus for cluster in board.clusters):
        return Processors({}, frozenset(), 0)
    first = board.boot_cluster.cores
    kinds = {cpu: cluster.cores for cluster in board.clusters for cpu in cluster.cpus}
    parked = [
        cpu
        for cpu, kind in kinds.items()
        if not options.hmp_unsafe and kind != first and core_named(kind) and core_named(first)
    ]
    online = frozenset(kinds).difference(parked)
    return Processors({cpu: cpu for cpu in kinds}, online, len(kinds), parked=frozenset(parked))


def _of_world(system: System, deployment: Deployment, world: CpuWorld) -> list[Vcpus]:
    guests = iter(deployment.guests)
    found = []
    for domain in system.domains:
        file = next(guests, None) if domain.kind is DomainKind.XL else None
        tree = deployment.tree
        node = tree.node(f"/chosen/{domain.name}") if tree and domain.kind is DomainKind.DOM0LESS else None
        count = needs(xl_guest(file)).maxvcpus if file else domain.vcpus
        found.append(vcpus_of(domain, world, node, file, count))
    return found


def _agreed(found: Sequence[Vcpus]) -> Vcpus:
    """The values that are the same in every world, and why; a failure counts only if there is one in each."""
    first = found[0]
    count = max(len(one.cpus) for one in found)
    vcpus = [{one.cpus[number] if number < len(one.cpus) else None for one in found} for number in range(count)]
    failing = all(one.failure or one.late_failure for one in found)
    late = next((one.late_failure for one in found if one.late_failure), None)
    return Vcpus(
        tuple(next(iter(cpus)) if len(cpus) == 1 else None for cpus in vcpus),
        first.pool if len({one.pool for one in found}) == 1 else None,
        tuple(reason for reason in first.reasons if all(reason in one.reasons for one in found)),
        first.failure if failing and all(one.failure for one in found) else None,
        late if failing else None,
    )


def _affinity(domain: Domain, found: Vcpus, cpus: Processors, open_facts: Sequence[Fact | OpenFact]) -> Affinity:
    known = [each for each in found.cpus if each is not None]
    together = frozenset().union(*known) if known and len(known) == len(found.cpus) else None
    everywhere = frozenset(cpus.mpidrs) or None
    reasons = [*found.reasons]
    reasons += [Related(f.location, f"not known: {f.why}") for f in open_facts if isinstance(f, OpenFact)]
    if cpus.parked and not open_facts:
        text = (
            f"Xen parks the CPUs {listed(cpus.parked)}, which are of a different kind than the boot CPU (no hmp-unsafe)"
        )
        reasons.append(Related(domain.location, text))
    if not reasons:
        reasons.append(Related(domain.location, "nothing pins it, so it may run on every CPU"))
    return Affinity(
        domain.name,
        None if together == everywhere else together,
        tuple(reasons),
        found.cpus,
        found.pool,
    )


def _doubt(deployment: Deployment, ancestry: Ancestry | None) -> tuple[Related | None, bool]:
    """A CPU that Xen would not start with this tree, unless a boot loader fixes it, and whether the tree has no
    CPUs at all.
    """
    if ancestry is None or deployment.manifest.target.loader is Loader.NONE:
        return None, False
    cpus = cpus_of_tree(ancestry)
    if not cpus:
        return Related(ancestry.tree.root.location, "the device tree has no CPUs: a boot loader must add them"), True
    odd = next(_unstarted(cpus), None)
    if odd is None:
        return None, False
    message = (
        f"{odd.node.path} has no enable-method that Xen supports: unless a boot loader adds one, Xen does not start it"
    )
    return Related(odd.node.location, message), False


def _unstarted(cpus: tuple[Cpu, ...]) -> Iterator[Cpu]:
    """CPUs without a method, if there is more than one CPU."""
    for cpu in cpus if len(cpus) > 1 else ():
        if string(cpu.node, "enable-method") not in METHODS:
            yield cpu


def _places(ancestry: Ancestry | None, cpus: Processors) -> dict[int, int]:
    """The board's number of each of Xen's CPUs: they differ if Xen skips a node or leaves a gap."""
    if ancestry is None:
        return {number: number for number in cpus.mpidrs}
    board = {cpu.mpidr: cpu.number for cpu in cpus_of_tree(ancestry, cpus.mpidrs.get(0))}
    return {number: board[mpidr] for number, mpidr in cpus.mpidrs.items() if mpidr in board}


def _on_board(vcpus: tuple[Cpus, ...], place: dict[int, int]) -> Cpus:
    """All CPUs of a domain, in the numbering of the board; None if one is not known, or if it is all CPUs."""
    found: set[int] = set()
    for cpus in vcpus:
        if cpus is None or not cpus <= place.keys():
            return None
        found.update(place[cpu] for cpu in cpus)
    return None if not found or found == set(place.values()) else frozenset(found)
