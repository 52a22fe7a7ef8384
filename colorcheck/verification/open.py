"""The open facts on which an answer depends; the same for every command."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from colorcheck.core.theorem import Theorem
from colorcheck.loader.facts import Fact, OpenFact
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.facts.keys import BOOT_CPU, MAPPED


class Reach(Enum):
    """How far a command models the boot: its answer depends on the facts that it reads."""

    COLORS = "colors"  # who has which colors
    MEMORY = "memory"  # the memory layout, and which domains are built


def open_facts(facts: Facts, reach: Reach) -> tuple[OpenFact, ...]:
    """The open facts on which an answer of this reach depends, each once, and inputs that were named and not read."""
    found: dict[str, OpenFact] = {}
    for result in facts.results:
        for fact in _of(result, reach, clusters=len(facts.board.clusters) if facts.board else 0):
            found.setdefault(fact.what, fact)
    for unread in facts.deployment.unread:
        key = f"unread {unread.problem.location}"
        settle = (unread.problem.help or "specify a readable file",)
        if all(fact.location != unread.problem.location for fact in found.values()):
            found[key] = OpenFact(key, unread.problem.message, settle, unread.problem.location)
    return tuple(found.values())


def _of(result: ReleaseResult, reach: Reach, clusters: int) -> Iterator[OpenFact]:
    system, worlds = result.system, result.worlds
    if system is None or worlds is None:
        return
    reads = system.memory_reads if reach is Reach.MEMORY and system.coloring else system.reads | system.cpu_reads
    if reach is Reach.MEMORY and result.boot is not None:
        reads |= result.boot.outcome_reads
    yield from (fact for name, fact in worlds.open.items() if name in reads or name == MAPPED.name)
    for fact in system.cpu_facts:
        irrelevant = fact.what == BOOT_CPU.name and clusters == 1  # all CPUs use one cache
        if isinstance(fact, OpenFact) and fact.undecided and not irrelevant:
            yield fact


def all_facts(result: ReleaseResult) -> tuple[Fact | OpenFact, ...]:
    """Every fact of a deployment under a release, open ones last."""
    if result.worlds is None or result.system is None:
        return ()
    book = result.worlds.facts
    cpus = [fact for fact in result.system.cpu_facts if not isinstance(fact, OpenFact) or fact.undecided]
    return (*book.known.values(), *cpus, *book.unknown.values(), *book.met.values())


def settling(theorem: Theorem, facts: Facts) -> tuple[OpenFact, ...]:
    """The open facts that a theorem depends on."""
    known = {name: fact for r in facts.results if r.worlds is not None for name, fact in r.worlds.open.items()}
    return tuple(known[name] for name in theorem.facts if name in known)
