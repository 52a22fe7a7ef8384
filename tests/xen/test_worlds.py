"""The bound over placements holds wherever things lie, and verdicts over worlds are right about what was measured.

`benchmarks/bench_bound.py` draws 100,000 placements; here are fewer, always the same.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.loader.facts import Fact, OpenFact, Span
from colorcheck.proof import ProofRequest, prove
from colorcheck.proof.over_worlds import over_worlds
from colorcheck.xen.booted import Boot
from colorcheck.xen.facts import keys
from colorcheck.xen.worlds.world import World, Worlds
from tests.xen.golden_cases import board_of, cases, deployment, load
from tests.xen.random_placements import bound_of, samples, scenarios

SCENARIOS = {name: (given, board) for name, given, board in scenarios()}


@pytest.mark.parametrize("release", ["4.20", "4.21", "4.22"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_random_placement_falls_below_the_bound(name: str, release: str) -> None:
    given, board = SCENARIOS[name]
    worlds, bound = bound_of(given, board, release)
    if bound is None:
        return
    for chosen, free in samples(worlds, given, Random(20), 60):
        assert free is not None, chosen
        assert all(map(int.__ge__, free, bound.least)), chosen
        assert all(map(int.__le__, free, bound.most)), chosen


def test_most_scenarios_have_a_bound() -> None:
    found = [bound_of(given, board, "4.22")[1] for given, board in SCENARIOS.values()]
    assert sum(bound is not None for bound in found) >= len(found) // 2


# Verdicts over worlds against measured boots: each boot is one of the worlds of the deployment with some facts opened.
NOWHERE = Location("test")
OPENED: dict[str, tuple[object, ...] | Span | None] = {
    keys.XEN_ADDRESS.name: Span(0, 1 << 48, 1 << 21),
    keys.IMAGE_SIZE.name: Span(1, (8 << 20) + 1),
    keys.TREE_ADDRESS.name: Span(0, 1 << 48, 8),
    keys.TREE_SIZE.name: Span(1, (2 << 20) + 1),
    keys.ADDRESS_BITS.name: (40, 48),
    keys.RAMDISK_RESERVE.name: (False, True),
    keys.STATIC_SHM.name: (False, True),
    keys.MEMORY.name: None,
    keys.DOM0_KERNEL.name: None,
    keys.GUESTS.name: None,
}
BOOTS = [path for path in cases("boots") if path.stem.endswith(("4.20", "4.22"))][::48]


@cache
def case(path: Path) -> tuple[Deployment, Board, str]:
    measured = load(path)
    return deployment(path, measured), board_of(measured), measured["xen"]


def theorems(path: Path, opened: tuple[str, ...]) -> dict[str, Theorem]:
    """The verdicts with these facts open. The value that the boot had is among those of a finite fact."""
    worlds = Worlds(*case(path))
    for name in opened:
        known, values = worlds.facts.known.get(name), OPENED[name]
        if isinstance(known, Fact):
            if isinstance(values, tuple):
                values = tuple(dict.fromkeys((*values, known.value)))
            worlds.facts = worlds.facts.opened(OpenFact(name, "the test opened it", (), NOWHERE, values))

    def proved(world: World, booted: Boot, bounded: str, kinds: frozenset[TheoremKind] | None) -> tuple[Theorem, ...]:
        return prove(booted.system, booted, world.board, PlanPolicy(), ProofRequest(10.0, bounded=bounded, kinds=kinds))

    return {theorem.id: theorem for theorem in over_worlds(worlds, proved)}


@cache
def settled(path: Path) -> dict[str, Theorem]:
    return theorems(path, ())


def subsets(path: Path) -> list[tuple[str, ...]]:
    """Every single fact, all together, and some subsets of other sizes, always the same for a boot."""
    random = Random(path.stem)
    names = list(OPENED)
    some = [tuple(random.sample(names, random.randrange(2, len(names)))) for _ in range(2)]
    return [*((name,) for name in random.sample(names, 2)), tuple(names), *some]


@pytest.mark.parametrize("path", BOOTS, ids=lambda path: path.stem)
def test_what_is_decided_with_facts_open_is_so_in_the_measured_boot(path: Path) -> None:
    expect = load(path)["expect"]
    own = settled(path)
    for opened in subsets(path):
        found = theorems(path, opened)
        if "boots" in found and found["boots"].verdict in (Verdict.PROVED, Verdict.REFUTED):
            assert (found["boots"].verdict is Verdict.PROVED) == (expect["outcome"] == "boots"), opened
        for name, theorem in found.items():
            if theorem.kind is TheoremKind.MEMORY and theorem.verdict is Verdict.PROVED:
                assert expect["outcome"] != "boots" or any(domain["colors"] for domain in expect["domains"].values()), (
                    name,
                    opened,
                )
            if name not in own:
                continue
            decided = {theorem.verdict, own[name].verdict}
            assert decided != {Verdict.PROVED, Verdict.REFUTED}, (name, opened)
            if own[name].verdict is Verdict.UNKNOWN:
                assert theorem.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS), (name, opened)


@pytest.mark.parametrize("path", BOOTS[::4], ids=lambda path: path.stem)
def test_settling_a_fact_turns_no_verdict_round(path: Path) -> None:
    """With fewer facts open what was proved stays proved, or becomes vacuous; so does what was refuted."""
    names = [keys.XEN_ADDRESS.name, keys.TREE_ADDRESS.name, keys.IMAGE_SIZE.name, keys.ADDRESS_BITS.name]
    found = {chosen: theorems(path, chosen) for size in (1, 3, 4) for chosen in combinations(names, size)}
    found[()] = settled(path)
    for more, wide in found.items():
        for fewer, narrow in found.items():
            if not set(fewer) < set(more):
                continue
            for name, theorem in wide.items():
                if theorem.verdict in (Verdict.PROVED, Verdict.REFUTED) and name in narrow:
                    assert narrow[name].verdict in (theorem.verdict, Verdict.VACUOUS), (name, more, fewer)
