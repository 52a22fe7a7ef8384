"""Xilinx Xen 4.17 reads another color property than the one that is written.

What it checks: for Xilinx 4.17, whether domains have `llc-colors` in its legacy mode, or `colors` outside of it. One
old name among the boot arguments, `xen_colors` or `dom0_colors`, switches the legacy mode on for all domains.

Why it matters: in the legacy mode only `colors` (a bit mask) is read, otherwise only `llc-colors` (a string). The other
one is silently ignored, and the domain gets all colors.

What it cannot see: arguments that the boot loader adds.

Source: Xilinx xlnx_rebase_4.17, `domain_llc_coloring_init` and `set_llc_colors` callers in dom0less, read.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import arguments
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each property that the mode ignores."""
    for release, read in arguments(facts):
        modes = {prop.legacy: prop.name for prop in read.release.properties}
        if len(modes) < 2 or modes[True] == modes[False]:
            continue
        cause = next((option for option in read.options if option.spec and option.spec.legacy), None)
        for node, prop in domain_properties(facts, modes[not read.legacy]):
            if modes[read.legacy] not in node.properties:
                mode = f"{cause.key} switches its legacy mode on" if cause else "it is not in its legacy mode"
                yield RULE.finding(
                    f"{read.release.title} ignores {prop.name} of {node.name}, which gets all colors: {mode}"
                    f"{on(facts, (release,))}",
                    prop.location,
                    "write the new names everywhere: xen-llc-colors, dom0-llc-colors and llc-colors",
                    related=[Related(cause.location, "this old name switches the legacy mode on")] if cause else (),
                    about=(node.name,),
                )


_NEW = "llc-coloring=on llc-way-size=64K xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"

RULE = Rule(
    "CC207",
    "legacy-mode",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        xen="xilinx-4.17",
        boot_arguments=_NEW.replace("dom0-llc-colors", "dom0_colors"),
        chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";'),
    ),
    good=Example(
        xen="xilinx-4.17", boot_arguments=_NEW, chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')
    ),
)
