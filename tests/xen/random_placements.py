"""Random places for what a boot loader puts into memory, and how many frames of each color are free then."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from colorcheck.core.units import MIB
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Target
from colorcheck.xen.effective import elsewhere
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.gather import LARGEST_IMAGE, LARGEST_TREE
from colorcheck.xen.facts.keys import IMAGE_SIZE, TREE_ADDRESS, TREE_SIZE, XEN_ADDRESS
from colorcheck.xen.machine.intervals import Span, merged, without
from colorcheck.xen.memory import heaps
from colorcheck.xen.memory.boot_regions import BootAllocator, OutOfBootMemoryError, consume, free_regions
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.layout import xen_region
from colorcheck.xen.system import System
from colorcheck.xen.worlds.bound import Bound, bounds
from colorcheck.xen.worlds.world import Worlds
from tests.shapes import present
from tests.xen.small import a53, deployment, reserved

Chosen = dict[str, object]


def unplaced(given: Deployment) -> Deployment:
    """The deployment without the keys that say where things lie and how large they are."""
    gone = dict.fromkeys(("xen_image", "xen_image_size", "xen_address", "device_tree_address", "device_tree_size"))
    target = replace(given.manifest.target, **gone)
    assert isinstance(target, Target)
    return replace(given, manifest=replace(given.manifest, target=target), xen_image_size=None)


def bound_of(given: Deployment, board: Board | None, release: str) -> tuple[Worlds, Bound | None]:
    worlds = Worlds(given, board, release)
    return worlds, bounds(worlds.facts.in_world(worlds.facts.first), worlds.skeleton)[1]


def chosen_at_random(worlds: Worlds, random: Random) -> Chosen | None:
    """Values for what is open of the image and the tree; None where it found no room for them.

    Half of the places are at an end of a gap or of what was placed before: there the losses are largest.
    """
    machine = present(worlds.skeleton.preparation).machine
    held = merged(each.span for each in (*machine.modules, *machine.reserved, *machine.shared))
    gaps = [gap for bank in machine.spans for gap in without(bank, held)]
    found: Chosen = {}
    for size_key, place_key, largest, align in (
        (IMAGE_SIZE, XEN_ADDRESS, LARGEST_IMAGE, 2 * MIB),
        (TREE_SIZE, TREE_ADDRESS, LARGEST_TREE, 8),
    ):
        book: FactBook = worlds.facts
        size = random.choice((largest, random.randrange(1, largest + 1)))
        if book.is_open(size_key):
            found[size_key.name] = size
        else:
            size = book.read(size_key)
        if not book.is_open(place_key):
            continue
        start = _place(gaps, int(size), align, random)
        if start is None:
            return None
        found[place_key.name] = start
        gaps = [rest for gap in gaps for rest in without(gap, [(start, start + int(size))])]
    return found


def _place(gaps: list[Span], size: int, align: int, random: Random) -> int | None:
    fitting = []
    for low, high in gaps:
        first, last = -(-low // align), (high - size) // align
        if first <= last:
            fitting.append((first, last))
    if not fitting:
        return None
    first, last = random.choice(fitting)
    step = random.choice((first, last, random.randrange(first, last + 1), random.randrange(first, last + 1)))
    return step * align


def free_frames(worlds: Worlds, given: Deployment, chosen: Chosen) -> tuple[int, ...] | None:
    """The free frames of each color at the start of this boot; None where Xen finds no room for its own."""
    system: System = elsewhere(worlds.skeleton, given, worlds.facts.in_world({**worlds.facts.first, **chosen}))
    prepared = system.preparation
    region = xen_region(system) if prepared is not None and not system.panic else None
    if prepared is None or region is None:
        return None
    allocator = BootAllocator(free_regions(prepared.machine, region))
    try:
        consume(allocator, prepared.machine, system.release.traits)
    except OutOfBootMemoryError:
        return None
    split = heaps.split(allocator.regions, prepared.buddy_size)
    return ColorHeap.at_boot(system.nr_colors or 1, split.color).free


def samples(
    worlds: Worlds, given: Deployment, random: Random, count: int
) -> Iterator[tuple[Chosen, tuple[int, ...] | None]]:
    """So many random placements, each with the frames that are free then."""
    while count:
        chosen = chosen_at_random(worlds, random)
        if chosen is not None:
            count -= 1
            yield chosen, free_frames(worlds, given, chosen)


def scenarios() -> Iterator[tuple[str, Deployment, Board | None]]:
    """Deployments in which the image, the tree and their sizes are open: the example, and memory in many pieces."""
    from pathlib import Path

    from colorcheck.inputs.manifest.manifest_reader import read_manifest
    from colorcheck.workflows import verify as pipeline

    root = Path(__file__).parents[2]
    facts = pipeline.effective(read_manifest(str(root / "examples/zcu102-dom0less/colorcheck.toml"))).facts
    yield "zcu102-dom0less", unplaced(facts.deployment), facts.board
    arguments = "llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=256M buddy-alloc-size={}"
    pieces = {
        "one bank": ("0x0 0x40000000 0x0 0x80000000", ()),
        "small low gap": ("0x0 0x40000000 0x0 0x80000000", ((0x42000000, 0x1000),)),
        "many holes": (
            "0x0 0x40000000 0x0 0x80000000",
            tuple((0x44000000 + number * 0x5000000, 0x3000 + number * 0x1000) for number in range(16)),
        ),
        "two banks": ("0x0 0x40000000 0x0 0x8000000 0x8 0x0 0x0 0x40000000", ((0x43000000, 0x100000),)),
        "odd ends": ("0x0 0x40001000 0x0 0x7fffe000", ((0x50001000, 0x7000), (0x60000000, 0x1000))),
    }
    for name, (memory, held) in pieces.items():
        for buddy in ("64M", "8M"):
            given = deployment(arguments.format(buddy), memory=memory, root=reserved(*held) if held else "")
            yield f"{name}, buddy {buddy}", unplaced(given), a53()
