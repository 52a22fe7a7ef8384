"""Why domains share a last-level cache or not: the CPUs on which each may run, and their clusters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from colorcheck.core.colors import ColorSet
from colorcheck.hardware.affinity import CacheMeeting, cache_groups, meetings, shared_caches
from colorcheck.hardware.board import Board
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.domains.affinity import Affinity, affinities
from colorcheck.xen.system import System


def explain(facts: Facts) -> str:
    """The explanation as text, for every release that was modelled."""
    parts = [line for result in facts.results for line in _result(facts, result)]
    return "\n".join(parts)


def affinity_to_dict(facts: Facts) -> list[dict[str, object]]:
    """One entry for every release that was modelled: the affinity of each domain, and what each pair shares."""
    return [
        {
            "xen": result.release,
            "domains": [affinity.to_dict() for affinity in affinities(result.system, facts.deployment, facts.board)],
            "pairs": [_pair_to_dict(*pair) for pair in _pairs(facts.board, result.system, facts)],
        }
        for result in facts.results
        if result.system is not None
    ]


def _result(facts: Facts, result: ReleaseResult) -> Iterator[str]:
    system, board = result.system, facts.board
    if system is None:
        return
    yield f"Where domains run (Xen {result.release})"
    for affinity in affinities(system, facts.deployment, facts.board):
        yield f"  {affinity.domain}: {_cpus(affinity)}"
        yield from _vcpus(affinity)
        yield from (f"    {reason.location}: {reason.message}" for reason in affinity.reasons)
    if board is None:
        yield "  the board is unknown, so it is not known which CPUs share a cache"
        return
    for group in cache_groups(board):
        cpus = "any CPU" if group.cpus is None else f"CPUs {_numbers(group.cpus)}"
        yield f"  {group.label}: {cpus}"
    if len({cluster.cores for cluster in board.clusters}) > 1:
        yield "  Xen parks CPUs of a different kind than the boot CPU (CPU 0), unless it is booted with hmp-unsafe"
    for first, second, met in _pairs(board, system, facts):
        yield f"  {first.domain} and {second.domain}: {_shared(met)}"


def _pairs(
    board: Board | None, system: System, facts: Facts
) -> Iterator[tuple[Affinity, Affinity, list[CacheMeeting]]]:
    if board is None:
        return
    found = list(zip(system.domains, affinities(system, facts.deployment, facts.board), strict=True))
    for (one, first), (other, second) in combinations(found, 2):
        colors = [(ColorSet.of(domain.colors), a.cpus) for domain, a in ((one, first), (other, second))]
        if system.nr_colors:
            yield first, second, list(meetings(board, colors[0], colors[1], system.nr_colors))
        else:
            groups = shared_caches(board, first.cpus, second.cpus)
            yield first, second, [CacheMeeting(group, None, ColorSet()) for group in groups]


def _shared(met: list[CacheMeeting]) -> str:
    if not met:
        return "they run on different clusters and share no last-level cache"
    return "; ".join(f"they share the {meeting.group.label}, {_colors(meeting)}" for meeting in met)


def _colors(meeting: CacheMeeting) -> str:
    if meeting.modulus is None:
        return "whose geometry is unknown"
    if not meeting.colors:
        return f"where their colors are disjoint (color c counts as c mod {meeting.modulus})"
    return f"where they meet in {meeting.colors} (color c counts as c mod {meeting.modulus})"


def _pair_to_dict(first: Affinity, second: Affinity, met: list[CacheMeeting]) -> dict[str, object]:
    return {
        "domains": [first.domain, second.domain],
        "shared": [
            {
                "cache": meeting.group.label,
                "cpus": None if meeting.group.cpus is None else sorted(meeting.group.cpus),
                "modulus": meeting.modulus,
                "colors": list(meeting.colors),
            }
            for meeting in met
        ],
    }


def _cpus(affinity: Affinity) -> str:
    if affinity.cpus is not None:
        return f"CPUs {_numbers(affinity.cpus)}"
    return "not known" if None in affinity.vcpus else "any CPU"


def _vcpus(affinity: Affinity) -> Iterator[str]:
    """The pool, and the CPUs of each vCPU; vCPUs that may run on the same CPUs are in one line."""
    if affinity.pool:
        yield f"    in Pool-{affinity.pool}"
    numbers: dict[frozenset[int] | None, list[int]] = {}
    for number, cpus in enumerate(affinity.vcpus):
        numbers.setdefault(cpus, []).append(number)
    for cpus, each in numbers.items():
        which = "not known" if cpus is None else f"CPUs {_numbers(cpus)}" if len(cpus) > 1 else f"CPU {_numbers(cpus)}"
        yield f"    vCPU{'s' * (len(each) > 1)} {', '.join(map(str, each))}: {which}"


def _numbers(cpus: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(cpus)))
