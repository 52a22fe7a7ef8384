"""Machines that make no sense: values and notes, never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.inputs.manifest.manifest import Target
from colorcheck.xen.facts.gather import facts_of
from colorcheck.xen.machine.machine import BootModule, Machine, Range
from colorcheck.xen.memory.boot import boot
from tests.xen.small import KERNEL, a53, booted, deployment, domain, kinds, reserved, system

HERE = Location("x")


def test_no_memory_asks_for_it() -> None:
    found = system(deployment(memory=""))
    assert "no-memory" in kinds(found)
    assert boot(found) is None


def test_the_manifest_can_give_the_memory() -> None:
    target = Target(
        xen_image_size=0x174000,
        xen_address=0x40200000,
        device_tree_address=0x48000000,
        device_tree_size=0x9000,
        memory=((0x40000000, 0x80000000),),
    )
    assert booted(deployment(memory="", target=target)).free_initial == booted(deployment()).free_initial


def test_overlapping_banks_stop_xen() -> None:
    twice = "0x0 0x40000000 0x0 0x60000000 0x0 0x80000000 0x0 0x40000000"
    found = booted(deployment(memory=twice))
    assert "bank-overlap" in kinds(found.system)
    assert found.panic
    assert found.panic.message == "Xen BUG at common/page_alloc.c:309"


def test_ranges_beyond_the_address_space_are_cut() -> None:
    found = system(deployment(memory="0xffffffff 0xfff00000 0x0 0x80000000"))
    assert "range-wraps" in kinds(found)
    assert boot(found) is not None


def test_a_module_outside_of_memory_ends_the_boot() -> None:
    memory = "0x0 0x40000000 0x0 0x20000000 0x0 0x68000000 0x0 0x18000000"
    outside = 'module@60000000 { compatible = "multiboot,module"; reg = <0x0 0x60000000 0x0 0x1000>; };'
    found = booted(deployment(chosen=KERNEL + outside, memory=memory))
    assert "module-outside-memory" in kinds(found.system)
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("other", "CPU0: Unexpected Trap: Data Abort")


def test_a_module_where_no_frame_table_is_does_no_harm() -> None:
    outside = 'module@300000000 { compatible = "multiboot,module"; reg = <0x3 0x0 0x0 0x1000>; };'
    found = booted(deployment(chosen=KERNEL + outside))
    assert "module-outside-memory" in kinds(found.system)
    assert found.outcome == "boots"


def test_overlapping_modules_are_ignored_by_xen() -> None:
    over = (
        'module@49008000 { compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0x0 0x49008000 0x0 0x10000>; };'
    )
    found = booted(deployment(chosen=KERNEL + over))
    assert "module-overlap" in kinds(found.system)
    assert found.free_initial == booted(deployment()).free_initial


def test_hundreds_of_regions() -> None:
    root = reserved(*((start, 0x1000) for start in range(0x50000000, 0x50000000 + 300 * 0x4000, 0x4000)))
    found = booted(deployment(root=root))
    assert "too-many-regions" in kinds(found.system)
    assert found.panic is not None
    assert "Max number of supported reserved-memory regions reached" in found.panic.message


def test_missing_places_are_open() -> None:
    found = facts_of(deployment(target=Target()), a53())
    assert {"xen-image-size", "xen-address", "device-tree-address", "device-tree-size"} <= set(found.unknown)


def test_the_first_empty_reservation_ends_the_list() -> None:
    before = "/memreserve/ 0x70000000 0x1000; /memreserve/ 0x71000000 0x0; /memreserve/ 0x72000000 0x1000;"
    prepared = system(deployment(before=before)).preparation
    assert prepared is not None
    assert [(held.start, held.size) for held in prepared.machine.reserved] == [(0x70000000, 0x1000)]


@pytest.mark.parametrize("memory", [0, 1, 3, 0xFFFFFFFF])
def test_absurd_sizes_of_domains(memory: int) -> None:
    found = booted(deployment(chosen=KERNEL + domain("u", memory=memory)))
    assert found.panic is not None
    assert found.panic.kind == ("hang" if 0 < memory < 4 else "domain-memory")  # less than a page


def test_absurd_memory_of_dom0() -> None:
    found = booted(deployment("llc-coloring=on dom0_mem=16777215T"))
    assert found.panic is not None
    assert found.panic.message.startswith("Failed to allocate requested domain memory.")


def test_tiny_memory() -> None:
    for size in ("0x1000", "0x100000", "0x1800000", "0x2000000"):
        found = booted(deployment("llc-coloring=on dom0_mem=2M", memory=f"0x0 0x40000000 0x0 {size}"))
        assert found.outcome == "panics"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("buddy-alloc-size=0", "Xen BUG at common/xmalloc_tlsf.c:569"),
        ("buddy-alloc-size=64K", "Unable to allocate memory for relocating the Device-Tree."),
    ],
)
def test_a_buddy_heap_of_next_to_nothing(option: str, message: str) -> None:
    root = reserved((0x40001000, 0x1000))
    found = booted(deployment(f"llc-coloring=on dom0_mem=64M {option}", root=root))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("buddy-too-small", message)


addresses = st.one_of(
    st.integers(0, 1 << 33), st.integers((1 << 64) - (1 << 30), (1 << 64) - 1), st.integers(0, 1 << 48)
)
lengths = st.one_of(st.integers(0, 3 * 4096), st.integers(0, 1 << 30), st.integers(0, 1 << 48))
ranges = st.lists(st.tuples(addresses, lengths), max_size=12)


@settings(max_examples=150, deadline=None)
@given(ranges, ranges, ranges, st.sampled_from(["4.20", "4.21", "4.22"]))
def test_no_machine_raises(
    banks: list[tuple[int, int]], held: list[tuple[int, int]], modules: list[tuple[int, int]], version: str
) -> None:
    found = system(deployment(), version)
    assert found.preparation is not None
    memory: list[Range] = []
    for start, size in sorted(banks):
        begin = max(start, memory[-1].end if memory else 0)
        if size and begin < min(start + size, 1 << 64):
            memory.append(Range(begin, min(start + size, 1 << 64) - begin, "memory", HERE))
    machine = Machine(
        tuple(memory),
        tuple(Range(start, size, "reserved", HERE) for start, size in held if size),
        (),
        (),
        tuple(BootModule(start, size, "module", HERE, ModuleKind.KERNEL) for start, size in modules),
        0x174000,
    )
    result = boot(replace(found, preparation=replace(found.preparation, machine=machine)))
    assert result is None or result.outcome in ("boots", "panics")
