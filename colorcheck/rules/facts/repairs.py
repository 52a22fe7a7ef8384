"""Sufficient changes, in words: each is booted in the model before it is proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.units import MIB_PAGES, size_of_pages
from colorcheck.replay.changes import Change, MoreColors, MovedModule, OtherMemory, OtherReserve, changes
from colorcheck.rules.facts.release_results import boots
from colorcheck.rules.facts.witnesses import (
    EnoughChange,
    MemoryChange,
    MoreColorsChange,
    MoveModuleChange,
    ReserveChange,
)
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import DomainKind

SMALLEST_RESERVE = 16  # MiB that the buddy heap keeps at least


def repairs(boot: Boot, built: Built) -> tuple[Change, ...]:
    """The smallest single changes with which a domain is built, and all domains before it as well."""
    return tuple(changes(boot, built, SMALLEST_RESERVE))


def in_words(change: Change, boot: Boot, built: Built) -> str:
    """The change as an instruction."""
    if isinstance(change, MoreColors):
        noun = "color" if len(change.colors) == 1 else "colors"
        return f"give it {len(change.colors)} more {noun} that no domain has ({change.colors})"
    if isinstance(change, OtherMemory):
        return (
            f"take {size_of_pages(built.domain.pages - change.mib * MIB_PAGES)} off its memory ({change.mib} MiB fit)"
        )
    if isinstance(change, OtherReserve):
        return f"lower buddy-alloc-size to {change.mib}M"
    return f"{moved(change)}, which wins {size_of_pages(won(change, boot))} back from the uncolored heap"


def moved(change: MovedModule) -> str:
    """`load the device tree at 0x200000 instead of 0x8000000`."""
    name = {ModuleKind.DEVICE_TREE: "the device tree", ModuleKind.XEN: "Xen"}.get(
        change.module.kind, change.module.label
    )
    return f"load {name} at {change.address:#x} instead of {change.module.start:#x}"


def won(change: MovedModule, boot: Boot) -> int:
    """Frames that all colors together gain."""
    return sum(change.boot.free_initial) - sum(boot.free_initial)


def told_change(change: Change) -> EnoughChange:
    """A change for JSON, with the frames that every color has left after the boot."""
    left = tuple(change.boot.free_final)
    if isinstance(change, MoreColors):
        return MoreColorsChange(tuple(change.colors), left)
    if isinstance(change, MovedModule):
        return MoveModuleChange(change.module.label, change.address, left)
    return MemoryChange(change.mib, left) if isinstance(change, OtherMemory) else ReserveChange(change.mib, left)


def dom0_memory(
    facts: Facts, releases: Iterable[str], search: Callable[[Boot, Built], OtherMemory | None]
) -> OtherMemory | None:
    """The amount of dom0 memory that a search finds under the first of these releases."""
    wanted = set(releases)
    for release, boot in boots(facts):
        dom0 = next((built for built in boot.built if built.domain.kind is DomainKind.DOM0), None)
        if release in wanted and dom0 is not None:
            return search(boot, dom0)
    return None
