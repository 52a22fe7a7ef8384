"""A boot option belongs to another Xen.

What it checks: boot options that this Xen does not have and another known release has, such as `xen_colors`,
`dom0_colors` and `way_size` of the Xilinx forks.

Why it matters: the wrong Xen prints one line that the option is unknown and ignores it. With the forks' names upstream
boots with coloring off: nothing is isolated and nothing fails.

What it cannot see: which Xen really boots; the manifest says which is meant.

Source: Xilinx 2019.2 to 4.17 and upstream 4.20 to 4.22, option by option.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Edit, Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.facts.arguments import LIST_OWNERS, options
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.options.options import BootArguments, Option, OptionFate
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES
from colorcheck.xen.release.spelling import BootOption, Concept

_SAME_TEXT = (Concept.XEN_COLORS, Concept.DOM0_COLORS)  # the value means the same under both names


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each option of another release."""
    for option, read, releases in options(facts, _foreign):
        release, spec = _home(option)
        ours = read.release.options_for(spec.concept)
        name = ours[0].name if ours else ""
        rename = (
            [Edit(option.name_location, name)] if name and spec.concept in _SAME_TEXT and not option.negated else []
        )
        yield RULE.finding(
            f"{option.key} is an option of {release.title}; {read.release.title} ignores it{on(facts, releases)}",
            option.name_location,
            _instead(name, spec, read.release),
            fix=rename,
            about=(LIST_OWNERS[spec.concept],) if spec.concept in LIST_OWNERS else (),
        )


def _foreign(option: Option, read: BootArguments) -> bool:
    return option.fate is OptionFate.UNKNOWN and any(
        d.option(option.name) for d in RELEASES if d.name != read.release.name
    )


def _home(option: Option) -> tuple[Release, BootOption]:
    return next((release, spec) for release in RELEASES if (spec := release.option(option.name)))


def _instead(name: str, spec: BootOption, release: Release) -> str:
    if name:
        return f"write {name} (`colorcheck migrate --to {release.name}` translates all files)"
    if spec.concept is Concept.WAY_SIZE:
        return "write llc-size and llc-nr-ways, or let Xen probe the cache with llc-coloring=on"
    return f"{release.title} has no equivalent; delete it"


RULE = Rule(
    "CC202",
    "other-dialect-option",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on xen_colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
    good=Example(boot_arguments="llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"),
)
