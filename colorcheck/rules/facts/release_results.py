"""Look-ups of domains and boots, each once for all releases that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import TheoremKind
from colorcheck.rules.rule import readable
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import Domain, System

T = TypeVar("T")


def colored(facts: Facts) -> tuple[tuple[str, System], ...]:
    """(release, system) of every Xen under which coloring is on."""
    return tuple((release, system) for release, system in facts.systems() if system.coloring)


def uncolored(facts: Facts) -> tuple[tuple[str, System], ...]:
    """(release, system) of every Xen under which coloring is off."""
    return tuple((release, system) for release, system in facts.systems() if not system.coloring and readable(facts))


def releases(found: tuple[tuple[str, System], ...]) -> tuple[str, ...]:
    """The releases in a result of `colored` or `uncolored`."""
    return tuple(release for release, _ in found)


def domains(facts: Facts) -> Iterator[tuple[ReleaseResult, Domain, tuple[str, ...]]]:
    """Every domain of every Xen; equal ones once, with all releases that give the same result."""
    seen: dict[tuple[object, ...], tuple[ReleaseResult, Domain, list[str]]] = {}
    for result in facts.results:
        for domain in result.system.domains if result.system else ():
            key = (domain.name, domain.colors, domain.source, domain.location)
            seen.setdefault(key, (result, domain, []))[2].append(result.release)
    for result, domain, found in seen.values():
        yield result, domain, tuple(found)


def alike(found: Iterable[tuple[str, T]], key: Callable[[T], object]) -> Iterator[tuple[T, tuple[str, ...]]]:
    """Groups (release, thing) by a key of the thing: the first of each group, with the releases of all."""
    groups: dict[object, tuple[T, list[str]]] = {}
    for release, thing in found:
        groups.setdefault(key(thing), (thing, []))[1].append(release)
    for thing, releases_ in groups.values():
        yield thing, tuple(releases_)


def boots(facts: Facts) -> Iterator[tuple[str, Boot]]:
    """(release, boot) of every colored boot."""
    return ((release, boot) for release, boot in facts.boots() if boot.system.coloring)


def panicking(facts: Facts) -> Iterator[tuple[str, Boot]]:
    """(release, boot) of every colored boot that ends with a panic in all worlds; if an open fact decides, the
    theorem `boots` is not refuted, and the panic of one world is not reported.
    """
    for result in facts.results:
        boot = result.boot
        if boot is None or boot.panic is None or not boot.system.coloring:
            continue
        verdicts = [theorem.verdict for theorem in result.theorems if theorem.kind is TheoremKind.BOOTS]
        if all(verdict is Verdict.REFUTED for verdict in verdicts):
            yield result.release, boot


def place(facts: Facts, *wanted: Location | None) -> Location:
    """The first location that names a place in a file, otherwise the device tree, otherwise the manifest."""
    for location in wanted:
        if location is not None and location.file:
            return location
    tree = facts.deployment.tree
    return Location(tree.file if tree else facts.manifest.file)
