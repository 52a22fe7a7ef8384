"""`llc-colors` in the device tree is not one string.

What it checks: the type of `llc-colors` in the nodes of domains.

Why it matters: Xen reads the bytes as a string. Cells such as <0x0f00> are read as the empty string, which means no
color at all; of two strings only the first is used; an empty property is treated as absent, so the domain gets all
colors.

What it cannot see: nothing; the files alone determine this.

Source: `dt_property_read_string` and `llc_coloring_set_domu` (Xen 4.20 to 4.22), run.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.inputs.device_tree.tree import Property
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import Example
from colorcheck.rules.facts.trees import domain_properties
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each `llc-colors` that Xen does not read as it is written."""
    for node, prop in domain_properties(facts, "llc-colors"):
        wrong = _wrong(prop)
        if wrong:
            yield RULE.finding(
                f"llc-colors of {node.name} {wrong}",
                prop.value_location,
                'write one string: llc-colors = "4-7,9";',
                about=(node.name,),
            )


def _wrong(prop: Property) -> str:
    if not prop.value:
        return "is empty and is treated as absent: the domain gets all colors"
    text, end, rest = prop.value.partition(b"\0")
    if not end:
        return "is not NUL-terminated and is treated as absent: the domain gets all colors"
    if rest:
        if text.isascii() and text.decode("ascii").isprintable() and text:
            return f'is read up to the first NUL byte: "{text.decode("ascii")}"; the rest is dropped'
        return "is read as a string up to its first NUL byte, not as cells: " + (
            "it is empty, so the domain has no color" if not text else "its bytes are not a list of colors"
        )
    return ""


RULE = Rule(
    "CC117",
    "tree-colors-type",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-12", "13-14";')),
    good=Example(chosen=DOMAIN_PLAIN.format(more='cpus = <1>; llc-colors = "11-14";')),
)
