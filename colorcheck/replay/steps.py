"""The boot step by step: the effect of each step on the memory, and the frames left per color."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import size_of_pages
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import DomainKind


class BootStep(Struct, frozen=True):
    """One step. `free` are the frames left per color after it, empty before there is a color heap.

    `name` is what `--until` takes: place-xen, boot-regions, boot-allocations, heaps, or the name of a domain.
    """

    name: str
    title: str
    free: tuple[int, ...] = ()
    taken: int = 0
    built: Built | None = None


def steps(boot: Boot) -> tuple[BootStep, ...]:
    """All steps that the boot reached, the failing one last."""
    return (*_layout(boot), *(_domain(built) for built in boot.built))


def number_of(reported: Sequence[BootStep], wanted: str) -> int | None:
    """The number, counted from 1, of the step that a name or a number means; None if there is none. A name counts
    before a number."""
    names = [step.name for step in reported]
    if wanted in names:
        return names.index(wanted) + 1
    return int(wanted) if wanted.isdecimal() and 1 <= int(wanted) <= len(names) else None


def _layout(boot: Boot) -> list[BootStep]:
    found: list[BootStep] = []
    if boot.xen_region:
        start, end = boot.xen_region
        found.append(BootStep("place-xen", f"Xen moves to {start:#x}-{end:#x}"))
    heap_origin = boot.heap_origin
    if heap_origin is None:
        return found
    pages = sum(end - start for start, end in heap_origin.regions)
    taken = sum(part.end - part.start for part in heap_origin.taken)
    heaps = heap_origin.heaps
    found.append(BootStep("boot-regions", f"{len(heap_origin.regions)} free regions with {_pages(pages)}"))
    found.append(BootStep("boot-allocations", f"{_pages(taken)} for the frame table and page tables", taken=taken))
    lowest = heaps.lowest[1] - heaps.lowest[0]
    title = (
        f"the buddy heap gets {_pages(heaps.buddy_pages)}: {lowest} are the lowest region, {heaps.reserved_pages} the "
        f"reserve; the color heap gets {_pages(sum(boot.free_initial))}"
    )
    found.append(BootStep("heaps", title, boot.free_initial, heaps.buddy_pages))
    return found


def _pages(count: int) -> str:
    """`16640 frames (65 MiB)`."""
    return f"{count} frames ({size_of_pages(count)})"


def _domain(built: Built) -> BootStep:
    domain = built.domain
    taken = sum(pages for _, pages in built.pages_by_color)
    who = {DomainKind.DOM0: "dom0", DomainKind.DOM0LESS: "dom0less domain", DomainKind.XL: "xl guest"}[domain.kind]
    name = who if domain.kind is DomainKind.DOM0 else f"{who} {domain.name}"
    if built.created:
        title = f"{name} takes {taken} frames: {domain.pages} of memory, {taken - domain.pages} in addition"
    else:
        title = f"{name} fails: {built.failure.message if built.failure else 'not built'}"
    return BootStep(domain.name, title, built.free_after if built.created else built.free_before, taken, built)
