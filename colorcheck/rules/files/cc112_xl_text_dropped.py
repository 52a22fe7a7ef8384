"""xl drops what follows the first range of an element.

What it checks: each element of `llc_colors`. xl reads one range or one number in base 10 and ignores the rest.

Why it matters: `["4-8,10,11,12"]` becomes 4-8, `["0x4-0x8"]` becomes 0, `["3 - 5"]` becomes 3. Nothing is printed.

What it cannot see: nothing; the files alone determine this.

Source: `parse_config_data` (tools/xl/xl_parse.c, 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.guests import Element, elements
from colorcheck.rules.files.cc111_xl_colors_not_a_list import quoted
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each element of which something is dropped."""
    for _, _, element in elements(facts):
        if element.first is None or not element.dropped.strip():
            continue
        read = f"{element.first}" if element.first == element.last else f"{element.first}-{element.last}"
        yield RULE.finding(
            f'xl reads "{element.written.text}" as {read} and silently drops "{element.dropped}"',
            element.written.whole,
            _instead(element),
            fix=_fix(element),
        )


def _plain(element: Element) -> bool:
    """Whether the element is a list as Xen writes it, in decimal numbers."""
    items = element.written.text.split(",")
    return len(items) > 1 and all(part.isdigit() for item in items for part in item.strip().split("-", 1))


def _instead(element: Element) -> str:
    if _plain(element):
        return f"write each range as a separate element: [{quoted(element.written.text)}]"
    return 'write decimal numbers without blanks, each range as a separate element: ["4-8", "10"]'


def _fix(element: Element) -> list[Edit]:
    where = element.written.whole
    if not _plain(element) or not where.line or len(element.written.text) != where.end_column - where.column:
        return []
    return [Edit(where, quoted(element.written.text)[1:-1])]


RULE = Rule(
    "CC112",
    "xl-text-dropped",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-12,13,14"]\n'),)),
    good=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-12", "13", "14"]\n'),)
    ),
)
