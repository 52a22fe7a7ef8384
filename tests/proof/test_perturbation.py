"""What a theorem does not name moves nothing: each fact of every example and some measured boots is changed in turn.

A verdict that moves although the theorem does not name the fact fails. Only vacuous is no move: whether the domains of
a pair exist is asked by `boots` and `memory/*`, never by the pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.source import Location, Passage
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.core.units import MIB
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.manifest.manifest import BuildOption, PlanPolicy
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.proof import ProofRequest, prove
from colorcheck.proof.over_worlds import over_worlds
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.booted import Boot
from colorcheck.xen.domains.cpu_pools import POOLS
from colorcheck.xen.facts import keys
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.keys import KEYS, PlacedInMemory
from colorcheck.xen.worlds.world import World, Worlds
from tests.xen import golden_cases

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/colorcheck.toml"))
BOOTS = [path.stem for path in golden_cases.cases("boots") if path.stem.endswith("4.22")][::40]
NOWHERE = Location("test")
Case = tuple[Deployment, Board | None, str]
Verdicts = Mapping[str, Theorem]


@cache
def case(name: str) -> Case:
    if name in BOOTS:
        path = next(path for path in golden_cases.cases("boots") if path.stem == name)
        measured = golden_cases.load(path)
        return golden_cases.deployment(path, measured), golden_cases.board_of(measured), measured["xen"]
    manifest = read_manifest(str(ROOT / "examples" / name / "colorcheck.toml"))
    facts = pipeline.effective(manifest).facts
    return facts.deployment, facts.board, manifest.target.xen[-1]


def theorems(of: Case, change: Callable[[FactBook], FactBook] = lambda book: book) -> Verdicts:
    """The theorems of a deployment, whose facts `change` may change, over all worlds."""
    deployment, board, release = of
    worlds = Worlds(deployment, board, release)
    worlds.facts = change(worlds.facts)

    def proved(world: World, booted: Boot, bounded: str, kinds: frozenset[TheoremKind] | None) -> tuple[Theorem, ...]:
        return prove(booted.system, booted, world.board, PlanPolicy(), ProofRequest(10.0, bounded=bounded, kinds=kinds))

    return {theorem.id: theorem for theorem in over_worlds(worlds, proved)}


@cache
def usual(name: str) -> Verdicts:
    return theorems(case(name))


def compare(before: Verdicts, fact: str, changed: Verdicts) -> None:
    """Every theorem whose verdict moved names the fact."""
    for theorem in before.values():
        other = changed.get(theorem.id)
        if other is None or Verdict.VACUOUS in (theorem.verdict, other.verdict):
            assert theorem.verdict is not Verdict.PROVED or other is not None or fact in theorem.facts, theorem.id
            continue
        assert other.verdict is theorem.verdict or fact in theorem.facts, (theorem.id, theorem.verdict, other.verdict)


# Facts that the model reads: another value in the book, and nothing else.
VALUES: dict[str, tuple[object, ...]] = {
    keys.XEN_ADDRESS.name: (0x200000, 0x7C00000, 0x1E000000, 1 << 40),
    keys.IMAGE_SIZE.name: (1, 8 * MIB),
    keys.TREE_ADDRESS.name: (0x4000, 0x10000000, 0x1E000004, 1 << 40),
    keys.TREE_SIZE.name: (1, 2 * MIB),
    keys.MEMORY.name: (((0x40000000, 0x4000000),), ((1 << 40, 1 << 38),)),  # no device of these trees is there
    keys.RAMDISK_RESERVE.name: (True, False),
    keys.DOM0_KERNEL.name: (PlacedInMemory(0x10000000, 700 * MIB),),
    keys.ADDRESS_BITS.name: (32, 36, 52),
    keys.STATIC_SHM.name: (True, False),
}


LISTED: dict[str, tuple[object, ...]] = {
    keys.RAMDISK_RESERVE.name: (False, True),
    keys.ADDRESS_BITS.name: (40, 32, 52),
    keys.STATIC_SHM.name: (False, True),
    keys.BOOT_CPU.name: (0, 0x100),
    POOLS: (False, True),
}
"""Facts that are open as a list of values."""


def with_value(fact: str, value: object) -> Callable[[FactBook], FactBook]:
    def change(book: FactBook) -> FactBook:
        unknown = {name: each for name, each in book.unknown.items() if name != fact}
        return FactBook({**book.known, fact: Fact(fact, value, Origin.GIVEN, NOWHERE)}, unknown)

    return change


@pytest.mark.parametrize("fact", VALUES)
@pytest.mark.parametrize("name", [*EXAMPLES, *BOOTS])
def test_another_value_moves_only_what_names_the_fact(name: str, fact: str) -> None:
    for value in VALUES[fact]:
        compare(usual(name), fact, theorems(case(name), with_value(fact, value)))


@pytest.mark.parametrize("name", [*EXAMPLES, *BOOTS[:3]])
def test_an_opened_fact_moves_only_what_names_it(name: str) -> None:
    """Each fact of the book, with nobody knowing what it may be."""
    for fact in Worlds(*case(name)).facts.known:
        values = LISTED.get(fact)
        unknown = OpenFact(fact, "the test opened it", (), NOWHERE, values)
        changed = theorems(case(name), lambda book, unknown=unknown: book.opened(unknown))  # type: ignore[misc]
        compare(usual(name), fact, changed)
        for theorem in changed.values():
            decided = fact in theorem.facts and theorem.verdict in (Verdict.PROVED, Verdict.REFUTED)
            assert not decided or theorem.bound or values, (theorem.id, fact)


# Facts that stand for what files say: the deployment itself is changed.
def other_arguments(of: Case) -> Case:
    deployment, board, release = of
    text = Passage("llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=1 dom0_mem=3G", NOWHERE)
    return replace(deployment, manifest=replace(deployment.manifest, boot_arguments=text)), board, release


def other_guests(of: Case) -> Case:
    text = 'name = "first"\nkernel = "Image"\nmemory = 100000\nllc_colors = ["0-15"]\n'
    deployment, board, release = of
    return replace(deployment, guests=(read_xl(text, "first.cfg"), *deployment.guests)), board, release


def other_build(of: Case) -> Case:
    deployment, board, release = of
    build = {**deployment.kconfig, "LLC_COLORS_ORDER": "1", "BUDDY_ALLOCATOR_SIZE": "4096"}
    return replace(deployment, kconfig=build), board, release


def larger_modules(of: Case) -> Case:
    """Every boot module four times as large, as if the boot loader had loaded other files."""
    deployment, board, release = of
    if deployment.tree is None:
        return of
    return replace(deployment, tree=replace(deployment.tree, root=_larger(deployment.tree.root))), board, release


def _larger(node: Node) -> Node:
    properties = dict(node.properties)
    marks = properties.get("compatible")
    if "reg" in properties and marks is not None and b"multiboot,module" in marks.value:
        value = properties["reg"].value
        properties["reg"] = replace(properties["reg"], value=value[:-4] + (int.from_bytes(value[-4:]) * 4).to_bytes(4))
    return replace(node, properties=properties, children=tuple(map(_larger, node.children)))


def other_boot_cpu(of: Case) -> Case:
    deployment, board, release = of
    target = replace(deployment.manifest.target, boot_cpu=0x100)
    return replace(deployment, manifest=replace(deployment.manifest, target=target)), board, release


def other_pools(of: Case) -> Case:
    deployment, board, release = of
    target = replace(deployment.manifest.target, config=(BuildOption(POOLS, True, NOWHERE),))
    return replace(deployment, manifest=replace(deployment.manifest, target=target)), board, release


CHANGES: dict[str, Callable[[Case], Case]] = {
    keys.ARGUMENTS.name: other_arguments,
    keys.GUESTS.name: other_guests,
    keys.BUILD.name: other_build,
    keys.MODULES.name: larger_modules,
    keys.FILE_SIZES.name: larger_modules,
    keys.TREE.name: larger_modules,
    keys.BOOT_CPU.name: other_boot_cpu,
    POOLS: other_pools,
}
ELSEWHERE = {
    keys.XSM.name,
    keys.SVE.name,
    keys.PCI.name,
    keys.DOM0LESS.name,
    keys.MAPPED.name,
    keys.KERNELS.name,
    keys.SCHEDULER.name,
    keys.BRANCH.name,
    keys.PDX_OFFSETS.name,
    keys.IOMMU.name,
    keys.BAD_PAGES.name,
}
"""Facts about which there is nothing in the examples: tests of their own."""


@pytest.mark.parametrize("fact", CHANGES)
@pytest.mark.parametrize("name", [*EXAMPLES, *BOOTS])
def test_other_files_move_only_what_names_the_fact(name: str, fact: str) -> None:
    compare(usual(name), fact, theorems(CHANGES[fact](case(name))))


@pytest.mark.parametrize(
    ("name", "fact"),
    [("rpi4-xl", keys.GUESTS.name), ("qemu-attested", keys.MEMORY.name), ("zcu102-dom0less", "arguments")],
)
def test_a_read_that_is_not_named_is_noticed(name: str, fact: str) -> None:
    of = case(name)
    changed = theorems(CHANGES[fact](of)) if fact in CHANGES else theorems(of, with_value(fact, VALUES[fact][0]))
    silent = {
        key: replace(theorem, facts=tuple(each for each in theorem.facts if each != fact))
        for key, theorem in usual(name).items()
    }
    with pytest.raises(AssertionError):
        compare(silent, fact, changed)


def test_every_fact_is_changed() -> None:
    assert {key.name for key in KEYS} == ({*VALUES, *CHANGES} | ELSEWHERE) - {POOLS}
