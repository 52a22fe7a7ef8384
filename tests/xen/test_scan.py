"""What Xen's early scan of the tree registers: disabled nodes, cells that are inherited, ranges that overlap."""

from __future__ import annotations

import pytest

from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.memory.p2m import tables
from tests.xen.small import KERNEL, booted, deployment, domain, kinds, reserved, system


def test_a_disabled_node_reserves_nothing() -> None:
    held = reserved((0x60000000, 0x100000))
    off = held.replace("reg =", 'status = "disabled"; reg =')
    assert booted(deployment(root=off)).free_initial == booted(deployment()).free_initial
    assert booted(deployment(root=held)).free_initial != booted(deployment()).free_initial


def test_only_nodes_named_memory_that_are_not_disabled_are_memory() -> None:
    more = '{ device_type = "memory"; reg = <0x1 0x0 0x0 0x10000000>; };'
    plain = booted(deployment()).xen_region
    assert booted(deployment(root=f"memory@100000000 {more}")).xen_region != plain
    assert booted(deployment(root=f"sram@100000000 {more}")).xen_region == plain
    assert booted(deployment(root=f'memory@100000000 {{ status = "disabled"; {more[1:]}')).xen_region == plain


def test_ranges_nested_below_reserved_memory_count() -> None:
    flat = reserved((0x60000000, 0x100000))
    nested = flat.replace("r@", "group { r@", 1).replace("}; };", "}; }; };", 1)
    assert booted(deployment(root=nested)).free_initial == booted(deployment(root=flat)).free_initial


@pytest.mark.parametrize("start", [0x40200000, 0x48001000])
def test_a_reserved_range_over_what_is_loaded_ends_the_boot(start: int) -> None:
    found = booted(deployment(root=reserved((start, 0x1000))))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("other", "Early FDT parsing failed (-22)")


def test_a_reserved_range_inside_a_memreserve_entry_does_no_harm() -> None:
    entry = "/memreserve/ 0x60000000 0x100000;"
    both = deployment(root=reserved((0x60000000, 0x1000)), before=entry)
    assert booted(both).free_initial == booted(deployment(before=entry)).free_initial
    across = deployment(root=reserved((0x600FF000, 0x2000)), before=entry)
    assert booted(across).panic is not None


def test_the_node_that_comes_first_keeps_its_place() -> None:
    """A module over a range reserved before it is ignored; a range over a module loaded before it is a panic."""
    over = reserved((0x49000000, 0x1000))
    before = booted(deployment(root=over))
    assert "module-overlap" in kinds(before.system)
    after = deployment(chosen=f"{KERNEL} }}; {over.removesuffix('};')}")
    assert booted(after).panic is not None


def test_a_domains_module_counts_in_inherited_cells() -> None:
    plain = domain("domU1", 'llc-colors = "4-7";')
    bare = plain.replace("#address-cells = <2>; #size-cells = <2>;", "")
    assert bare != plain
    expected, found = booted(deployment(chosen=KERNEL + plain)), booted(deployment(chosen=KERNEL + bare))
    assert found.free_initial == expected.free_initial
    assert found.free_final == expected.free_final


def test_colors_without_the_end_of_a_string_are_as_good_as_none() -> None:
    found = system(deployment(chosen=KERNEL + domain("domU1", "llc-colors = [30 2d 31];")), "4.21")
    assert found.domains[1].colors == tuple(range(16))
    off = system(deployment("llc-coloring=off", KERNEL + domain("domU1", "llc-colors;")), "4.21")
    assert off.domains[1].failure is None


@pytest.mark.parametrize(("memory", "kib"), [("<0x10000>", None), ("<0 0x10000 5>", 0x10000)])
def test_memory_is_the_first_two_cells(memory: str, kib: int | None) -> None:
    node = domain("domU1").replace("memory = <0x0 65536>", f"memory = {memory}")
    found = system(deployment(chosen=KERNEL + node)).domains[1]
    assert (found.failure is None) == (kib is not None)
    assert found.pages == (kib or 0) // 4


def test_a_first_bank_that_fits_exactly_has_no_place_for_the_device_tree() -> None:
    found = booted(deployment("llc-coloring=on dom0_mem=4M"))
    assert found.panic is not None
    assert found.panic.message == "Unable to find suitable location for dtb+initrd"
    assert booted(deployment("llc-coloring=on dom0_mem=6M")).outcome == "boots"


def test_422_asks_what_the_first_bank_would_give() -> None:
    large = KERNEL.replace("0x10000", "0x5000000")
    found = booted(deployment("llc-coloring=on dom0_mem=64M", large), "4.22")
    assert found.panic is not None
    assert found.panic.message.startswith("Failed to allocate requested domain memory. 65536KB")


def test_a_block_takes_the_place_of_a_table() -> None:
    pages, block = Mapping(0x10000, 8, blocks=True), Mapping(0x10000, 512, blocks=True)
    assert tables([pages, block], 3) == 1
    assert tables([block, pages], 3) == 2
    giant = Mapping(0, 1 << 18, blocks=True)
    assert tables([pages, giant], 3) == 0
    assert tables([giant, pages], 4) == 3


def test_a_domain_is_refused_for_what_xen_looks_at_first() -> None:
    node = domain("domU1", 'llc-colors = "99"; xen,enhanced;')
    found = system(deployment(chosen=node)).domains[0]
    assert found.failure is not None
    assert found.failure.kind == "domain-colors"
    bare = system(deployment(chosen=node.replace("cpus = <1>;", ""))).domains[0]
    assert bare.failure is not None
    assert bare.failure.message.startswith("Missing property 'cpus'")
    off = system(deployment("llc-coloring=off", node)).domains[0]
    assert off.failure is not None
    assert off.failure.kind == "colors-while-disabled"
    alone = system(deployment(chosen=node.replace("99", "4"))).domains[0]
    assert alone.failure is not None
    assert "requires dom0" in alone.failure.message
