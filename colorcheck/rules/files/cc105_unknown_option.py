"""Xen has no boot option of this name.

What it checks: each boot option against those that this Xen has on Arm64; blanks around `=`.

Why it matters: Xen prints `parameter "NAME" unknown!` early in the log and goes on without it. A misspelled color list
has no effect: `dom0-llc-color=2-6` leaves dom0 with all colors.

What it cannot see: options that a patched Xen adds.

Source: `parse_params` (xen/common/kernel.c) and docs/misc/xen-command-line.pandoc, 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.core.suggest import nearest, similarity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import options
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option, OptionFate
from colorcheck.xen.release.releases import RELEASES

_CLOSE = 0.85  # from this similarity on, the name is certainly a typo
_ABOUT = {"dom0-llc-colors": ("dom0",), "llc-coloring": (SWITCH,)}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each option that neither this Xen nor another known release has."""
    for option, read, releases in options(facts, unknown):
        if option.written.text.startswith("="):
            message = f"Xen takes {option.written.text} for an option of its own: blanks separate options"
            advice = "write NAME=VALUE without blanks"
            yield RULE.finding(f"{message}{on(facts, releases)}", option.location, advice, severity=Severity.ERROR)
            continue
        ours = [known.name for known in read.release.options]
        near = nearest(option.name, [*ours, *sorted(read.release.registered)])
        close = near is not None and similarity(option.name, near) >= _CLOSE
        yield RULE.finding(
            f"Xen has no option {option.key} and ignores it{on(facts, releases)}",
            option.name_location,
            f"did you mean {near}?" if near else _elsewhere(option.name),
            severity=Severity.ERROR if near in ours else None,
            fix=[Edit(option.name_location, option.key.removesuffix(option.name) + near)] if near and close else [],
            about=_ABOUT.get(near or "", ()),
        )


def _elsewhere(name: str) -> str:
    """The advice for a name that resembles no option of this Xen, but perhaps one of another release."""
    known = {option.name: release for release in reversed(RELEASES) for option in release.options}
    near = nearest(name, known)
    if near is None:
        return "delete it, or correct its name"
    return f"it resembles {near} of {known[near].title}, which this Xen does not have either"


def unknown(option: Option, read: BootArguments) -> bool:
    """Whether no Xen has an option of this name."""
    if option.fate is not OptionFate.UNKNOWN or not option.text:
        return False
    return not any(release.option(option.name) for release in RELEASES if release.name != read.release.name)


RULE = Rule(
    "CC105",
    "unknown-option",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-color=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
