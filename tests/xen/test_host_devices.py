"""What of the host's device tree is mapped into dom0, and how."""

from __future__ import annotations

import pytest

from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.memory.p2m import dom0less_pool, levels, tables, xl_pool
from tests.xen.small import KERNEL, deployment, system

GIC = """gic: interrupt-controller@8000000 { compatible = "arm,gic-v3"; interrupt-controller; #interrupt-cells = <3>;
    #address-cells = <2>; #size-cells = <2>; ranges; reg = <0x0 0x8000000 0x0 0x10000>; phandle = <1>;
    its@8080000 { compatible = "arm,gic-v3-its"; reg = <0x0 0x8080000 0x0 0x20000>; }; };"""


def mapped(root: str, arguments: str = "llc-coloring=on", chosen: str = "") -> list[tuple[int, int]]:
    """(first frame, frames) of everything that is mapped."""
    given = deployment(arguments, chosen + KERNEL, root=root)
    prepared = system(given).preparation
    assert prepared is not None
    return [(mapping.gfn, mapping.pages) for mapping in prepared.devices]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("d@10000 { reg = <0x0 0x10000 0x0 0x2000 0x0 0x20000 0x0 0x1>; };", [(0x10, 2), (0x20, 1)]),
        ('d@10000 { status = "disabled"; reg = <0x0 0x10000 0x0 0x1000>; };', [(0x10, 1)]),
        ("d@10000 { xen,passthrough; reg = <0x0 0x10000 0x0 0x1000>; };", []),
        ('d@10000 { compatible = "arm,mmu-500"; reg = <0x0 0x10000 0x0 0x1000>; };', []),
        ('d@10000 { compatible = "arm,armv7-timer-mem"; reg = <0x0 0x10000 0x0 0x1000>; };', []),
        ('d@10000 { compatible = "arm,armv8-pmuv3"; reg = <0x0 0x10000 0x0 0x1000>; };', []),
        ("cpus { #address-cells = <1>; #size-cells = <0>; cpu@1000 { reg = <0x1000>; }; };", []),
        ("i2c { #address-cells = <1>; #size-cells = <0>; chip@50 { reg = <0x50>; }; };", []),
        ("flash { #address-cells = <1>; #size-cells = <1>; part@0 { reg = <0x0 0x1000>; }; };", []),
        (
            """bus { #address-cells = <1>; #size-cells = <1>; ranges = <0x1000 0x0 0x50000 0x10000>;
               d@2000 { reg = <0x2000 0x1000>; }; off@90000 { reg = <0x90000 0x1000>; }; };""",
            [(0x51, 1)],
        ),
        (
            """reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
               r@50000000 { reg = <0x0 0x50000000 0x0 0x2000>; }; };""",
            [(0x50000, 2)],
        ),
        (
            """pcie@3f000000 { device_type = "pci"; #address-cells = <3>; #size-cells = <2>;
               reg = <0x0 0x3f000000 0x0 0x1000>; ranges = <0x2000000 0x0 0x10000000 0x0 0x10000000 0x0 0x2000>; };""",
            [(0x3F000, 1), (0x10000, 2)],
        ),
    ],
)
def test_what_is_mapped(node: str, expected: list[tuple[int, int]]) -> None:
    assert mapped(node) == expected


def test_the_interrupt_controller_and_devices_with_private_interrupts_are_not_mapped() -> None:
    shared = "a@10000 { interrupts = <0 7 4>; reg = <0x0 0x10000 0x0 0x1000>; };"
    private = "b@20000 { interrupts = <0 7 4 1 9 4>; reg = <0x0 0x20000 0x0 0x1000>; c@30000 { }; };"
    extended = "d@40000 { interrupts-extended = <1 1 9 4>; reg = <0x0 0x40000 0x0 0x1000>; };"
    assert mapped("interrupt-parent = <1>;" + GIC + shared + private + extended) == [(0x10, 1)]


def test_the_uart_of_xen_is_not_mapped() -> None:
    uart = 'serial@9000000 { reg = <0x0 0x9000000 0x0 0x1000>; }; aliases { serial0 = "/serial@9000000"; };'
    assert mapped(uart) == [(0x9000, 1)]
    assert mapped(uart, chosen='stdout-path = "serial0:115200n8";') == []
    assert mapped(uart, "llc-coloring=on console=vga", 'stdout-path = "/serial@9000000";') == [(0x9000, 1)]
    assert mapped(uart, "llc-coloring=on console=dtuart dtuart=serial0") == []
    assert mapped(uart, "llc-coloring=on console=vga,dtuart dtuart=serial0") == []


def test_a_window_whose_length_is_not_whole_blocks_is_mapped_in_pages() -> None:
    """The PCI window of QEMU's virt machine: 376 tables for 752 MiB short of 64 KiB."""
    window = Mapping(0x10000, 0x2EFF0, blocks=True)
    assert tables([window], 3) == 376 + 1
    assert tables([Mapping(0x10000, 0x2F000, blocks=True)], 3) == 1
    assert tables([Mapping(1 << 18, 1 << 18, blocks=True)], 3) == 0
    assert tables([Mapping(1 << 18, 1 << 18, blocks=True)], 4) == 1


def test_depths_and_pools() -> None:
    assert [levels(bits) for bits in (32, 36, 40, 42, 44, 48, 52)] == [3, 3, 3, 3, 4, 4, 4]
    assert dom0less_pool(128 * 1024, 1) == 512
    assert dom0less_pool(64 * 1024, 4) == 1280
    assert xl_pool(24, 3) == 920
