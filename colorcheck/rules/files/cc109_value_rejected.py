"""Xen rejects the value of an option, and may keep half of it.

What it checks: numbers and sizes among the boot options, with the text that follows them.

Why it matters: text after a number makes it an error, but the number has been stored: `dom0_mem=1.5G` is 1 KiB. A value
that does not fit is not stored at all. The only trace is a line early in the log. With `dom0_mem=1G,max:1G`, which x86
accepts, 1 GiB takes effect: that is a warning.

What it cannot see: options that have nothing to do with memory or colors.

Source: `parse_params` and `parse_size_and_unit` (xen/common/kernel.c, 4.20.4), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import size_and_unit
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import size
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option, OptionFate
from colorcheck.xen.options.typed import BOOLEANS, SIZES
from colorcheck.xen.release.spelling import Concept, OptionKind

_ABOUT = {
    **dict.fromkeys((Concept.LLC_SIZE, Concept.LLC_WAYS, Concept.WAY_SIZE), (GEOMETRY,)),
    Concept.DOM0_MEMORY: ("dom0",),
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each rejected number or size."""
    for option, _, releases in options(facts, _rejected):
        whole = _first_item_holds(option)
        kept = "nothing is stored" if option.stored is None else f"{_amount(option)} stays in force"
        yield RULE.finding(
            f'Xen rejects the value "{option.value}" of {option.key}; {kept}{on(facts, releases)}',
            option.value_location,
            _instead(option, whole=whole, sized=_is_size(option)),
            severity=Severity.WARNING if whole else None,
            about=_ABOUT.get(option.spec.concept, ()) if option.spec else (),
        )


def _amount(option: Option) -> str:
    return size(option.stored) if isinstance(option.stored, int) and _is_size(option) else str(option.stored)


def _first_item_holds(option: Option) -> bool:
    """Whether the text before the first comma is a complete value and takes effect: x86 accepts more items."""
    first, comma, _ = option.value.partition(",")
    if not comma or option.stored is None:
        return False
    number, end = size_and_unit(first) if first[:1].isdecimal() else (None, 0)
    return end == len(first) and number == option.stored


def _instead(option: Option, *, whole: bool, sized: bool) -> str:
    if whole:
        return f"write {option.key}={option.value.partition(',')[0]}: on Arm the option takes nothing more"
    return "write an integer with one of the units K, M, G" if sized else "write an integer"


def _is_size(option: Option) -> bool:
    if option.spec is None:
        return option.name in SIZES
    return option.spec.kind in (OptionKind.SIZE, OptionKind.OWN_SIZE)


def _rejected(option: Option, read: BootArguments) -> bool:  # noqa: ARG001
    if option.fate is not OptionFate.REJECTED:
        return False
    if option.spec is None:
        return option.name not in BOOLEANS
    return option.spec.kind not in (OptionKind.BOOLEAN, OptionKind.COLORS)


RULE = Rule(
    "CC109",
    "value-rejected",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1.5G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1536M dom0-llc-colors=2-10"),
)
