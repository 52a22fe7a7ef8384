"""A critical domain shares all of its DRAM banks.

What it checks: for domains that the policy calls critical, whether all DRAM banks that their colors reach are
reached by another domain's colors too, on boards whose bank bits are known.

Why it matters: on most of these boards the color also fixes bank bits. Domains in one bank close each other's rows;
cache coloring does not stop that, but well chosen colors can.

What it cannot see: the firmware of your board, which may program another map.

Source: the board's DRAM map in the catalogue, decoded from boot firmware or measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.hardware.dram_banks import bank_sharing, fixed_functions
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import colored
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.system import System


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each critical domain that shares banks although colors could keep it apart."""
    systems = colored(facts)
    dram = facts.board.dram_map if facts.board else None
    if dram is None or not systems:
        return
    system = systems[0][1]
    nr_colors = system.nr_colors or 0
    if not nr_colors or not fixed_functions(dram, nr_colors):
        return
    critical = {policy.name for policy in facts.manifest.domain_policies if policy.critical}
    for domain in system.domains:
        colors = ColorSet.of(domain.colors)
        if domain.name not in critical or not colors:
            continue
        others = [
            name
            for name, other in _others(system, domain.name)
            if (sharing := bank_sharing(dram, colors, other, nr_colors)) and sharing.grade == "same"
        ]
        if others:
            yield RULE.finding(
                f"{domain.name} has no DRAM bank to itself: it shares all of them with {' and with '.join(others)}",
                domain.location,
                "choose colors that fix other bank bits (`colorcheck board show` draws them)",
                confidence=dram.confidence,
            )


def _others(system: System, name: str) -> Iterator[tuple[str, ColorSet]]:
    for other in system.domains:
        colors = ColorSet.of(other.colors)
        if other.name != name and colors:
            yield other.name, colors


RULE = Rule(
    "CC609",
    "dram-banks",
    Severity.INFO,
    __doc__,
    check,
    bad=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 64\nllc_colors = ["11"]\n'),),
        manifest="[domains.rt]\ncritical = true\n",
    ),
    good=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-7",
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 128\nllc_colors = ["8-11"]\n'),),
        manifest="[domains.rt]\ncritical = true\n",
    ),
)
