"""An option is given twice.

What it checks: boot options about coloring and memory that configure the same thing more than once.

Why it matters: Xen applies each in turn, so the last one wins, even if it is the wrong one. Editing the first then has
no effect.

What it cannot see: a built-in command line of the Xen binary, which is read before.

Source: `parse_params` (xen/common/kernel.c, 4.20.4), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option


def check(facts: Facts) -> Iterator[Finding]:
    """A finding at each option that a later one overrides."""
    for option, read, releases in options(facts, _overridden):
        last = read.in_force(option.spec.concept) if option.spec else None
        if last is not None:
            yield RULE.finding(
                f"{option.text} is overridden by {last.text} later on{on(facts, releases)}",
                option.location,
                "delete one of the two",
                related=(Related(last.location, "this one takes effect"),),
            )


def _overridden(option: Option, read: BootArguments) -> bool:
    if option.spec is None or option.in_force:
        return False
    last = read.in_force(option.spec.concept)
    return last is not None and read.options.index(option) < read.options.index(last)


RULE = Rule(
    "CC108",
    "option-twice",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-6 dom0_mem=1G dom0-llc-colors=2-10"
    ),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
