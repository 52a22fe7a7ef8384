"""The locations of Xen and dom0, as determined by the machine, the number of colors and Xen's own colors."""

from __future__ import annotations

from colorcheck.core.units import PAGE
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.memory import dom0_banks, relocation
from colorcheck.xen.system import System


def xen_region(system: System) -> Span | None:
    """The region that Xen moves to, in bytes; None if there is none, or coloring is off."""
    prepared = system.preparation
    if prepared is None or system.nr_colors is None or system.panic or not prepared.machine.image_size:
        return None
    return relocation.place(prepared.machine, system.nr_colors)


def dom0_layout(system: System) -> dom0_banks.Dom0Layout | None:
    """The banks and tables of dom0, or of the hardware domain; None without one, or if Xen finds no room."""
    prepared, region = system.preparation, xen_region(system)
    dom0 = next((d for d in system.domains if d.kind is DomainKind.DOM0 or d.hardware), None)
    if prepared is None or region is None or dom0 is None or system.nr_colors is None:
        return None
    image = relocation.image_frames(region[0], prepared.machine.image_size, system.nr_colors, system.xen_colors)
    text = min(run.first for run in image)
    pieces = dom0_banks.free_pieces(prepared.machine, text, system.release.traits)
    memory = prepared.dom0_memory if -(-prepared.dom0_memory // PAGE) == dom0.pages else dom0.pages * PAGE
    found, unplaced = dom0_banks.banks(pieces, memory, system.release.traits, prepared.first_bank(dom0.name))
    return dom0_banks.layout(found, unplaced, [*dom0.mapped, *prepared.devices], prepared.p2m_levels)
