"""Xen reads only the first string of a list of arguments.

What it checks: whether the property that Xen takes its arguments from holds one string.

Why it matters: in a device tree "a", "b" are two strings, each NUL-terminated; Xen stops at the first NUL. All options
in the others are lost, and nothing is logged.

What it cannot see: nothing; the file alone determines this.

Source: `boot_fdt_cmdline` (xen/common/device-tree/bootinfo-fdt.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import arguments_property


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if more strings follow the first."""
    prop = arguments_property(facts.deployment.tree)
    if prop is None or facts.manifest.boot_arguments is not None:
        return
    rest = prop.value.partition(b"\0")[2]
    if not rest.strip(b"\0"):
        return
    place = prop.strings[1].whole if len(prop.strings) > 1 else prop.value_location
    yield RULE.finding(
        f"{prop.name} is a list, and Xen reads only its first string: the other options are lost",
        place,
        "write all options in one string, separated by spaces",
        about=(SWITCH,),
    )


RULE = Rule(
    "CC131",
    "arguments-list",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments='llc-coloring=on xen-llc-colors=0-1", "dom0_mem=1G dom0-llc-colors=2-10'),
    good=Example(),
)
