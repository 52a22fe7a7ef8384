"""The reserve of uncolored memory is too small.

What it checks: `buddy-alloc-size` with the lowest boot region, which together are the uncolored (buddy) heap, against
what Xen and the domains take from it.

Why it matters: the color lists themselves, Xen's heap, P2M roots, grant frames and vCPU state all come from there. Too
small, Xen panics at boot or the creation of later guests fails.

What it cannot see: what drivers, grants and event channels take at run time; a large device tree needs its own size.

Source: measured on 4.20 to 4.22: 64 to 142 pages after boot with dom0 only, 29 more for each domU; 17 pages were too
few. `init_color_heap_pages`, xen/common/page_alloc.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.diagnostic import Finding, Severity
from colorcheck.results import Facts
from colorcheck.rules.example import Example
from colorcheck.rules.lookup import alike, boots, place
from colorcheck.rules.memory_facts import size
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.xen.system import Boot

_BASE, _DOMAIN = 512, 64  # pages: well above what was measured (142 and 38)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding where the boot ends for it, or where the uncolored heap is smaller than any that was enough."""
    for boot, lines in alike(boots(facts), _reserve):
        ended = boot.panic is not None and boot.panic.kind == "buddy-too-small"
        need = _BASE + _DOMAIN * len(boot.built)
        reached = boot.panic is None or ended
        if ended or (reached and boot.buddy_initial_pages and boot.buddy_initial_pages < need):
            then = (
                f'Xen panics: "{boot.panic.message}"' if ended and boot.panic else "too little for Xen and its domains"
            )
            yield RULE.finding(
                f"the uncolored heap has {size(boot.buddy_initial_pages)} ({size(boot.buddy_reserved_pages)} of them "
                f"buddy-alloc-size): {then}{on(facts, lines)}",
                place(
                    facts, *(what.location for what in seen(facts, "buddy-alloc-size")), boot.system.coloring_location
                ),
                "leave buddy-alloc-size out (the default is 64 MiB), or write at least 16M",
            )


def _reserve(boot: Boot) -> tuple[object, ...]:
    return size(boot.buddy_initial_pages), size(boot.buddy_reserved_pages), boot.panic, len(boot.built)


RULE = Rule(
    "CC504",
    "reserve-too-small",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10 buddy-alloc-size=64K",
    ),
    good=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10 buddy-alloc-size=32M",
    ),
)
