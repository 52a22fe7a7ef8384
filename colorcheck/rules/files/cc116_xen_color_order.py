"""Xen does not use all of its own colors.

What it checks: whether `xen-llc-colors` ascends without repetitions. Xen assumes that it does.

Why it matters: from `5,2` Xen uses only color 5, from `1,1` only 1, while the log reports two colors. Xen's image then
has less of the cache than was meant, and color 2 stays unused.

What it cannot see: memory of Xen that is not colored at all: see the residue in the report.

Source: `xen_colored_mfn` (xen/common/llc-coloring.c, 4.20.4): looks for the next color in an ascending list.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import lists
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.colors import UnsortedXenColors
from colorcheck.xen.release.spelling import Concept


@says(UnsortedXenColors)
def _unsorted_xen_colors(note: UnsortedXenColors) -> str:
    listed, used = (", ".join(map(str, colors)) for colors in (note.colors, note.used))
    return f"Xen walks its list in ascending order: of {listed} it uses only {used}"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if Xen's list does not ascend."""
    for option, colors, releases in lists(facts):
        taken = colors.colors
        if option.spec is None or option.spec.concept is not Concept.XEN_COLORS or list(taken) == sorted(set(taken)):
            continue
        used = _used(taken)
        unused = ColorSet.of(taken) - used
        lost = f", not {unused}" if unused else ""
        yield RULE.finding(
            f"Xen assumes that its own list ascends: of {option.value} it uses color {used}{lost}{on(facts, releases)}",
            option.value_location,
            f"write xen-llc-colors={ColorSet.of(taken)}",
            fix=[Edit(option.value_location, str(ColorSet.of(taken)))] if colors.error is None else [],
        )


def _used(colors: tuple[int, ...]) -> ColorSet:
    """The colors of frames that `xen_colored_mfn` picks, walking up from each frame to the next color of the list."""
    frame, picked = 0, set()
    for _ in range(4 * len(colors) + 4):
        frame += _step(frame, colors)
        picked.add(frame % _WIDE)
        frame += 1
    return ColorSet.of(picked)


_WIDE = 1 << 10


def _step(frame: int, colors: tuple[int, ...]) -> int:
    """Frames up to the first color of the list that is not below the frame's own, else to the list's first one."""
    current = frame % _WIDE
    for color in colors:
        if color >= current:
            return color - current
    return _WIDE - current + colors[0]


RULE = Rule(
    "CC116",
    "xen-color-order",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=1,0 dom0_mem=1G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0,1 dom0_mem=1G dom0-llc-colors=2-10"),
    kinds=(UnsortedXenColors,),
)
