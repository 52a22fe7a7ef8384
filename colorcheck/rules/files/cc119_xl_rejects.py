"""xl stops at the guest's file.

What it checks: what xl itself refuses: a range that starts above its end, an element that does not begin with a
number, `cpus` without any CPU that Xen runs, words that it does not know
(`type`, `passthrough`), grant limits that are not numbers, a guest without a name.

Why it matters: the guest is not created.

What it cannot see: files that the guest needs, such as its kernel.

Source: `parse_config_data` (tools/xl/xl_parse.c, 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import always_says, says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import GuestKernelUnnamed, GuestRejected, PoolNotMadeAtBoot


@says(GuestRejected)
def _guest_rejected(note: GuestRejected) -> str:
    return f"xl stops: {note.reason}"


always_says(GuestKernelUnnamed, 'xl stops: the kernel has the name ""')


@says(PoolNotMadeAtBoot)
def _pool_not_made_at_boot(note: PoolNotMadeAtBoot) -> str:
    return f"xl stops: {note.reason}, unless the pool is created in dom0 first"


_HELP = {
    "LLC color": 'write ascending ranges in decimal numbers: ["4-8", "10"]',
    "pcpu": 'write CPUs as Xen numbers them, in decimal: "0-1", or ["2", "3"] for one vCPU each',
    "affinity map is empty": "name CPUs that Xen runs, and that are in the guest's pool",
    "domain type": 'write type = "pvh", in lower case',
    "irq": 'write decimal numbers: irqs = ["33"]',
    "the kernel has": "name the guest's kernel",
    "iomem": 'write frames of 4 KiB in hexadecimal, without blanks: ["ff010,1"]',
}

KINDS = (GuestRejected, GuestKernelUnnamed, PoolNotMadeAtBoot)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each guest that xl refuses, errors of syntax left to their own rule."""
    reported = {guest.file for guest in facts.deployment.guests if not guest.accepted}
    for what in seen(facts, *KINDS):
        if what.location.file in reported:
            continue
        if what.kind is PoolNotMadeAtBoot:
            finding = from_seen(
                RULE, facts, what, "name a pool that exists after boot, or create it in dom0 first (xl cpupool-create)"
            )
            yield replace(finding, severity=Severity.WARNING)
        else:
            help_text = next((text for part, text in _HELP.items() if part in what.message), "")
            yield from_seen(RULE, facts, what, help_text)


RULE = Rule(
    "CC119",
    "xl-rejects",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["14-11"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
    kinds=KINDS,
)
