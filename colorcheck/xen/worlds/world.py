"""The worlds of a deployment under one release, each with what Xen does with it and its boot."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from itertools import islice, product
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import BuildOption
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.domains.cpu_pools import POOLS
from colorcheck.xen.effective import effective, elsewhere
from colorcheck.xen.facts.book import Chosen, FactBook
from colorcheck.xen.facts.gather import facts_of
from colorcheck.xen.facts.keys import (
    BOOT_CPU,
    DOM0_KERNEL,
    GUESTS,
    IMAGE_SIZE,
    MAPPED,
    MEMORY,
    MODULES,
    TREE_ADDRESS,
    TREE_SIZE,
    XEN_ADDRESS,
)
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from colorcheck.xen.memory.boot import boot as boot_again
from colorcheck.xen.memory.leveling import level
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import find_release
from colorcheck.xen.system import Domain, System
from colorcheck.xen.worlds.bound import bounds
from colorcheck.xen.worlds.branches import WorldBranch, branch_fact
from colorcheck.xen.worlds.placement import placements

PLACEMENT = frozenset(key.name for key in (XEN_ADDRESS, IMAGE_SIZE, TREE_ADDRESS, TREE_SIZE, DOM0_KERNEL, MEMORY))
"""Facts that are tried together: the possible addresses of one item depend on those of the others."""
MOST_COMBINATIONS = 4096
ONLY_TAKES = frozenset(key.name for key in (DOM0_KERNEL, GUESTS, MAPPED, MODULES))
"""Opaque facts that can only take memory: a domain that does not fit without them does not fit with them."""
StartedOn = Callable[[int], Board | None]


class World(Struct, frozen=True, dict=True):
    """One choice of values for the open facts; `boot` is None if it cannot be booted."""

    chosen: Chosen
    system: System
    boot: Boot | None
    board: Board | None = None


class Worlds:
    """All possible worlds under one release. Worlds are booted on demand, each once."""

    def __init__(
        self,
        deployment: Deployment,
        board: Board | None,
        release: str | Release,
        started_on: StartedOn | None = None,
        branches: tuple[WorldBranch, ...] = (),
    ) -> None:
        """`started_on` gives the board if Xen starts on another CPU, `branches` are the other ways of a boot script."""
        self._deployment, self._board, self._release = deployment, board, release
        self._started_on = started_on
        known = find_release(release) if isinstance(release, str) else release
        self.facts = facts_of(deployment, board, known)
        self.branches = branches
        if branches:
            self.facts = self.facts.opened(branch_fact(deployment, branches))
        self._inputs_of: dict[tuple[object, object], tuple[Deployment, Board | None]] = {}
        self._booted: dict[tuple[tuple[str, object], ...], World] = {}
        self._ways: dict[int, tuple[WorldBranch, Worlds]] = {}

    @property
    def open(self) -> Mapping[str, OpenFact]:
        """The open facts; after a world was booted, including those that the model met."""
        return {**self.facts.unknown, **self.facts.met}

    @cached_property
    def skeleton(self) -> System:
        """The system without open items that occupy memory."""
        return effective(*self._inputs(self._first), self._release, self.facts.in_world(self._first))

    @cached_property
    def base(self) -> World:
        """A usual world: the first value of every finite fact, and the first placement that fits."""
        return self.world(next(self._placements(), {}))

    def world(self, chosen: Chosen) -> World:
        """The world with these values; other facts have their first value."""
        values = {**self._first, **{name: value for name, value in chosen.items() if not self._is_usual(name, value)}}
        key = tuple(sorted(values.items(), key=lambda item: item[0]))
        if key not in self._booted:
            system = self._system(values)
            booted = boot_again(system)
            for fact in booted.met if booted else ():
                self.facts.met.setdefault(fact.what, fact)
            self._booted[key] = World(values, system, booted, self._inputs(values)[1])
        return self._booted[key]

    def value(self, world: World, name: str) -> object:
        """The value of an open fact in a world; the usual value for a fact that the model meets."""
        return world.chosen[name] if name in world.chosen else next(iter(self._values(name)), None)

    def _is_usual(self, name: str, value: object) -> bool:
        """Whether the model uses this value by default, so that choosing it does not make a different world."""
        return name in self.facts.met and value == self._values(name)[0]

    def _system(self, values: Chosen) -> System:
        facts = self.facts.in_world(values)
        others = any(name not in PLACEMENT and values[name] != first for name, first in self._first.items())
        if others or any(name in self.facts.met for name in values):
            return effective(*self._inputs(values), self._release, facts)
        return elsewhere(self.skeleton, self._deployment, facts)

    def _inputs(self, values: Chosen) -> tuple[Deployment, Board | None]:
        """The deployment as if the manifest gave the boot CPU and whether Xen is built with pools."""
        key = (values.get(BOOT_CPU.name), values.get(POOLS))
        if key not in self._inputs_of:
            self._inputs_of[key] = self._stated(*key)
        return self._inputs_of[key]

    def _stated(self, first: object, pools: object) -> tuple[Deployment, Board | None]:
        target, board = self._deployment.manifest.target, self._board
        if isinstance(first, int):
            target = replace(target, boot_cpu=first)
            board = self._started_on(first) if self._started_on else board
        if isinstance(pools, bool):
            stated = BuildOption(POOLS, pools, self._deployment.manifest.location("target"))
            target = replace(target, config=(*target.config, stated))
        if target is self._deployment.manifest.target:
            return self._deployment, board
        return replace(self._deployment, manifest=replace(self._deployment.manifest, target=target)), board

    def combinations(self, names: Collection[str], deadline: float | None = None) -> tuple[World, ...] | None:
        """A world for each combination of values of these finite facts; None if there are too many, or too many to
        boot before `time.monotonic` passes `deadline`.
        """
        ordered = sorted(names)
        lists = [self._values(name) for name in ordered]
        if prod(map(len, lists)) > MOST_COMBINATIONS:
            return None
        usual = {name: value for name, value in self.base.chosen.items() if name in PLACEMENT}
        chosen = (dict(zip(ordered, values, strict=True)) for values in product(*lists))
        found = []
        for each in chosen:
            if deadline is not None and time.monotonic() > deadline:
                return None
            found.append(self.world({**usual, **each}))
        return tuple(found)

    def tried(self, names: Collection[str], most: int = 48) -> Iterator[World]:
        """Possible worlds that differ in these facts, with samples of ranges and placements."""
        finite = sorted(name for name in names if self._values(name) and name not in PLACEMENT)
        choices = [dict(zip(finite, values, strict=True)) for values in product(*map(self._values, finite))]
        worlds = ({**placed, **values} for placed in self._placed(names) for values in choices)
        yield from map(self.world, islice(worlds, most))

    def _placed(self, names: Collection[str]) -> Iterator[Chosen]:
        if PLACEMENT.isdisjoint(names):
            yield {name: value for name, value in self.base.chosen.items() if name in PLACEMENT}
        else:
            yield from self._placements()

    def _placements(self) -> Iterator[Chosen]:
        if PLACEMENT.isdisjoint(self.open):
            yield {}
            return
        prepared = self.skeleton.preparation
        if prepared is not None:
            yield from placements(self.facts, prepared.machine)

    def _values(self, name: str) -> tuple[object, ...]:
        values = self.open[name].values
        return values if isinstance(values, tuple) else ()

    @cached_property
    def _first(self) -> Chosen:
        return self.facts.first

    def branch(self, branch: WorldBranch) -> Worlds | None:
        """The worlds of another way through the boot script; None if Xen is not started on it."""
        if branch.deployment is None:
            return None
        if id(branch) not in self._ways:  # the branch is kept alive, so its id stays unique
            other = Worlds(branch.deployment, self._board, self._release, self._started_on)
            self._ways[id(branch)] = branch, other
        return self._ways[id(branch)][1]

    @cached_property
    def alternatives(self) -> tuple[Domain, ...]:
        """The guests of all alternatives (one-of), each once with the most frames that a creation takes on any way;
        empty if no guest has alternatives.
        """
        if not any(branch.guests for branch in self.branches):
            return ()
        ways = [self, *(other for branch in self.branches if (other := self.branch(branch)) is not None)]
        found: dict[tuple[tuple[str, ...], tuple[int, ...]], Domain] = {}
        for domain in (domain for way in ways for domain in way.base.system.domains):
            key = domain.pieces, tuple(domain.colors)
            if domain.kind is DomainKind.XL:
                known = found.get(key)
                found[key] = domain if known is None or known.lost_pages < domain.lost_pages else known
        return tuple(found.values())

    @property
    def one_of(self) -> tuple[str, ...]:
        """The files of guests with alternatives, each choice in words."""
        listed = (files for files in self._deployment.listed_guests if len(files) > 1)
        return tuple(", ".join(os.path.basename(each.file) for each in files) for files in listed)

    def outcome(self) -> str:
        """The outcome of the boot in every world; `unknown` if worlds differ or it cannot be determined."""
        ways = {self._outcome()}
        for branch in self.branches:
            worlds = self.branch(branch)
            ways.add(worlds.outcome() if worlds is not None else "stopped")
        return ways.pop() if len(ways) == 1 else "unknown"

    def _outcome(self) -> str:
        boot = self.base.boot
        if boot is None:
            return "unknown"
        names = boot.reads & set(self.open)
        if not names:
            return boot.outcome
        while True:
            finite = {name for name in names if self._values(name)}
            worlds = self.combinations(finite) or ()
            met = (world.boot.reads for world in worlds if world.boot)
            more = frozenset().union(*met) & set(self.open) - names
            if not more:
                break
            names |= more
        opaque = {name for name in names if self.open[name].opaque}
        found = {self._in_every_placement(world, names - finite, opaque) for world in worlds}
        return found.pop() if len(found) == 1 else "unknown"

    def _in_every_placement(self, world: World, ranged: Collection[str], opaque: Collection[str]) -> str:
        if not opaque:
            return self._bounded(world, ranged)
        best = self.best(world) if ONLY_TAKES.issuperset(opaque) else None
        return best.outcome if best is not None and best.panic is not None else "unknown"

    def _bounded(self, world: World, ranged: Collection[str]) -> str:
        if world.boot is None:
            return "unknown"
        if not ranged or world.system.panic is not None:  # early failures do not depend on addresses
            return world.boot.outcome
        nowhere = boot_again(self._system({k: v for k, v in world.chosen.items() if k not in PLACEMENT}))
        if nowhere is not None and nowhere.system.panic is not None:
            return nowhere.outcome  # the cause of the failure is in the tree, whatever the addresses
        worst, best = self.worst(world), self.best(world)
        if worst is not None and worst[0].panic is None:
            return worst[0].outcome
        return "panics" if best is not None and best.panic is not None else "unknown"

    def worst(self, world: World) -> tuple[Boot, str] | None:
        """The boot of this world as if the least were free and the most needed, over all placements, and why.

        None if a worse placement cannot be excluded. A theorem on memory that holds for it holds in every placement: a
        domain that fits also fits with more frames of every color free (`docs/proofs.md`).
        """
        skeleton = self._system({name: value for name, value in world.chosen.items() if name not in PLACEMENT})
        _, bound = bounds(self.facts.in_world(world.chosen), skeleton)
        if bound is None or world.boot is None or bound.dom0_tables is None:
            return None
        return _with_free(world.boot, bound.least, bound.dom0_tables, worst=True), bound.why

    def worst_of(self, boot: Boot) -> tuple[Boot, str] | None:
        """Like `worst`, for a boot with different colors than in the files; finite facts have their first value."""
        facts = self.facts.in_world(self._first)
        _, bound = bounds(facts, elsewhere(boot.system, self._deployment, facts))
        if bound is None or bound.dom0_tables is None:
            return None
        return _with_free(boot, bound.least, bound.dom0_tables, worst=True), bound.why

    def settled(self, given: Chosen) -> Worlds:
        """The worlds in which these open facts have these values, as if the inputs gave them."""
        known = {name: Fact(name, value, Origin.GIVEN, self.open[name].location) for name, value in given.items()}
        rest = {name: fact for name, fact in self.facts.unknown.items() if name not in given}
        other = Worlds(self._deployment, self._board, self._release, self._started_on, self.branches)
        other.facts = FactBook({**self.facts.known, **known}, rest, self.facts.chosen)
        return other

    def guaranteed(self) -> tuple[int, ...] | None:
        """Frames of each color that are free before the first domain is built in every placement; None if there is
        no bound. Finite facts have their first value.
        """
        if PLACEMENT.isdisjoint(self.open):
            boot = boot_again(without_domains(self.base.system))
            return boot.free_initial if boot is not None and boot.panic is None and boot.free_initial else None
        facts = self.facts.in_world(self._first)
        _, bound = bounds(facts, self.skeleton)
        return bound.least if bound is not None else None

    def best(self, world: World) -> Boot | None:
        """Like `worst`, with the most that can be free and the least that is needed."""
        if world.system.panic is not None:
            return world.boot
        if self.facts.is_open(MEMORY):
            return None
        skeleton = self._system({name: value for name, value in world.chosen.items() if name not in PLACEMENT})
        most, _ = bounds(self.facts.in_world(world.chosen), skeleton)
        # an image of unknown size is missing in the skeleton, so the room that it needs is not known
        nowhere = None if self.facts.is_open(IMAGE_SIZE) else boot_again(skeleton)
        if nowhere is not None and nowhere.panic is not None and nowhere.panic.kind is FailureKind.RELOCATION:
            return nowhere  # items without an address leave even less room
        return _with_free(world.boot, most, 0, worst=False) if most and world.boot is not None else None


def without_domains(system: System) -> System:
    """The system with Xen alone, in colors that every Xen accepts."""
    return replace(system, xen_colors=(0,), domains=(), panic=None)


def _with_free(boot: Boot, free: tuple[int, ...], dom0_tables: int, *, worst: bool) -> Boot:
    """The boot with different initial frames.

    Which domains are built is recomputed from the frames alone; with `worst`, a domain that is not built in a usual
    world, for whatever reason, is not built here either.
    """
    domains = tuple(
        replace(domain, p2m_pages=dom0_tables) if domain.kind is DomainKind.DOM0 else domain
        for domain in boot.system.domains
    )
    system = replace(boot.system, domains=domains)
    failed = {built.domain.id: built.failure for built in boot.built if not built.created} if worst else {}
    built = _rebuilt(system, free, failed)
    own = (each for each in built if not each.created and each.domain.kind is not DomainKind.XL)
    panic = next((each.failure for each in own), boot.panic if worst else None)
    return replace(boot, system=system, free_initial=free, memory_map=(), built=built, panic=panic)


def _rebuilt(system: System, free: tuple[int, ...], failed: Mapping[int, Failure | None]) -> tuple[Built, ...]:
    """Build each domain in turn from the frames that are left in its colors."""
    found: list[Built] = []
    for domain in system.domains:
        colors = [color for color in dict.fromkeys(domain.colors) if color < len(free)]
        taken = level([free[color] for color in colors], domain.needed_pages)
        created = domain.failure is None and sum(taken) >= domain.needed_pages and domain.id not in failed
        after = list(free)
        for color, count in zip(colors, taken, strict=True):
            after[color] -= count if created else 0
        otherwise = (
            domain.failure or failed.get(domain.id) or Failure(FailureKind.DOMAIN_MEMORY, "its frames do not suffice")
        )
        failure = None if created else otherwise
        found.append(Built(domain, created, failure, (), domain.p2m_pages, free, tuple(after)))
        free = tuple(after)
    return tuple(found)
