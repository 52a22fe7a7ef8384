"""Xen finds no room to move to.

What it checks: whether some memory bank has a gap, aligned to 2 MiB and free of modules and reservations, that is as
large as Xen's image times the number of colors.

Why it matters: with coloring Xen copies itself page by page into frames of its colors and needs this region in one
piece: 24 MiB with 16 colors, 186 MiB with 128. Without it Xen panics early in the boot.

What it cannot see: reservations that the boot loader adds after the device tree was read.

Source: `get_xen_paddr` and `xen_colored_map_size` (xen/arch/arm/llc-coloring.c, 4.20.4); measured on 4.20 and 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import size
from colorcheck.replay.changes import room_for_xen
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, panicking, place
from colorcheck.rules.facts.repairs import moved
from colorcheck.rules.facts.witnesses import NoGap
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.machine.intervals import merged, without
from colorcheck.xen.memory import relocation


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the boot ends because there is no such region."""
    ended = (
        (release, boot)
        for release, boot in panicking(facts)
        if boot.panic and boot.panic.kind is FailureKind.RELOCATION
    )
    for boot, releases in alike(ended, _needed):
        need, most = _needed(boot), _largest_gap(boot)
        yield RULE.finding(
            f"no gap of {size(need)} aligned to 2 MiB for Xen to move to, the largest has {size(most)}: it "
            f'panics with "{boot.panic.message if boot.panic else ""}"{on(facts, releases)}',
            place(facts, boot.system.coloring_location),
            _help(boot),
            witness=NoGap(need, most),
        )


def _needed(boot: Boot) -> int:
    """Bytes of the region that Xen needs."""
    prepared = boot.system.preparation
    return relocation.region_size(prepared.machine.image_size, boot.system.nr_colors or 1) if prepared else 0


def _largest_gap(boot: Boot) -> int:
    """Bytes of the largest gap that is aligned and free, whatever its size."""
    prepared = boot.system.preparation
    if prepared is None:
        return 0
    blocked = merged(relocation.obstacles(prepared.machine, _needed(boot)))
    unit = relocation.ALIGNMENT
    gaps = (gap for bank in prepared.machine.spans for gap in without(bank, blocked))
    return max((end // unit * unit - -(-start // unit) * unit for start, end in gaps), default=0)


def _help(boot: Boot) -> str:
    """What makes room: moving a module, or fewer colors; both were tried in the model."""
    shown = []
    found = room_for_xen(boot.system)
    if found is not None:
        shown.append(f"{moved(found)} (booted in the model)")
    prepared, colors = boot.system.preparation, (boot.system.nr_colors or 1) // 2
    while prepared and colors >= 2 and relocation.place(prepared.machine, colors) is None:
        colors //= 2
    if prepared and colors >= 2:
        shown.append(f"use {colors} colors (llc-size and llc-nr-ways, or a smaller LLC_COLORS_ORDER)")
    return "; or ".join(shown) or "add contiguous memory: moving a module does not make room"


RULE = Rule(
    "CC503",
    "no-room-to-relocate",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        memory="<0x0 0x0 0x0 0x3000000>",
        boot_arguments="llc-coloring=on xen-llc-colors=0 dom0_mem=8M dom0-llc-colors=1-8",
    ),
    good=Example(),
)
