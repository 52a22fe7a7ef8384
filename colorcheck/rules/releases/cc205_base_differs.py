"""Xen and xl read the same digits differently.

What it checks: numbers with a leading 0 in `llc_colors` of xl files.

Why it matters: xl reads `010` as 10, Xen itself as 8. The same list means other colors in an xl file than in the boot
arguments or in a device tree.

What it cannot see: which of the two was meant.

Source: `%u` in tools/xl/xl_parse.c (4.22) and `simple_strtoull` in xen/lib (4.20), both measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.c_numbers import simple_strtoull
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.guests import elements
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts

_LEADING = re.compile(r"(?<![0-9a-zA-Z])0[0-9]+")


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each number that Xen would read as another one."""
    for _, _, element in elements(facts):
        for match in _LEADING.finditer(element.written.text, 0, element.end):
            decimal, octal = int(match.group()), simple_strtoull(match.group())[0]
            if decimal != octal:
                where = element.written.locate(match.start(), match.end())
                yield RULE.finding(
                    f"xl reads {match.group()} as {decimal}; in Xen's own lists the same digits are {octal}",
                    where,
                    f"write {decimal}",
                    fix=[Edit(where, str(decimal))] if where.line else [],
                )


RULE = Rule(
    "CC205",
    "base-differs",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["011-014"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
