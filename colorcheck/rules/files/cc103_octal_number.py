"""A number with a leading 0 is octal.

What it checks: numbers that begin with 0 in lists of colors and in options, where that changes their value.

Why it matters: Xen reads `010` as 8 and stops at the 8 in `08`. xl reads the same digits in `llc_colors` as 10 and 8.

What it cannot see: which of the two was meant.

Source: `simple_strtoull` (xen/lib/strtoull.c, 4.20.4): base 0; measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location, Passage
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.facts.trees import color_strings
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.release.spelling import OptionKind

_OCTAL = re.compile(r"(?<![0-9a-zA-Z])0[0-9]+")


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each number whose octal value is not its decimal one."""
    numbers: dict[Location, tuple[Passage, list[str]]] = {}
    for option, _, releases in options(facts, lambda option, _: option.spec is not None):
        if option.spec and option.spec.kind is not OptionKind.BOOLEAN:
            written = option.written.part(len(option.key) + 1, len(option.text))
            numbers.setdefault(option.location, (written, []))[1].extend(releases)
    for written, releases_ in numbers.values():
        yield from _octal(written, on(facts, releases_))
    for written in color_strings(facts):
        yield from _octal(written, "")


def _octal(written: Passage, when: str) -> Iterator[Finding]:
    for match in _OCTAL.finditer(written.text):
        digits = match.group()
        value = digits.lstrip("0") or "0"
        if len(value) == 1 and value in "01234567":
            continue
        octal = re.match("[0-7]*", digits)
        read = int(octal.group() or "0", 8) if octal else 0
        rest = f" and stops at the {digits[len(octal.group())]}" if octal and len(octal.group()) < len(digits) else ""
        yield RULE.finding(
            f"Xen reads {digits} as octal: {read}{rest}{when}",
            written.locate(match.start(), match.end()),
            f"write {value} without the leading 0" + ("" if rest else f", or {read} if that is what you mean"),
        )


RULE = Rule(
    "CC103",
    "octal-number",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=02-010"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-10"),
)
