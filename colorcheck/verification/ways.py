"""The result of each way of a deployment: every combination of answers of a boot script and alternatives of guests."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.verification.results import ReleaseResult
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import System


class WayResult(Struct, frozen=True):
    """One way under one release: `name` is empty for the way that is shown, otherwise the answers that lead to it;
    `boot` is None if it is not modelled.
    """

    name: str
    system: System
    boot: Boot | None


def ways_of(result: ReleaseResult) -> Iterator[WayResult]:
    """The way that is shown, then the others; those on which Xen is not started are left out."""
    if result.system is not None:
        yield WayResult("", result.system, result.boot)
    worlds = result.worlds
    for branch in worlds.branches if worlds is not None else ():
        other = worlds.branch(branch) if worlds is not None else None
        if other is not None:
            yield WayResult(branch.answers, other.base.system, other.base.boot)


def names_of(results: tuple[ReleaseResult, ...]) -> frozenset[str]:
    """The domains of all ways, under all releases."""
    return frozenset(domain.name for result in results for way in ways_of(result) for domain in way.system.domains)
