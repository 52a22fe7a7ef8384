"""Two domains share colors, so each can evict the other's lines.

What it checks: each pair of domains, Xen included, that the policy requires to be isolated, for colors whose frames
meet in a set of a cache that both use. The proof is about the colors that Xen really gives, not about what was
written.

Why it matters: one shared color is enough for a domain to evict another's lines from the last-level cache, which is
what coloring is there to prevent. Xen silently accepts such lists: it does not compare domains.

What it cannot see: sharing through grants, foreign mappings and static shared memory at run time, and contention that
colors do not govern (bus, DRAM, miss registers).

Source: Xen's cache coloring guide, whose own example shares colors 4, 5 and 6 between dom0 and its guest;
xen/common/llc-coloring.c (4.20.4, 4.21.2, 4.22.0) compares no domains.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Related, Severity, Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.isolation.cc406_memory_given import is_given
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import GEOMETRY
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.system import System

KIND = TheoremKind.PAIR_SEPARATION
MOST_PAIRS = 2_000


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each refuted pair, once for all releases that refute it; if coloring is off, CC128 reports that
    once.
    """
    refuted: dict[tuple[str, ...], tuple[Theorem | None, System | None, list[str]]] = {}
    for result in facts.results:
        for theorem in result.theorems:
            given = is_given(theorem.witness)
            if theorem.kind == KIND and theorem.verdict is Verdict.REFUTED and result.colored and not given:
                refuted.setdefault(theorem.subjects, (theorem, result.system, []))[2].append(result.release)
        for pair in _meeting(result, facts):
            refuted.setdefault(pair, (None, result.system, []))[2].append(result.release)
    systems = {id(system): system for _, system, _ in refuted.values()}
    users = {key: _Users.of(system) for key, system in systems.items()}
    for subjects, (shown, system, releases) in refuted.items():
        yield _finding(facts, subjects, shown, users[id(system)], releases)


def _meeting(result: ReleaseResult, facts: Facts) -> Iterator[tuple[str, str]]:
    """The pairs that share colors against the policy, if no boot is modelled that a proof could be about.

    With absurdly many domains only the first `MOST_PAIRS` pairs with a common color are examined: such a run ends
    undecided.
    """
    if result.boot is not None or not result.colored:
        return
    for first, second in islice(_with_common_color(result.system), MOST_PAIRS):
        if not facts.manifest.policy.share_of(first, second):
            yield first, second


def _with_common_color(system: System | None) -> Iterator[tuple[str, str]]:
    """The pairs with a common color, in the order of the domains, without visiting the others."""
    users = list(_users(system))
    having: dict[int, list[int]] = {}
    for number, (_, colors, _) in enumerate(users):
        for color in colors.members:
            having.setdefault(color, []).append(number)
    for number, (name, colors, _) in enumerate(users):
        later = (other for color in colors.members for other in having[color][bisect_right(having[color], number) :])
        yield from ((name, users[other][0]) for other in sorted(set(later)))


def _finding(
    facts: Facts, subjects: tuple[str, ...], theorem: Theorem | None, users: _Users, releases: list[str]
) -> Finding:
    first, second = subjects[:2]
    nowhere = (ColorSet(), None)
    (colors, where), (others, elsewhere) = users.named.get(first, nowhere), users.named.get(second, nowhere)
    shared, free = colors & others, users.free
    what = f"share {'color' if len(shared) == 1 else 'colors'} {shared}" if shared else "meet in the sets of a cache"
    primary = place(facts, elsewhere, where)
    places = [
        Related(each, f"{name} has {has or 'no colors'}")
        for name in dict.fromkeys(subjects)
        for has, each in [users.named.get(name, nowhere)]
        if each is not None
    ]
    return RULE.finding(
        f"{first} and {second} {what}: each can evict the other's lines{on(facts, releases)}",
        primary,
        _help(free),
        related=[related for related in (theorem and theorem.core) or places if related.location != primary],
        witness=theorem.witness if theorem else None,
        about=subjects if shared else (*subjects, GEOMETRY),
    )


def _help(free: ColorSet) -> str:
    unused = f"; free: {free}" if free else ""
    return (
        f"give them colors that do not overlap{unused} (`colorcheck plan` finds some that fit), "
        "or allow it with a reason in [[policy.share]]"
    )


def _users(system: System | None) -> Iterator[tuple[str, ColorSet, Location]]:
    if system is not None:
        yield "xen", ColorSet.of(system.xen_colors), system.xen_location
        yield from ((d.name, ColorSet.of(d.colors), d.location) for d in system.domains)


class _Users(Struct, frozen=True):
    """The colors of one system by owner, and the colors that no domain has."""

    named: Mapping[str, tuple[ColorSet, Location]]
    free: ColorSet

    @classmethod
    def of(cls, system: System | None) -> _Users:
        named = {name: (colors, where) for name, colors, where in _users(system)}
        used = ColorSet(frozenset().union(*(colors.members for colors, _ in named.values())))
        return cls(named, ColorSet.all(system.nr_colors or 0) - used if system else ColorSet())


RULE = Rule(
    "CC401",
    "shared-colors",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        boot_arguments=BOOT_ARGUMENTS,
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nvcpus = 1\nllc_colors = ["8-11"]\n'),),
    ),
    good=Example(
        boot_arguments=BOOT_ARGUMENTS,
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nvcpus = 1\nllc_colors = ["11-14"]\n'),),
    ),
)
