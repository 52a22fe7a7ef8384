"""What stands behind the largest assumption: that the Xen on the board is the modelled release."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.inputs.boot.xen_attested import AGREES
from colorcheck.inputs.deployment import Deployment
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import find_release

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
"""The theorems that say what Xen itself does. Those on pairs rest on them."""


def of_this_xen(theorems: Iterable[Theorem], deployment: Deployment, release: Release) -> tuple[Theorem, ...]:
    """The theorems; those on what Xen does also assume that Xen is of the release."""
    taken = release_assumption(deployment, release)
    return tuple(
        replace(theorem, assumptions=(*theorem.assumptions, taken)) if theorem.kind in _OF_THE_MODEL else theorem
        for theorem in theorems
    )


def release_assumption(deployment: Deployment, release: Release) -> Assumption:
    """That Xen is of the release: trusted, or measured where this very binary was booted and never differed."""
    text = f"Xen is {release.title}, without patches that change what is modelled"
    evidence = deployment.xen_attested
    held_against = find_release(evidence.release) if evidence else None
    agreed = evidence.counts.get(AGREES, 0) if evidence else 0
    same = held_against is not None and held_against.modelled_as == release.modelled_as
    if evidence is None or not same or not agreed or evidence.differing:
        return Assumption(text, f"{deployment.manifest.location('target.xen')}", Trust.TRUSTED)
    boots = f"{agreed} of {len(evidence.boots)} boots of this binary agree with the model, none differ"
    return Assumption(text, f"{deployment.manifest.target.xen_attested}: {boots}", Trust.DOCUMENTED)
