"""Dom0less domains: the contents of their nodes, and what Xen does with them.

Source: `create_domUs`, `construct_domU`, `domain_set_llc_colors_from_str` (xen/arch/arm/dom0less-build.c,
xen/common/llc-coloring.c, 4.20; from 4.21 xen/common/device-tree/dom0less-build.c).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location, Passage
from colorcheck.core.units import KIB, MIB_PAGES, PAGE
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import cell, cells_below, compatible, ranges_of, string
from colorcheck.xen.domains import dom0less_end as end
from colorcheck.xen.domains import guest_tree
from colorcheck.xen.domains.color_choice import ColorChoice, everything, oddities, out_of_range
from colorcheck.xen.domains.fork_colors import Fork, node_choice
from colorcheck.xen.domains.hardware_domain import (
    XENSTORE,
    capabilities,
    is_hardware_domain,
    second_xenstore,
    wants_xenstore,
    wrong_capabilities,
    wrong_hardware_domain,
    wrong_interrupts,
)
from colorcheck.xen.domains.node_limits import HostLimits, console_without_interrupt, grants_of, refused_property
from colorcheck.xen.domains.partial_tree import PassthroughHost, why_refused
from colorcheck.xen.facts import met
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import MAPPED, SVE
from colorcheck.xen.kinds import ColorSource, DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.machine import BootModule, Machine
from colorcheck.xen.memory.building import guest_banks, unallocated
from colorcheck.xen.memory.p2m import dom0less_pool
from colorcheck.xen.notes.colors import ColoringOffButColors, DefaultColors, EmptyList, InheritedColors
from colorcheck.xen.notes.domains import (
    DirectMap,
    DomainWithoutKernel,
    EnhancedWithoutDom0,
    HardwareDomainFault,
    HardwareDomainRefused,
    KernelToCome,
    MemoryNotPages,
    MissingProperty,
    PartialTreeRefused,
    PartialTreeUnread,
    Passthrough,
    StaticMemory,
)
from colorcheck.xen.notes.machine import KernelNotRegistered
from colorcheck.xen.options.arguments import text_of
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.options.geometry import refused
from colorcheck.xen.options.sve import NOT_BUILT_IN
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import Domain

KIB_PER_PAGE = PAGE // KIB
_COUNTED_TREE = 4096  # bytes: DOMU_DTB_SIZE of the releases whose trees are counted byte for byte
_MOST_VCPUS = 128
_ANY_ADDRESS = 64  # bits, if the width of a P2M does not matter


class Dom0lessRules(Struct, frozen=True):
    """Properties of Xen that matter for dom0less domains.

    `most_colors` is its build limit, `hardware` an earlier hardware domain, `has_xenstore` whether dom0 or one of the
    domains has the xenstore.
    """

    release: Release
    coloring: bool
    nr_colors: int | None
    most_colors: int
    has_dom0: bool
    dom0_colors: tuple[int, ...] = ()
    legacy: bool = False
    iommu: bool = False
    machine: Machine = field(default_factory=lambda: Machine(()))
    trees: Mapping[int, DeviceTree] = field(default_factory=dict)
    facts: FactBook | None = None
    tree: DeviceTree | None = None
    hardware: str = ""
    has_xenstore: bool = False
    host: PassthroughHost | None = None
    limits: HostLimits | None = None

    @property
    def fork(self) -> Fork:
        return Fork(self.release, self.nr_colors, self.dom0_colors, self.legacy)


def nodes(tree: DeviceTree) -> list[Node]:
    """The nodes of dom0less domains, in the order in which Xen builds them."""
    chosen = tree.node("/chosen")
    return [node for node in chosen.children if compatible(node, "xen,domain")] if chosen else []


def modules(node: Node, sizes: tuple[int, int]) -> dict[str, BootModule]:
    """The kernel and the ramdisk of a dom0less domain, as its node names them; `sizes` are the cells of their `reg`.

    The last one of each kind is used (`kernel_probe`).
    """
    found: dict[str, BootModule] = {}
    for child in node.children:
        for kind, name in ((ModuleKind.KERNEL, "multiboot,kernel"), (ModuleKind.RAMDISK, "multiboot,ramdisk")):
            ranges = ranges_of(child.properties.get("reg"), *sizes)[:1]
            for start, length in ranges if compatible(child, name) else ():
                found[kind] = BootModule(start, length, child.name, child.location, kind, node.path)
    return found


def domains(tree: DeviceTree, rules: Dom0lessRules, first_id: int = 1) -> Iterator[tuple[Domain, tuple[Note, ...]]]:
    """The dom0less domains in node order, each with notes about it."""
    inherited: tuple[Passage, str] | None = None
    hardware = "d0" if rules.has_dom0 else ""
    provided = any(capabilities(node, rules.release) & XENSTORE for node in nodes(tree))
    rules = replace(rules, tree=tree, has_xenstore=rules.has_dom0 or provided)
    owners = end.Owners(rules.host.address_bits if rules.host else _ANY_ADDRESS)
    if rules.has_dom0 and (chosen := tree.node("/chosen")) is not None:
        owners.add(end.shared_of(chosen, cells_below(tree, "/chosen")), "dom0")
    second = second_xenstore(nodes(tree), rules.release, has_dom0=rules.has_dom0)
    for offset, node in enumerate(nodes(tree)):
        own = node.properties.get("llc-colors")
        if own is not None and b"\0" not in own.value:
            own = None  # without a NUL: Xen's reader fails, as if the property were absent
        if own is not None:
            inherited = (text_of(own), node.name)
        elif not rules.release.traits.inherits_colors:
            inherited = None
        rules = replace(rules, hardware=hardware)
        domain, notes = _domain(node, rules, first_id + offset, inherited, own is not None)
        if is_hardware_domain(node, rules.release):
            hardware = hardware or f"d{first_id + offset}"
        sizes = cells_below(tree, node.path)
        missing, more = _unregistered_kernel(node, sizes, rules)
        domain, text = _ended(node, replace(domain, failure=domain.failure or missing), rules, sizes, owners)
        if node.path in second:
            place, panic = node.properties["capabilities"].location, second[node.path].message
            refused = HardwareDomainRefused(place, domain.name, HardwareDomainFault.SECOND_XENSTORE, panic)
            text = (*text, refused)
            domain = replace(domain, late_failure=domain.late_failure or second[node.path])
        yield domain, (*notes, *more, *text)


def _ended(
    node: Node, domain: Domain, rules: Dom0lessRules, sizes: tuple[int, int], owners: end.Owners
) -> tuple[Domain, tuple[Note, ...]]:
    """The domain with its shared memory, the memory that its partial device trees map, and late failures."""
    notes: list[Note] = []
    shared = end.shared_of(node, sizes)
    kernel = modules(node, sizes).get(ModuleKind.KERNEL)
    refused = Failure(FailureKind.OTHER, f"Could not set up domain {domain.name} (rc = -22)")
    failures = [end.shared_failure(shared, rules.machine, kernel.size if kernel else 0, domain.id)]
    unowned = owners.add(shared, domain.name)
    if unowned is not None:
        notes.append(unowned.note(domain.location, domain.name, node.path))
        failures.append(refused)
    mapped: list[end.Given] = []
    silent = console_without_interrupt(node) if rules.limits else None
    if silent is not None:
        failures.append(silent[0])
        notes.append(silent[1])
    failures.append(None if _has_room(node, domain, rules, sizes) else refused)
    partial = list(end.partial_trees(node, sizes, rules.trees))
    for child, tree in partial:
        if tree is None:
            domain = replace(domain, rests_on=domain.rests_on | {MAPPED.name})
            notes.append(PartialTreeUnread(child.location, domain.name, node=child.path))
            continue
        mapped += end.given(tree)
        wrong = why_refused(tree, rules.host, cell(node, "nr_spis")) if rules.host and rules.release.modelled else None
        if wrong is not None:
            found = wrong.node.properties.get(wrong.key)
            place = found.location if found else wrong.node.location
            notes.append(PartialTreeRefused(place, domain.name, child.path, wrong.node.path, wrong.refusal))
            failures.append(refused)
    notes += end.in_memory(mapped, rules.machine, domain.name)
    domain = replace(
        domain,
        shared_pages=end.owned_pages(shared),
        buddy_shares=end.from_buddy(shared),
        mapped=(*end.shared_mappings(shared), *end.mappings(mapped)),
        partial_tree=bool(partial),
        late_failure=next((failure for failure in failures if failure), None),
    )
    return domain, tuple(notes)


def _has_room(node: Node, domain: Domain, rules: Dom0lessRules, sizes: tuple[int, int]) -> bool:
    """Whether the tree that Xen writes for the domain has room; if not known, both are worlds."""
    if rules.tree is None:
        return True
    traits = rules.release.traits
    partial = list(end.partial_trees(node, sizes, rules.trees))
    given = sum(size for child, _ in partial for _, size in ranges_of(child.properties.get("reg"), *sizes)[:1])
    written = guest_tree.tree_size(guest_tree.host_parts(rules.tree), _parts(node, domain, rules, sizes))
    counted = traits.guest_tree == _COUNTED_TREE and all(tree is not None for _, tree in partial)
    room = end.fits(written, traits.guest_tree + given, measured=counted)
    if room is not None or rules.facts is None:
        return room is not False
    message = (
        f"the device tree that Xen writes for {domain.name} has {rules.release.traits.guest_tree} bytes, which may "
        f"be too small for {domain.vcpus} vCPUs and the rest of its content: Xen would panic"
    )
    return bool(rules.facts.decided(met.guest_tree(domain.name, message, domain.location)))


def _parts(node: Node, domain: Domain, rules: Dom0lessRules, sizes: tuple[int, int]) -> guest_tree.GuestParts:
    arguments = 0
    for child in node.children:
        found = child.properties.get("bootargs") if compatible(child, "multiboot,kernel") else None
        arguments = len(found.value) if found is not None else arguments
    ramdisk = modules(node, sizes).get(ModuleKind.RAMDISK)
    return guest_tree.GuestParts(
        min(domain.vcpus, _MOST_VCPUS),
        len(guest_banks(domain.pages * PAGE)[0]),
        arguments,
        bool(ramdisk and ramdisk.size),
        tuple((shared.id, shared.guest) for shared in end.shared_of(node, sizes)),
        "vpl011" in node.properties,
        string(node, "xen,enhanced") in (None, "enabled", "legacy", "no-xenstore")
        if "xen,enhanced" in node.properties
        else False,
        tuple(tree for _, tree in end.partial_trees(node, sizes, rules.trees) if tree is not None),
    )


def _unregistered_kernel(
    node: Node, sizes: tuple[int, int], rules: Dom0lessRules
) -> tuple[Failure | None, tuple[Note, ...]]:
    """The failure if the kernel that a child of the domain's node names is not among the modules that Xen
    registered, by address and kind (`kernel_probe`). If the tree is the one that Xen receives, a domain without any
    kernel fails, too.
    """
    failure = Failure(FailureKind.OTHER, f"Could not set up domain {node.name} (rc = -2)")
    kernel = modules(node, sizes).get(ModuleKind.KERNEL)
    if kernel is None:
        named = any(compatible(child, "multiboot,kernel") for child in node.children)
        return (failure if rules.machine.final and not named else None), ()
    if kernel.start in rules.machine.unloaded:
        failure = Failure(FailureKind.OTHER, f"Could not set up domain {node.name} (rc = -22)")
        return failure, (KernelNotRegistered(kernel.location, node.name, start=kernel.start, loaded=False),)
    found = next((m for m in rules.machine.modules if m.kind is ModuleKind.KERNEL and m.start == kernel.start), None)
    if (found and (found.size or not rules.machine.final)) or not rules.release.modelled:
        return None, ()
    return failure, (KernelNotRegistered(kernel.location, node.name, start=kernel.start, loaded=True),)


def _domain(
    node: Node, rules: Dom0lessRules, number_: int, listed: tuple[Passage, str] | None, own: bool
) -> tuple[Domain, tuple[Note, ...]]:
    if rules.coloring and not rules.release.modelled:
        choice = node_choice(node, rules.fork, listed if rules.release.traits.inherits_colors else None)
    else:
        choice = _choice(node, rules, listed, own)
    memory = _memory(node)
    kib = memory or 0
    vcpus = cell(node, "cpus") or 0
    pool = cell(node, "xen,domain-p2m-mem-mb")
    failure, notes = _refusal(node, rules)
    if vcpus == 0:
        notes += (_missing(node, "cpus"),)
        text = f"Missing property 'cpus' for domain {node.name}"
        written = cell(node, "cpus") is not None
        failure = failure or Failure(
            FailureKind.OTHER, f"Error creating domain {node.name} (rc = -22)" if written else text
        )
    wrong = refused_property(node, rules.release.traits, rules.limits) if rules.limits else None
    if failure is None and wrong is not None:
        failure, notes = wrong[0], (*notes, wrong[1])
    failure = failure or _sve(node, rules)
    if failure is None and rules.tree is not None:
        stopped = wrong_hardware_domain(node, rules.release, rules.tree, iommu=rules.iommu)
        stopped = stopped or (None if choice.failure else wrong_interrupts(node, rules.release))
        if stopped is not None:
            failure, notes = stopped.failure, (*notes, stopped.note)
    failure = failure or choice.failure
    if memory is None:
        notes += (_missing(node, "memory"),)
        failure = failure or Failure(FailureKind.OTHER, f"Could not set up domain {node.name} (rc = -22)")
    if wants_xenstore(node, rules.release) and not rules.has_xenstore:
        place, by_node = node.properties["xen,enhanced"].location, rules.release.traits.hardware_domain_by_node
        notes += (EnhancedWithoutDom0(place, node.name, other_domain_may=by_node),)
        if not by_node:
            failure = failure or Failure(
                FailureKind.OTHER, "At the moment, Xenstore support requires dom0 to be present"
            )
    if kib % KIB_PER_PAGE:
        notes += (MemoryNotPages(_place(node, "memory"), node.name, kib * KIB, DomainKind.DOM0LESS),)
        hangs = Failure(FailureKind.HANG, f"Xen hangs when it builds {node.name}")
        failure = failure or (hangs if kib < KIB_PER_PAGE else unallocated(kib * KIB))
    hardware = is_hardware_domain(node, rules.release)
    frames = dom0less_pool(kib, vcpus) if pool is None else pool * MIB_PAGES
    domain = Domain(
        number_,
        node.name,
        DomainKind.DOM0LESS,
        choice.colors,
        choice.source,
        choice.location,
        _place(node, "memory"),
        vcpus,
        pages=-(-kib // KIB_PER_PAGE),
        p2m_pages=frames,
        extra_pages=_xenstore_page(node, rules),
        failure=failure,
        pool_follows=pool is None,
        hardware=hardware,
        unused_pool=frames if hardware else 0,
        more_buddy=grants_of(node, rules.limits.grants).more_pages if rules.limits and rules.limits.grants else 0,
    )
    return domain, (*choice.notes, *notes)


def _sve(node: Node, rules: Dom0lessRules) -> Failure | None:
    """The panic of a Xen without SVE at a domain that asks for it, whatever the value."""
    if "sve" not in node.properties or rules.facts is None or rules.facts.is_open(SVE) or not rules.release.modelled:
        return None
    return Failure(FailureKind.OTHER, NOT_BUILT_IN)


def _place(node: Node, name: str) -> Location:
    found = node.properties.get(name)
    return found.value_location if found else node.location


def _choice(node: Node, rules: Dom0lessRules, listed: tuple[Passage, str] | None, own: bool) -> ColorChoice:
    if not rules.coloring:
        if listed is None or rules.release.property_while_off != "panic":
            return ColorChoice((), ColorSource.DEFAULT, node.location)
        place = listed[0].whole if own else node.location
        panic = Failure(FailureKind.COLORS_WHILE_DISABLED, "'llc-colors' found, but LLC coloring is disabled")
        off = ColoringOffButColors(place, node.name, owner=DomainKind.DOM0LESS)
        return ColorChoice((), ColorSource.GIVEN, place, panic, (off,))
    if listed is None:
        colors = everything(rules.nr_colors)
        default = DefaultColors(node.location, node.name, colors, key="llc-colors")
        return ColorChoice(colors, ColorSource.DEFAULT, node.location, None, (default,))
    written, giver = listed
    read = read_colors(written, rules.release, rules.nr_colors or rules.most_colors, rules.most_colors)
    place = written.whole if own else node.location
    source = ColorSource.GIVEN if own else ColorSource.INHERITED
    refusal = Failure(FailureKind.DOMAIN_COLORS, f"Error initializing LLC coloring for domain {node.name} (rc = -22)")
    notes: list[Note] = list(oddities(read, node.name, place)) if own else []
    if not own:
        title = rules.release.title
        notes.append(InheritedColors(node.location, node.name, read.colors, giver, title, key="llc-colors"))
    if read.error is not None:
        return ColorChoice(read.colors, source, read.error_location or place, refusal, tuple(notes))
    if not read.colors:
        notes.append(EmptyList(place, node.name))
    if rules.nr_colors and refused(read.colors, rules.nr_colors):
        notes += out_of_range(read.colors, rules.nr_colors, node.name, place)
        return ColorChoice(read.colors, source, place, refusal, tuple(notes))
    return ColorChoice(read.colors, source, place, None, tuple(notes))


def _memory(node: Node) -> int | None:
    """`memory` in KiB: the first 64 bits of the property; None for a shorter one (`dt_property_read_u64`)."""
    found = node.properties.get("memory")
    return int.from_bytes(found.value[:8], "big") if found is not None and len(found.value) >= 8 else None


def _refusal(node: Node, rules: Dom0lessRules) -> tuple[Failure | None, tuple[Note, ...]]:
    """Refusals before Xen reads the colors, in Xen's order."""
    notes: list[Note] = list(_given_away(node))
    wrong = wrong_capabilities(node, rules.release, rules.hardware)
    if wrong is not None:
        return wrong.failure, (*notes, wrong.note)
    if not any(compatible(child, "multiboot,kernel") for child in node.children):
        kind = DomainWithoutKernel if rules.machine.final else KernelToCome
        notes.append(kind(node.location, node.name))
    static = node.properties.get("xen,static-mem")
    if static is not None and rules.coloring:
        notes.append(StaticMemory(static.location, node.name))
        failure = Failure(FailureKind.STATIC_MEMORY, "LLC coloring and static memory are incompatible")
        return failure, tuple(notes)
    direct = node.properties.get("direct-map")
    if direct is not None and static is None:
        notes.append(DirectMap(direct.location, node.name))
        text = f"direct-map is not valid for domain {node.name} without static allocation."
        return Failure(FailureKind.DIRECT_MAP, text), tuple(notes)
    return None, tuple(notes)


def _missing(node: Node, name: str) -> Note:
    return MissingProperty(node.location, node.name, property_=name)


def _given_away(node: Node) -> Iterator[Note]:
    """Notes on devices of a dom0less domain, which are in its partial device tree."""
    for child in node.children:
        if compatible(child, "multiboot,device-tree"):
            yield Passthrough(child.location, node.name, child.path, DomainKind.DOM0LESS)


def _enhanced(node: Node) -> bool:
    """Whether Xenstore's page is requested at boot: the property without a value, or `enabled`."""
    return "xen,enhanced" in node.properties and string(node, "xen,enhanced") in (None, "enabled")


def _xenstore_page(node: Node, rules: Dom0lessRules) -> int:
    """One frame of the domain's colors if Xen takes it for Xenstore at boot, otherwise 0."""
    return int(_enhanced(node) and rules.release.traits.xenstore_page_at_boot)
