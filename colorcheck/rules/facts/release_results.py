"""What several rules look for among the facts: domains and boots, each once for all Xens that agree."""

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
    """The releases of what `colored` and `uncolored` give."""
    return tuple(release for release, _ in found)


def domains(facts: Facts) -> Iterator[tuple[ReleaseResult, Domain, tuple[str, ...]]]:
    """Every domain of every Xen, alike ones once with the releases that make the same of them."""
    seen: dict[tuple[object, ...], tuple[ReleaseResult, Domain, list[str]]] = {}
    for result in facts.results:
        for domain in result.system.domains if result.system else ():
            key = (domain.name, domain.colors, domain.source, domain.location)
            seen.setdefault(key, (result, domain, []))[2].append(result.release)
    for result, domain, found in seen.values():
        yield result, domain, tuple(found)


def alike(found: Iterable[tuple[str, T]], key: Callable[[T], object]) -> Iterator[tuple[T, tuple[str, ...]]]:
    """Of (release, thing), things of one key once, the first of them with the releases of all."""
    groups: dict[object, tuple[T, list[str]]] = {}
    for release, thing in found:
        groups.setdefault(key(thing), (thing, []))[1].append(release)
    for thing, releases_ in groups.values():
        yield thing, tuple(releases_)


def boots(facts: Facts) -> Iterator[tuple[str, Boot]]:
    """(release, boot) of every colored boot."""
    return ((release, boot) for release, boot in facts.boots() if boot.system.coloring)


def panicking(facts: Facts) -> Iterator[tuple[str, Boot]]:
    """(release, boot) of every colored boot that ends with a panic in all worlds; where something open decides, the
    theorem `boots` is not refuted, and nothing is said about the world at hand."""
    for result in facts.results:
        boot = result.boot
        if boot is None or boot.panic is None or not boot.system.coloring:
            continue
        verdicts = [theorem.verdict for theorem in result.theorems if theorem.kind is TheoremKind.BOOTS]
        if all(verdict is Verdict.REFUTED for verdict in verdicts):
            yield result.release, boot


def place(facts: Facts, *wanted: Location | None) -> Location:
    """The first location that is a place; else the device tree, else the manifest."""
    for location in wanted:
        if location is not None and location.file:
            return location
    tree = facts.deployment.tree
    return Location(tree.file if tree else facts.manifest.file)
