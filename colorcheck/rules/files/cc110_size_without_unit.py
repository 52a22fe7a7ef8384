"""A size without a unit is in KiB.

What it checks: sizes among the boot options that have no unit and are improbable in KiB.

Why it matters: `llc-size=1048576` is 1 GiB, not 1 MiB: Xen then counts far more colors than the cache has, and colors
no longer match it. `dom0_mem=512` is 512 KiB.

What it cannot see: sizes without a unit that are plausible in KiB.

Source: `parse_size_and_unit` (xen/common/lib.c, 4.20.4): without a unit a number is in KiB; measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import MIB, size
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import GEOMETRY, RESERVE
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option
from colorcheck.xen.release.spelling import Concept, OptionKind

PLAUSIBLE = {  # bytes
    Concept.LLC_SIZE: (32 << 10, 64 * MIB),
    Concept.WAY_SIZE: (8 << 10, 4 * MIB),
    Concept.BUDDY_SIZE: (4 * MIB, 4096 * MIB),
    Concept.DOM0_MEMORY: (16 * MIB, 1024 * 1024 * MIB),
}
_ABOUT = {
    Concept.LLC_SIZE: (GEOMETRY,),
    Concept.WAY_SIZE: (GEOMETRY,),
    Concept.BUDDY_SIZE: (RESERVE,),
    Concept.DOM0_MEMORY: ("dom0",),
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each improbable size without a unit."""
    for option, _, releases in options(facts, _improbable):
        assert isinstance(option.stored, int)  # noqa: S101
        yield RULE.finding(
            f"{option.text} has no unit and is read as KiB: {size(option.stored)}{on(facts, releases)}",
            option.value_location,
            f"write the unit: {option.name}={_meant(option)}",
            about=_ABOUT.get(option.spec.concept, ()) if option.spec else (),
        )


def _improbable(option: Option, read: BootArguments) -> bool:  # noqa: ARG001
    if option.spec is None or option.spec.kind not in (OptionKind.SIZE, OptionKind.OWN_SIZE) or not option.stored:
        return False
    low, high = PLAUSIBLE.get(option.spec.concept, (0, 1 << 64))
    return option.value.isdigit() and isinstance(option.stored, int) and not low <= option.stored <= high


def _meant(option: Option) -> str:
    """The number as bytes or as MiB, whichever is plausible."""
    low, _ = PLAUSIBLE.get(option.spec.concept, (0, 0)) if option.spec else (0, 0)
    number = int(option.stored or 0) >> 10 if isinstance(option.stored, int) else 0
    return f"{number}B" if number >= low else f"{number}M"


RULE = Rule(
    "CC110",
    "size-without-unit",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1024 dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1024M dom0-llc-colors=2-10"),
)
