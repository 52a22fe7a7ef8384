"""A tab does not separate boot arguments.

What it checks: tabs and line breaks among Xen's boot arguments.

Why it matters: Xen separates options by spaces only; a tab becomes part of the option before it, which then has an
invalid value, and the option after the tab does not exist.

What it cannot see: how a boot loader joins several lines.

Source: `parse_params` (xen/common/kernel.c, 4.20.4), measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import xen_arguments


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each whitespace character other than a space."""
    written = xen_arguments(facts.deployment)
    for match in re.finditer(r"[\t\n\v\f\r]+", written.text):
        where = written.locate(match.start(), match.end())
        yield RULE.finding(
            "only spaces separate Xen's options; this whitespace becomes part of one",
            where,
            "write a space",
            about=(SWITCH,) if _option(written.text, match.start()).startswith("llc-coloring=") else (),
        )


def _option(text: str, offset: int) -> str:
    """The option up to an offset in it."""
    return text[:offset].rpartition(" ")[2]


RULE = Rule(
    "CC125",
    "tab-in-arguments",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on\\txen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
