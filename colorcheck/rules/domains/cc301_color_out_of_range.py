"""A color that does not exist, or more colors than there are.

What it checks: every color that Xen, dom0 or a domain is given against the number of colors of this cache, and the
length of every list against it.

Why it matters: Xen panics over its own list, dom0's and that of a dom0less domain; the creation of an xl guest fails,
and on 4.20 the attempt brings down the whole host.

What it cannot see: whether the number of colors is right; other rules compare that with the board.

Source: `check_colors` and `xen_colors_init` (xen/common/llc-coloring.c, 4.20.4 to 4.22.0), measured on boots.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import domains
from colorcheck.rules.rule import Rule, on, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.kinds import ColorSource, DomainKind
from colorcheck.xen.notes.colors import ColorOutOfRange, TooManyColors
from colorcheck.xen.notes.domains import HostCrash
from colorcheck.xen.system import System


@says(ColorOutOfRange)
def _color_out_of_range(note: ColorOutOfRange) -> str:
    return f"{note.domain} has color {note.color}, but there are only colors 0-{note.nr_colors - 1}"


@says(TooManyColors)
def _too_many_colors(note: TooManyColors) -> str:
    return f"{note.domain} lists {note.count} colors, but there are only {note.nr_colors}"


_GIVEN = (ColorSource.GIVEN, ColorSource.REMAINS, ColorSource.INHERITED)
_CONSEQUENCE = {
    DomainKind.DOM0: "Xen panics when it creates dom0",
    DomainKind.DOM0LESS: "Xen panics when it creates this domain",
    DomainKind.XL: "Xen refuses the colors and the guest is not created",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each list, Xen's or a domain's, that names colors that do not exist."""
    reported: set[tuple[object, ...]] = set()
    for release, system in facts.systems():
        key = (system.xen_location, system.xen_colors, system.nr_colors)
        if system.coloring and key not in reported:
            reported.add(key)
            wrong = _wrong(system, "xen", system.xen_colors)
            if wrong:
                yield RULE.finding(f"{wrong[0]}: Xen panics{on(facts, (release,))}", system.xen_location, wrong[1])
    crashing = {what.domain for what in seen(facts, HostCrash)}
    for result, domain, releases in domains(facts):
        if domain.kind is DomainKind.XL and _crashes(result) and domain.name in crashing:
            continue  # CC211 reports that this brings the host down
        if result.system and result.system.coloring and domain.source in _GIVEN:
            wrong = _wrong(result.system, domain.name, domain.colors)
            if wrong:
                then = _CONSEQUENCE[domain.kind]
                yield RULE.finding(f"{wrong[0]}: {then}{on(facts, releases)}", domain.location, wrong[1])


def _crashes(result: ReleaseResult) -> bool:
    return result.system is not None and result.system.release.traits.refused_guest_crashes_host


def _wrong(system: System, name: str, colors: tuple[int, ...]) -> tuple[str, str] | None:
    """What is wrong with a list of colors, and what to write instead."""
    if not system.nr_colors:
        return None
    last = system.nr_colors - 1
    beyond = ColorSet.of(color for color in colors if color > last)
    if beyond:
        noun = "color" if len(beyond) == 1 else "colors"
        return f"{name} has {noun} {beyond}, but there are only colors 0-{last}", f"use colors from 0 to {last}"
    if len(colors) > system.nr_colors:
        return f"{name} lists {len(colors)} colors, but there are only {system.nr_colors}", "name each color once"
    return None


RULE = Rule(
    "CC301",
    "color-out-of-range",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["14-16"]\n'),), xen="4.21"
    ),
    good=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-15"]\n'),), xen="4.21"
    ),
    kinds=(ColorOutOfRange, TooManyColors),
)
