"""The reserve of uncolored memory is too small.

What it checks: `buddy-alloc-size` with the lowest boot region, which together are the uncolored (buddy) heap, against
what Xen and the domains take from it.

Why it matters: the color lists themselves, Xen's heap, P2M roots, grant frames and vCPU state all come from there. If
it is too small, Xen panics at boot or the creation of later guests fails.

What it cannot see: what drivers, grants and event channels take at run time; a large device tree needs its own size in
addition.

Source: measured on 4.20 to 4.22: 64 to 142 pages after boot with dom0 only, 29 more for each domU; 17 pages were too
few. `init_color_heap_pages`, xen/common/page_alloc.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import MIB_PAGES, size_of_pages
from colorcheck.replay.changes import enough_reserve
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import alike, boots, place
from colorcheck.rules.facts.repairs import told_change
from colorcheck.rules.facts.witnesses import SmallReserve
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import FailureKind

_BASE, _DOMAIN, _VCPU = 512, 64, 16  # pages: well above the measured values (142, 29 and 9)
_SMALLEST = 16  # MiB: the smallest reserve that is proposed


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the boot ends because of it, or if the uncolored heap is smaller than any that was enough."""
    for boot, releases in alike(boots(facts), _reserve):
        ended = boot.panic is not None and boot.panic.kind is FailureKind.BUDDY_TOO_SMALL
        reached = boot.panic is None or ended
        if ended or (reached and boot.buddy_initial_pages and boot.buddy_initial_pages < _need(boot)):
            yield _finding(facts, boot, releases, ended)


def _finding(facts: Facts, boot: Boot, releases: tuple[str, ...], ended: bool) -> Finding:
    need, prepared = _need(boot), boot.system.preparation
    then = (
        f'Xen panics: "{boot.panic.message}"'
        if ended and boot.panic
        else f"too little for Xen and {_domains(boot)}, which take up to {size_of_pages(need)} of it"
    )
    found = enough_reserve(boot, max(need, _SMALLEST * MIB_PAGES))
    enough = f", or write buddy-alloc-size={found.mib}M (booted in the model)" if found else ""
    return RULE.finding(
        f"the uncolored heap has {size_of_pages(boot.buddy_initial_pages)} "
        f"({size_of_pages(boot.buddy_reserved_pages)} of them buddy-alloc-size): {then}{on(facts, releases)}",
        place(facts, prepared.buddy_location if prepared else None, boot.system.coloring_location),
        f"omit buddy-alloc-size (the default is 64 MiB){enough}",
        witness=SmallReserve(
            boot.buddy_initial_pages, boot.buddy_reserved_pages, need, told_change(found) if found else None
        ),
    )


def _domains(boot: Boot) -> str:
    return "its domain" if len(boot.system.domains) == 1 else f"its {len(boot.system.domains)} domains"


def _need(boot: Boot) -> int:
    """A number of frames that was always enough."""
    return _BASE + sum(_DOMAIN + _VCPU * (domain.vcpus - 1) for domain in boot.system.domains)


def _reserve(boot: Boot) -> tuple[object, ...]:
    return size_of_pages(boot.buddy_initial_pages), size_of_pages(boot.buddy_reserved_pages), boot.panic, _need(boot)


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
