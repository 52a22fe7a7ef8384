"""The evidence for the largest assumption: that the Xen on the board is the modelled release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.inputs.boot.xen_attested import AGREES, DIFFERS, LIFE, XenAttested
from colorcheck.inputs.deployment import Deployment
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import find_release

LEAST_BOOTS = 20
"""Boots that must agree before the release counts as measured: one boot exercises one path through the model."""
_OF_THE_MODEL = frozenset(
    (
        TheoremKind.BOOTS,
        TheoremKind.ALLOCATOR_INVARIANT,
        TheoremKind.PLACEMENT,
        TheoremKind.MEMORY,
        TheoremKind.MEMORY_ANY_ORDER,
        TheoremKind.LIFECYCLE_MEMORY,
    )
)
"""The theorems about Xen's own behavior, on which those about pairs depend."""


def of_this_xen(theorems: Iterable[Theorem], deployment: Deployment, release: Release) -> tuple[Theorem, ...]:
    """The theorems; those about Xen's behavior get the assumption that Xen is of the release."""
    taken = release_assumption(deployment, release)
    return tuple(
        replace(theorem, assumptions=(*theorem.assumptions, taken)) if theorem.kind in _OF_THE_MODEL else theorem
        for theorem in theorems
    )


def release_assumption(deployment: Deployment, release: Release) -> Assumption:
    """The assumption that Xen is of the release: trusted, or measured if at least `LEAST_BOOTS` boots of this very
    binary agreed with the model and none differed.
    """
    text = f"Xen is {release.title}, without patches that change what is modelled"
    evidence = deployment.xen_attested
    held_against = find_release(evidence.release) if evidence else None
    same = held_against is not None and held_against.modelled_as == release.modelled_as
    if evidence is None or not same or evidence.differing or evidence.counts.get(DIFFERS):
        return Assumption(text, f"{deployment.manifest.location('target.xen')}", Trust.TRUSTED)
    agreed, named = evidence.counts.get(AGREES, 0), deployment.manifest.target.xen_attested
    if agreed < LEAST_BOOTS:
        short = f"{named}: {agreed} of this binary's boots agree with the model, {LEAST_BOOTS} are the minimum"
        return Assumption(text, short, Trust.TRUSTED)
    undecided = len(evidence.boots) - agreed
    others = f"{undecided} more decided nothing, none differs" if undecided else "none differs"
    return Assumption(
        text, f"{named}: measured ({agreed} boots: {', '.join(_kinds(evidence))}); {others}", Trust.MEASURED
    )


def _kinds(evidence: XenAttested) -> Iterator[str]:
    """What was compared, and in how many of the boots that agree."""
    agreeing = [boot for boot in evidence.boots if boot.result == AGREES]
    lives = sum(boot.name.startswith(LIFE) for boot in agreeing)
    heaps = sum("color heap" in boot.compared for boot in agreeing)
    panics = sum("panic" in boot.compared for boot in agreeing)
    for count, what in ((heaps, "frames of every color"), (panics, "panics"), (lives, "guests of xl")):
        if count:
            yield f"{count} with {what}"
    if not heaps and not panics and not lives:
        yield "what was compared is not in the file"
