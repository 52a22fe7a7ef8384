"""The boot model on its own: worked examples of dom0's layout, pools, notes, memory map."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.xen.memory.boot import DEVICE_TREE_MARGIN, boot, smallest_buddy
from colorcheck.xen.memory.relocation import image_frames, used_colors
from tests.xen.small import KERNEL, booted, deployment, domain, kinds, reserved

MIB = 1 << 20
LOW = ((0x43000000, 0x1000), (0x50000000, 0x2000000), (0x7E000000, 0x3000))


def sizes(banks: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    return [(start, (end - start) // MIB) for start, end in banks]


@pytest.mark.parametrize(
    ("version", "banks"),
    [
        ("4.20", [(0x7E200000, 1030), (0x52000000, 470)]),
        ("4.21", [(0x7E200000, 1030), (0x52000000, 470)]),
        ("4.22", [(0x43200000, 206), (0x52000000, 704), (0x7E200000, 590)]),
    ],
)
def test_banks_of_dom0(version: str, banks: list[tuple[int, int]]) -> None:
    found = booted(deployment("llc-coloring=on dom0_mem=1500M xen-llc-colors=1", root=reserved(*LOW)), version)
    assert sizes(found.built[0].banks) == banks


def test_a_piece_loses_its_last_block_on_420_only() -> None:
    given = deployment("llc-coloring=on dom0_mem=4G", memory="0x0 0x40000000 0x0 0x80000000")
    total = {v: booted(given, v).dom0_layout for v in ("4.20", "4.21")}
    unplaced = {v: layout.unplaced for v, layout in total.items() if layout}
    assert unplaced["4.20"] - unplaced["4.21"] == 2 * 2 * MIB  # two pieces: the grant table cuts the memory in two


def test_no_first_bank_on_422_where_421_boots() -> None:
    holes = reserved(*((start, 0x1000) for start in range(0x40100000, 0xC0000000, 0x4000000)))
    given = deployment("llc-coloring=on dom0_mem=256M", root=holes)
    assert booted(given, "4.21").outcome == "boots"
    found = booted(given, "4.22")
    assert found.panic is not None
    assert (
        found.panic.message
        == "Failed to allocate requested domain memory. 262144KB unallocated. Fix the VMs configurations."
    )
    assert "first-bank-4.22" in kinds(found)


def test_dom0_without_memory_below_4_gib() -> None:
    found = booted(deployment(memory="0x1 0x0 0x0 0x80000000"))
    assert "dom0-no-low-memory" in kinds(found)


def test_a_first_bank_too_small_for_the_kernel() -> None:
    large = KERNEL.replace("0x10000", "0x5000000")
    found = booted(deployment("llc-coloring=on dom0_mem=64M", large))
    assert found.panic is not None
    assert found.panic.message == "Not enough memory in the first bank for the kernel+dtb+initrd"
    assert "dom0-first-bank-small" in kinds(found)


def test_a_pool_too_small_for_the_memory() -> None:
    found = booted(deployment(chosen=KERNEL + domain("u", "xen,domain-p2m-mem-mb = <0>;")))
    assert found.panic is not None
    assert found.panic.message.startswith("Failed to allocate requested domain memory. 65536KB")
    assert "p2m-pool-too-small" in kinds(found)


def test_a_pool_that_does_not_fit() -> None:
    found = booted(deployment(chosen=KERNEL + domain("u", "xen,domain-p2m-mem-mb = <3000>;")))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("domain-memory", "Could not set up domain u (rc = -12)")


@pytest.mark.parametrize(("version", "name"), [("4.20", "DOM0"), ("4.21", "d0"), ("4.22", "d0")])
def test_devices_whose_tables_do_not_fit(version: str, name: str) -> None:
    device = "device@100000000 { reg = <0x1 0x0 0x3f 0xfffff000>; };"  # never whole blocks: a table for each 2 MiB
    given = deployment("llc-coloring=on dom0_mem=256M dom0-llc-colors=1-3", root=device)
    found = booted(given, version)
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("domain-memory", f"Could not set up {name} guest OS (rc = -22)")


def test_with_coloring_off_only_refusals_stop_the_boot() -> None:
    fine = booted(deployment("dom0_mem=256M", KERNEL + domain("u")))
    assert (fine.outcome, fine.free_initial, len(fine.built)) == ("boots", (), 2)
    found = booted(deployment("dom0_mem=256M", KERNEL + domain("u", 'llc-colors = "1";')))
    assert found.panic is not None
    assert found.panic.kind == "colors-while-disabled"


def test_the_first_failing_domain_ends_the_boot() -> None:
    chosen = KERNEL + domain("a", 'llc-colors = "16";') + domain("b", "direct-map;")
    found = booted(deployment(chosen=chosen))
    assert found.panic is not None
    assert found.panic.kind == "domain-colors"
    assert [built.domain.name for built in found.built] == ["dom0", "a"]


def test_a_failed_guest_leaves_nothing_to_the_next() -> None:
    guests = tuple(f'name = "{n}"\nmemory = {m}\nllc_colors = ["4-5"]\n' for n, m in (("a", 4000), ("b", 32)))
    found = booted(deployment("llc-coloring=on dom0_mem=64M dom0-llc-colors=1-3", guests=guests), "4.21")
    assert [built.created for built in found.built] == [True, False, False]
    assert found.built[2].free_before == found.built[1].free_after
    assert "failed-creation-keeps-memory" in kinds(found)


def test_422_gives_no_memory_to_guests() -> None:
    given = deployment("llc-coloring=on dom0_mem=64M", guests=('name = "a"\nmemory = 32\nllc_colors = ["4"]\n',))
    assert booted(given, "4.21").built[1].created
    failure = booted(given, "4.22").built[1].failure
    assert failure is not None
    assert failure.kind == "domain-memory"


def test_after_a_host_crash_nothing_is_created() -> None:
    guests = ('name = "a"\nllc_colors = ["16"]\n', 'name = "b"\nllc_colors = ["3"]\n')
    found = booted(deployment("llc-coloring=on dom0_mem=64M", guests=guests))
    assert found.outcome == "boots"
    assert [built.failure and built.failure.kind for built in found.built] == [None, "host-panic", "host-panic"]


def test_a_system_with_other_colors_boots_without_its_files() -> None:
    first = booted(deployment("llc-coloring=on dom0_mem=256M dom0-llc-colors=1-3"))
    dom0 = replace(first.system.domains[0], colors=(7, 8))
    second = boot(replace(first.system, domains=(dom0,)))
    assert second is not None
    assert second.free_final[1] == second.free_initial[1]
    assert set(second.built[0].frames.by_color()) == {7, 8}


def test_frames_of_xens_image() -> None:
    runs = image_frames(0xBE800000, 0x174000, 16, (0, 1))
    assert sum(run.count for run in runs) == 0x174
    assert {mfn % 16 for run in runs for mfn in run.mfns()} == {0, 1}
    assert min(run.first for run in runs) == 0xBE800
    assert used_colors((5, 2, 7)) == (5, 7)
    assert {run.first % 16 for run in image_frames(0, 0x174000, 16, (5, 2))} == {5}


@pytest.mark.parametrize(
    ("arguments", "domain_memory", "message"),
    [
        ("dom0_mem=2047M", "0x400", ""),
        ("dom0_mem=2049M", "0x400", "Failed to allocate requested dom0 memory"),
        (
            "no-llc-coloring dom0-llc-colors=0x2-0x6 dom0_mem=0x8000000b",
            "0x400",
            "Failed to allocate requested dom0 memory",
        ),
        ("dom0_mem=1G", "0x100004", "Failed to allocate requested domain memory"),
    ],
)
@pytest.mark.parametrize("version", ["4.20", "4.22"])
def test_more_memory_than_the_board_has_while_coloring_is_off(
    version: str, arguments: str, domain_memory: str, message: str
) -> None:
    """dom0 is built first: its panic comes before those of the domains (measured on 4.20)."""
    found = booted(deployment(arguments, KERNEL + domain("d", memory=int(domain_memory, 16))), version)
    assert (found.panic.message if found.panic else "") == message


def test_memory_that_is_not_known_is_not_too_small() -> None:
    assert booted(deployment("dom0_mem=4G", memory="")).panic is None


@pytest.mark.parametrize(("arguments", "open_"), [("", False), ("conring_size=4M", True), ("conring_size=16K", False)])
def test_a_ring_that_takes_the_uncolored_heap(arguments: str, *, open_: bool) -> None:
    """Measured: 4.20.4 panics with a heap of 4200 KiB and a ring of 4 MiB, 4.22.0 made the ring smaller."""
    given = f"llc-coloring=on dom0_mem=256M buddy-alloc-size=4200K {arguments}"
    found = booted(deployment(given, before="/memreserve/ 0x40010000 0x1000;"))
    assert bool(found.met) == open_


@given(st.one_of(st.integers(1, 1 << 21), st.integers(1, 512).map(lambda pages: pages * 4096)))
def test_the_copy_of_a_device_tree_takes_a_power_of_two_of_pages(size: int) -> None:
    pages = smallest_buddy(size) - DEVICE_TREE_MARGIN
    assert pages.bit_count() == 1
    assert pages * 4096 >= size
    assert pages == 1 or pages * 4096 // 2 < size
