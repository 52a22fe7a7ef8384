"""Xen finds no room to move to.

What it checks: whether some memory bank has a gap, aligned to 2 MiB and free of modules and reservations, that is as
large as Xen's image times the number of colors.

Why it matters: with coloring Xen copies itself page by page into frames of its colors and needs this region in one
piece: 24 MiB with 16 colors, 186 MiB with 128. Without it Xen panics before it prints much.

What it cannot see: reservations that the boot loader adds after the device tree was read.

Source: `get_xen_paddr` and `xen_colored_map_size` (xen/arch/arm/llc-coloring.c, 4.20.4); measured on 4.20 and 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.diagnostic import Finding, Severity
from colorcheck.results import Facts
from colorcheck.rules.example import Example
from colorcheck.rules.lookup import boots, place
from colorcheck.rules.rule import Rule, on
from colorcheck.xen.system import Boot


def check(facts: Facts) -> Iterator[Finding]:
    """A finding where the boot ends for want of this region."""
    found: dict[str, tuple[Boot, list[str]]] = {}
    for line, boot in boots(facts):
        if boot.panic and boot.panic.kind == "relocation":
            found.setdefault(boot.panic.message, (boot, []))[1].append(line)
    for message, (boot, lines) in found.items():
        image = facts.deployment.xen_image_size
        need = f" of {image * (boot.system.nr_colors or 1) / (1 << 20):.0f} MiB" if image else ""
        yield RULE.finding(
            f'no gap{need} aligned to 2 MiB for Xen to move to: it panics with "{message}"{on(facts, lines)}',
            place(facts, boot.system.coloring_location),
            "move boot modules and reservations together at one end of a bank, or use fewer colors "
            "(llc-size and llc-nr-ways, or a smaller LLC_COLORS_ORDER)",
        )


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
