"""Facts about nodes below `/chosen`: mappings of partial trees, static shared memory, marks of the UEFI loader."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment, ModuleInDoubt
from colorcheck.inputs.device_tree.tree_walk import compatible, ranges_of
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.domains.cpu_pools import SCHEDULERS, named_schedulers
from colorcheck.xen.facts.keys import KERNELS, MAPPED, SCHEDULER, STATIC_SHM
from colorcheck.xen.machine.chosen_walk import Item, VisitedNode, below_chosen

_MARK = "xen,uefi-binary"
_USUAL = ("credit", "credit2")


def below_chosen_facts(deployment: Deployment) -> Iterator[Fact | OpenFact]:
    """The mappings of partial trees, the kernels in memory, and whether Xen supports static shared memory."""
    found = tuple(below_chosen(deployment.tree)) if deployment.tree else ()
    place = Location(deployment.tree.file) if deployment.tree else deployment.manifest.location("inputs")
    yield _mapped(deployment, found) or Fact(MAPPED.name, None, Origin.GIVEN, place)
    yield _kernels(deployment, place)
    yield _static_shm(deployment, found)
    yield _schedulers(deployment, place)


def marked_for_uefi(deployment: Deployment) -> bool:
    """Whether Xen loads its modules through UEFI, which then also provides the memory and the arguments."""
    if deployment.loader is not None:
        return deployment.loader is Loader.UEFI
    found = below_chosen(deployment.tree) if deployment.tree else ()
    return any(each.item is Item.MODULE and _MARK in each.node.properties for each in found)


def _mapped(deployment: Deployment, found: tuple[VisitedNode, ...]) -> OpenFact | None:
    """A partial tree whose content is not known may map any memory into its domain."""
    in_doubt = deployment.followed.in_doubt if deployment.followed is not None else ()
    spoiled = {module.address for module in in_doubt if module.spoiled}
    for each in found:
        if each.item is not Item.MODULE or not compatible(each.node, "multiboot,device-tree"):
            continue
        range_ = ranges_of(each.node.properties.get("reg"), *each.sizes)[:1]
        if range_ and range_[0][0] in deployment.module_trees and range_[0][0] not in spoiled:
            continue
        address = f"{range_[0][0]:#x}" if range_ else "0x4000000"
        settle = ("[[target.modules]]", 'kind = "device-tree"', 'file = "partial.dts"', f"address = {address}")
        owner = each.domain[len("/chosen/") :] or "a domain"
        why = f"what the partial device tree {each.node.name} maps into {owner} is not known"
        return OpenFact(MAPPED.name, why, settle, each.node.location)
    return None


def kernels_in_doubt(deployment: Deployment) -> tuple[ModuleInDoubt, ...]:
    """The kernels that the boot script does not load, or overwrites, and that no other input says are in memory."""
    followed = deployment.followed
    found = not_stated(followed.in_doubt, deployment) if followed is not None else ()
    return tuple(module for module in found if module.kind is ModuleKind.KERNEL)


def not_stated(modules: tuple[ModuleInDoubt, ...], deployment: Deployment) -> tuple[ModuleInDoubt, ...]:
    """Those of the modules that no other input says are in memory: an entry of `[[target.modules]]`, or a log of a boot
    that ended well."""
    log, stated = deployment.boot_log, {module.address for module in deployment.manifest.target.modules}
    if log is not None and log.panic is None:
        stated |= {module.address for module in log.modules_found or ()}
    return tuple(module for module in modules if module.address not in stated)


def _kernels(deployment: Deployment, place: Location) -> Fact | OpenFact:
    """A kernel that is not in memory stops Xen when it builds the domain (`kernel_probe`)."""
    doubted = kernels_in_doubt(deployment)
    if not doubted:
        return Fact(KERNELS.name, None, Origin.GIVEN, place)
    settle = ("[[target.modules]]", 'kind = "kernel"', "size = 0x1400000", f"address = {doubted[0].address:#x}")
    return OpenFact(KERNELS.name, doubted[0].why, settle, doubted[0].location)


def _schedulers(deployment: Deployment, place: Location) -> Fact | OpenFact:
    """Whether all schedulers that boot-time pools name are built in; credit and credit2 are by default, the others in a
    debug build only (xen/common/sched/Kconfig)."""
    unsure = None
    for node, name in named_schedulers(deployment.tree):
        option = SCHEDULERS[name]
        state = deployment.build_option(option, "y" if name in _USUAL else "")
        if state == "n":
            return Fact(SCHEDULER.name, False, Origin.GIVEN, deployment.build_place(option))
        if not state:
            unsure = unsure or (node, name, option)
    if unsure is None:
        return Fact(SCHEDULER.name, True, Origin.DOCUMENTED, place)
    node, name, option = unsure
    why = f"{node.name} names the scheduler {name}: a Xen built without CONFIG_{option}, off by default, stops there"
    return OpenFact(SCHEDULER.name, why, ("[target.config]", f"{option} = true"), node.location, (True, False))


def _static_shm(deployment: Deployment, found: tuple[VisitedNode, ...]) -> Fact | OpenFact:
    name = STATIC_SHM.name
    if name in deployment.kconfig or deployment.has_whole_config:
        on = deployment.kconfig.get(name) == "y"
        return Fact(name, on, Origin.GIVEN, deployment.build_place(name))
    used = next((each.node for each in found if each.item is Item.SHARED_MEMORY), None)
    if used is None:
        return Fact(name, False, Origin.DOCUMENTED, deployment.manifest.location("target.xen"))
    why = (
        f"{used.name} is static shared memory: a Xen built without CONFIG_STATIC_SHM, which is off by default, "
        f"stops there"
    )
    return OpenFact(name, why, ("[target.config]", f"{name} = true"), used.location, (True, False))
