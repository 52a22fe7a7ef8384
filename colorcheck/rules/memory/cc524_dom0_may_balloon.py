"""dom0 may balloon, and its colors lose memory each time.

What it checks: xl guests on a host without `dom0_mem`. xl then balloons dom0 down to make room (`autoballoon`), going
by an amount of free memory that does not include colored frames at all.

Why it matters: what dom0 gives back goes to the uncolored heap for good; it neither makes room for the guest nor comes
back to dom0.

What it cannot see: `autoballoon` in dom0's xl.conf, and `xl mem-set` by hand.

Source: `autoballoon` in xl.conf(5), `freemem` (tools/xl/xl_vmcontrol.c); ballooning measured on 4.20.4, 4.21.2, 4.22.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule, notes
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import Dom0MemoryDefault


def check(facts: Facts) -> Iterator[Finding]:
    """One finding if xl creates guests and nothing fixes dom0's memory."""
    if not facts.deployment.guests:
        return
    systems = dict(facts.systems())
    for release, note in notes(facts):
        system = systems.get(release)
        if isinstance(note, Dom0MemoryDefault) and system is not None and system.coloring:
            yield RULE.finding(
                "xl may balloon dom0 down to make room for guests: what dom0 gives back never returns to any color, "
                "and the guest finds no more memory than before",
                note.location,
                "write dom0_mem=512M, or what dom0 needs, and autoballoon=0 in dom0's xl.conf",
            )
            return


_NO_MEMORY = "console=dtuart dtuart=serial0 llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-10"

RULE = Rule(
    "CC524",
    "dom0-may-balloon",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments=_NO_MEMORY, guests=(("rt.cfg", GUEST),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
