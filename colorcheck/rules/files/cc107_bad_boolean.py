"""A boolean option has a value that Xen does not understand.

What it checks: the values of boolean options: 1, on, yes, true, enable, or 0, off, no, false, disable, in lower case.

Why it matters: `llc-coloring=On` or `llc-coloring=2` is rejected and leaves the option as it was, so coloring stays
off and everything boots.

What it cannot see: a valid value that is not what was meant.

Source: `parse_bool` (xen/common/kernel.c, 4.20.4), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option, OptionFate
from colorcheck.xen.options.typed import BOOLEANS
from colorcheck.xen.release.spelling import OptionKind

_WORDS = ("1", "on", "yes", "true", "enable", "0", "off", "no", "false", "disable")


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each rejected boolean."""
    for option, read, releases in options(facts, _rejected):
        lower = option.value.lower()
        then = f"coloring is {'on' if read.llc_coloring else 'off'}" if option.spec else "it keeps its default"
        yield RULE.finding(
            f'Xen does not understand the value "{option.value}" of {option.key} and ignores it: {then}'
            f"{on(facts, releases)}",
            option.value_location,
            f"write {option.name}=on or {option.name}=off",
            fix=[Edit(option.value_location, lower)] if lower in _WORDS else [],
            about=(SWITCH,) if option.spec else (),
        )


def _rejected(option: Option, read: BootArguments) -> bool:  # noqa: ARG001
    boolean = option.spec.kind is OptionKind.BOOLEAN if option.spec else option.name in BOOLEANS
    return boolean and option.fate is OptionFate.REJECTED


RULE = Rule(
    "CC107",
    "bad-boolean",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=On xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
