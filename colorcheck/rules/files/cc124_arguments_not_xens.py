"""Xen does not receive these boot arguments.

What it checks: which property of /chosen Xen takes its arguments from. It is `xen,xen-bootargs`; `bootargs` is Xen's
only if dom0's arguments are elsewhere.

Why it matters: Xen boots without any option: coloring stays off, dom0 gets 512 MiB. Nothing is printed about it.

What it cannot see: arguments that the boot loader writes into the tree later.

Source: `boot_fdt_cmdline` (xen/common/device-tree/bootfdt.c, 4.20.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.inputs.boot.boot_arguments import option_name, read_boot_arguments
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.options.arguments import arguments_property, text_of
from colorcheck.xen.release.releases import RELEASES

_OURS = frozenset(option.name for release in RELEASES for option in release.options)


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if `bootargs` looks like Xen's and is not."""
    tree = facts.deployment.tree
    chosen = tree.node("/chosen") if tree else None
    prop = chosen.properties.get("bootargs") if chosen else None
    if prop is None or prop is arguments_property(tree) or facts.manifest.boot_arguments is not None:
        return
    if any(option_name(option.text) in _OURS for option in read_boot_arguments(text_of(prop))):
        yield RULE.finding(
            "these look like arguments of Xen, but Xen does not read them: bootargs in /chosen belongs to dom0 here",
            prop.value_location,
            "write them as xen,xen-bootargs, and those of dom0 as xen,dom0-bootargs",
            about=(SWITCH,),
        )


RULE = Rule(
    "CC124",
    "arguments-not-xens",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen='bootargs = "llc-coloring=on dom0-llc-colors=2-10";'),
    good=Example(chosen='bootargs = "console=hvc0";'),
)
