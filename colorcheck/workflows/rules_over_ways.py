"""The rules on every way through a boot script: faults on ways that are not shown are reported, too, once, with the
answers that lead to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding
from colorcheck.verification.results import Facts, Fault, ReleaseResult
from colorcheck.verification.ways import names_of
from colorcheck.xen.worlds.branches import WorldBranch

Rules = Callable[[Facts], "tuple[tuple[Finding, ...], tuple[Fault, ...]]"]


def over_ways(facts: Facts, run: Rules) -> tuple[tuple[Finding, ...], tuple[Fault, ...]]:
    """The findings of `run` on the way that is shown, then those that only other ways have, and the faults of rules."""
    facts = replace(facts, everywhere=names_of(facts.results)) if any(_ways(facts)) else facts
    findings, faults = run(facts)
    ways = sorted(_ways(facts), key=lambda way: len(way.answers))
    if not ways:
        return findings, faults
    reported = {_key(finding) for finding in findings}
    more: list[tuple[WorldBranch, Finding]] = []
    for way in ways:
        found, crashes = run(_on(facts, way))
        faults = (*faults, *crashes)
        for finding in found:
            if _key(finding) not in reported:
                reported.add(_key(finding))
                more.append((way, finding))
    further: list[Finding] = []
    # theorems are judged over all ways, and so are the rules about them
    bare = {_key(finding) for finding in run(_without_theorems(facts))[0]} if more else set[object]()
    for way, finding in more:
        if _key(finding) not in bare:
            words = way.words if way.guests else f"on the path of the boot script with {way.answers}"
            further.append(replace(finding, message=f"{finding.message} ({words})", fix=()))
    return (*findings, *further), faults


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.location, finding.message


def _ways(facts: Facts) -> Iterable[WorldBranch]:
    return next((result.worlds.branches for result in facts.results if result.worlds is not None), ())


def _without_theorems(facts: Facts) -> Facts:
    return replace(facts, results=tuple(replace(result, theorems=()) for result in facts.results))


def _on(facts: Facts, way: WorldBranch) -> Facts:
    """The facts on another way; if Xen is not started on it, those of the way shown with the reason."""
    if way.deployment is None:
        problems = tuple(dict.fromkeys((*facts.deployment.problems, *way.problems)))
        return replace(_without_theorems(facts), deployment=replace(facts.deployment, problems=problems))
    deployment = replace(way.deployment, problems=tuple(dict.fromkeys((*way.deployment.problems, *way.problems))))
    return replace(facts, deployment=deployment, results=tuple(_results(facts, way)), handover=way.handover)


def _results(facts: Facts, way: WorldBranch) -> Iterator[ReleaseResult]:
    for result in facts.results:
        worlds = result.worlds.branch(way) if result.worlds is not None else None
        if worlds is None:
            yield ReleaseResult(result.release)
            continue
        base = worlds.base
        yield ReleaseResult(result.release, base.system, base.boot if result.boot is not None else None, worlds=worlds)
