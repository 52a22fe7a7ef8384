"""The reserve of uncolored memory takes most of the memory from the colors.

What it checks: `buddy-alloc-size` against all memory that the colors could have.

Why it matters: no domain can get memory of the buddy heap. A number without a unit is read as KiB, so that
`buddy-alloc-size=67108864` asks for 64 GiB and leaves almost nothing.

What it cannot see: whether such a large reserve is intended.

Source: `size_param` (xen/common/kernel.c, 4.20.4): without a unit a size is in KiB.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import MIB_PAGES, size_of_pages
from colorcheck.replay.changes import with_reserve
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, boots, place
from colorcheck.rules.facts.witnesses import LargeReserve
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import RESERVE
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot
from colorcheck.xen.memory.boot import boot as boot_again

DEFAULT = 64  # MiB that Xen takes without buddy-alloc-size


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the reserve is larger than all color heaps together."""
    for boot, releases in alike(boots(facts), lambda boot: size_of_pages(sum(boot.free_initial))):
        colored = sum(boot.free_initial)
        if boot.buddy_reserved_pages > DEFAULT * MIB_PAGES and boot.buddy_reserved_pages > colored:
            yield _finding(facts, boot, releases)


def _finding(facts: Facts, boot: Boot, releases: tuple[str, ...]) -> Finding:
    prepared = boot.system.preparation
    after = boot_again(with_reserve(boot.system, DEFAULT))
    least = min(after.free_initial, default=0) if after else 0
    return RULE.finding(
        f"the reserve takes {size_of_pages(boot.buddy_reserved_pages)} and leaves "
        f"{size_of_pages(sum(boot.free_initial))} for all colors together, "
        f"{size_of_pages(min(boot.free_initial, default=0))} for the one with least{on(facts, releases)}",
        place(facts, prepared.buddy_location if prepared else None, boot.system.coloring_location),
        f"write buddy-alloc-size with a unit, such as {DEFAULT}M, which leaves {size_of_pages(least)} to every "
        "color; without one the number is in KiB",
        severity=Severity.WARNING if all(built.created for built in boot.built) else Severity.ERROR,
        about=(RESERVE,),
        witness=LargeReserve(
            prepared.buddy_size if prepared else None, boot.buddy_reserved_pages, tuple(boot.free_initial)
        ),
    )


RULE = Rule(
    "CC505",
    "reserve-too-large",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10 buddy-alloc-size=67108864",
    ),
    good=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10 buddy-alloc-size=64M",
    ),
)
