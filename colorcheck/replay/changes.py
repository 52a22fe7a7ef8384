"""The smallest single changes with which a boot succeeds, each shown by booting the changed system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.units import GIB, MIB, MIB_PAGES, PAGE
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import DomainKind, FailureKind
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import BootModule, Machine
from colorcheck.xen.memory.boot import boot as boot_again
from colorcheck.xen.memory.layout import dom0_layout
from colorcheck.xen.memory.p2m import dom0less_pool
from colorcheck.xen.system import Domain, System

_4_GIB = 4 * GIB
BLOCK = 2 * MIB  # where modules are proposed to lie


class MoreColors(Struct, frozen=True):
    """Further colors for the domain, which no domain has."""

    colors: ColorSet
    boot: Boot


class OtherMemory(Struct, frozen=True):
    """The domain with `mib` MiB of memory."""

    mib: int
    boot: Boot


class OtherReserve(Struct, frozen=True):
    """`buddy-alloc-size` of `mib` MiB."""

    mib: int
    boot: Boot


class MovedModule(Struct, frozen=True):
    """A boot module (Xen's load area and the device tree count as such) loaded at another address."""

    module: BootModule
    address: int
    boot: Boot


Change = MoreColors | OtherMemory | OtherReserve | MovedModule


def changes(boot: Boot, built: Built, least_reserve: int) -> Iterator[Change]:
    """Each kind of change with which this domain is built, and all domains before it as well. The reserve is
    not lowered below `least_reserve` MiB."""
    found = (
        more_colors(boot, built),
        less_memory(boot, built),
        smaller_reserve(boot, built, least_reserve),
        moved_module(boot, lambda after: builds(boot, after, built)),
    )
    return (change for change in found if change is not None)


def builds(before: Boot, after: Boot | None, wanted: Built | None = None) -> bool:
    """Whether a boot builds all domains that another boot built, and the wanted one."""
    if after is None:
        return False
    ids = {built.domain.id for built in before.built if built.created} | ({wanted.domain.id} if wanted else set())
    return ids <= {built.domain.id for built in after.built if built.created}


def more_colors(boot: Boot, built: Built) -> MoreColors | None:
    """The fewest colors that no domain has, adjacent to its own and to each other if possible."""
    own = built.domain.colors
    usable = list(ColorSet.all(len(built.free_before)) - _used(boot.system))
    had = sum(built.free_before[color] for color in set(own) if color < len(built.free_before))
    for chosen in _choices(usable, built.free_before, built.domain.needed_pages - had, frozenset(own)):
        after = boot_again(_with_domain(boot.system, replace(built.domain, colors=(*own, *chosen))))
        if after is not None and builds(boot, after, built):
            return MoreColors(ColorSet.of(chosen), after)
    return None


def less_memory(boot: Boot, built: Built) -> OtherMemory | None:
    """The most memory in whole MiB with which the domain is built."""

    def tried(mib: int) -> Boot | None:
        after = boot_again(_with_domain(boot.system, with_memory(built.domain, mib)))
        return after if builds(boot, after, built) else None

    found = _largest(1, (built.domain.pages - 1) // MIB_PAGES, tried)
    return OtherMemory(*found) if found else None


def low_memory(boot: Boot, built: Built) -> OtherMemory | None:
    """The least memory in whole MiB, more than today's, by which dom0 gets memory below 4 GiB; None if it does not
    fit."""
    prepared = boot.system.preparation
    if prepared is None:
        return None
    least, most = built.domain.pages // MIB_PAGES + 1, sum(bank.size for bank in prepared.machine.banks) // MIB
    while least < most:
        middle = (least + most) // 2
        layout = dom0_layout(_with_domain(boot.system, with_memory(built.domain, middle)))
        if layout and any(start < _4_GIB for start, _ in layout.banks):
            most = middle
        else:
            least = middle + 1
    after = boot_again(_with_domain(boot.system, with_memory(built.domain, least)))
    low = after and after.dom0_layout and any(start < _4_GIB for start, _ in after.dom0_layout.banks)
    return OtherMemory(least, after) if after and low and builds(boot, after, built) else None


def smaller_reserve(boot: Boot, built: Built, least: int) -> OtherReserve | None:
    """The largest `buddy-alloc-size` in whole MiB, below today's, with which the domain is built."""
    prepared = boot.system.preparation
    if prepared is None:
        return None

    def tried(mib: int) -> Boot | None:
        after = boot_again(with_reserve(boot.system, mib))
        return after if builds(boot, after, built) else None

    found = _largest(least, (prepared.buddy_size - 1) // MIB, tried)
    return OtherReserve(*found) if found else None


def enough_reserve(boot: Boot, buddy_pages: int) -> OtherReserve | None:
    """The smallest `buddy-alloc-size` in whole MiB by which the uncolored heap has so many frames and Xen boots."""
    lowest = boot.buddy_initial_pages - boot.buddy_reserved_pages
    for mib in range(max(1, -(-(buddy_pages - lowest) // MIB_PAGES)), 1025):
        after = boot_again(with_reserve(boot.system, mib))
        if after is not None and after.panic is None and after.buddy_initial_pages >= buddy_pages:
            return OtherReserve(mib, after)
    return None


def moved_module(boot: Boot, good: Callable[[Boot], bool]) -> MovedModule | None:
    """The device tree, else the smallest module, loaded so low that only 2 MiB of the lowest boot region go to the
    uncolored heap."""
    prepared, heap_origin = boot.system.preparation, boot.heap_origin
    if prepared is None or heap_origin is None:
        return None
    machine, lowest = prepared.machine, heap_origin.heaps.lowest
    movable = sorted((m for m in machine.modules if m.kind != "xen" and m.size), key=_preference)
    for module in movable[:1]:
        start, end = lowest[0] * PAGE, lowest[1] * PAGE
        address = next((a for a in range(_up(start + BLOCK), end, BLOCK) if _free(machine, module, a)), None)
        if address is None or address + module.size > end:
            return None
        after = boot_again(with_module(boot.system, module, address))
        if after is not None and after.panic is None and good(after):
            return MovedModule(module, address, after)
    return None


def room_for_xen(system: System) -> MovedModule | None:
    """A module, Xen's load area last, whose move makes room for Xen to relocate; the lowest place for it."""
    prepared = system.preparation
    if prepared is None:
        return None
    machine = prepared.machine
    for module in sorted((m for m in machine.modules if m.size), key=lambda m: (m.kind is ModuleKind.XEN, m.size)):
        for address in _places(machine, module):
            after = boot_again(with_module(system, module, address))
            if after is not None and not (after.panic and after.panic.kind is FailureKind.RELOCATION):
                return MovedModule(module, address, after)
    return None


def in_order(boot: Boot, names: Sequence[str]) -> Boot | None:
    """The boot with these guests of xl created first, in this order, the others after them; None for names that are
    not each one guest's."""
    guests = {domain.name: domain for domain in boot.system.domains if domain.kind is DomainKind.XL}
    if len(set(names)) != len(names) or not set(names) <= guests.keys():
        return None
    first = [guests[name] for name in names]
    own = [domain for domain in boot.system.domains if domain.kind is not DomainKind.XL]
    rest = [domain for domain in boot.system.domains if domain.kind is DomainKind.XL and domain not in first]
    return boot_again(replace(boot.system, domains=(*own, *first, *rest)))


def with_memory(domain: Domain, mib: int) -> Domain:
    """The domain with another amount of memory, and the P2M pool that Xen or xl then gives it."""
    pages, pool = mib * MIB_PAGES, domain.p2m_pages
    if domain.pool_follows and domain.kind is DomainKind.DOM0LESS:
        pool = dom0less_pool(mib * 1024, domain.vcpus)
    elif domain.pool_follows:
        pool -= domain.pages // MIB_PAGES - mib
    return replace(domain, pages=pages, p2m_pages=pool)


def with_reserve(system: System, mib: int) -> System:
    """The system with another `buddy-alloc-size`."""
    prepared = system.preparation
    return replace(system, preparation=prepared and replace(prepared, buddy_size=mib * MIB))


def with_module(system: System, module: BootModule, address: int) -> System:
    """The system with a module loaded elsewhere."""
    prepared = system.preparation
    if prepared is None:
        return system
    modules = tuple(replace(m, start=address) if m is module else m for m in prepared.machine.modules)
    return replace(system, preparation=replace(prepared, machine=replace(prepared.machine, modules=modules)))


def _with_domain(system: System, domain: Domain) -> System:
    return replace(system, domains=tuple(domain if each.id == domain.id else each for each in system.domains))


def _used(system: System) -> ColorSet:
    """Colors that Xen or any domain has."""
    used = ColorSet.of(system.xen_colors)
    for domain in system.domains:
        used |= ColorSet.of(domain.colors)
    return used


def _choices(usable: list[int], free: tuple[int, ...], lack: int, own: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """The fewest colors that have as many frames as are missing: neighbors, those next to its own first; then the
    fullest ones."""
    fullest = sorted(usable, key=lambda color: -free[color])
    count = next((n for n in range(1, len(fullest) + 1) if sum(free[c] for c in fullest[:n]) >= lack), 0)
    if lack <= 0 or not count:
        return
    windows = [tuple(usable[at : at + count]) for at in range(len(usable) - count + 1)]
    together = [w for w in windows if w[-1] - w[0] == count - 1 and sum(free[color] for color in w) >= lack]
    yield from sorted(together, key=lambda w: not ({w[0] - 1, w[-1] + 1} & own))[:1]
    yield tuple(sorted(fullest[:count]))


def _largest(least: int, most: int, tried: Callable[[int], Boot | None]) -> tuple[int, Boot] | None:
    """The largest number between two bounds that passes, if all below it do; by halving."""
    found: tuple[int, Boot] | None = None
    while least <= most:
        middle = (least + most) // 2
        after = tried(middle)
        if after is None:
            most = middle - 1
        else:
            found, least = (middle, after), middle + 1
    return found


def _up(address: int) -> int:
    return -(-address // BLOCK) * BLOCK


def _preference(module: BootModule) -> tuple[bool, int]:
    """The device tree is the easiest to load elsewhere, then what is small."""
    return module.kind is not ModuleKind.DEVICE_TREE, module.size


def _free(machine: Machine, module: BootModule, address: int) -> bool:
    """Whether a module finds room at an address: in one bank, and on nothing else."""
    end = address + module.size
    others = [other.span for other in machine.modules if other is not module]
    others += [held.span for held in (*machine.reserved, *machine.shared)]
    return any(bank.start <= address and end <= bank.end for bank in machine.banks) and not any(
        start < end and address < stop for start, stop in others
    )


def _places(machine: Machine, module: BootModule) -> Iterator[int]:
    """Possible addresses of a module, ascending: after and before everything in memory, and at the ends of banks."""
    spans: list[Span] = [held.span for held in (*machine.modules, *machine.reserved, *machine.shared)]
    found = {_up(end) for _, end in spans} | {_up(bank.start) for bank in machine.banks}
    found |= {(start - module.size) // BLOCK * BLOCK for start, _ in spans if start >= module.size}
    found |= {(bank.end - module.size) // BLOCK * BLOCK for bank in machine.banks if bank.end >= module.size}
    return (address for address in sorted(found) if address != module.start and _free(machine, module, address))
