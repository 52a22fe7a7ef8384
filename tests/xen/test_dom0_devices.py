"""The devices of the host that stop dom0, with what the note about each says and where it points."""

from __future__ import annotations

import pytest

from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree_walk import Ancestry
from colorcheck.xen.domains.dom0_end import Dom0DeviceLimits, stopping_devices
from colorcheck.xen.notes.domains import DeviceFault

HOST = """/dts-v1/; / {{ #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;
    gic: gic@1000 {{ compatible = "arm,gic-v3"; reg = <0 0x1000 0 0x1000>;
        interrupt-controller; #interrupt-cells = <3>; }};
    uart@2000 {{ compatible = "arm,pl011"; reg = <0 0x2000 0 0x1000>; interrupts = <0 1 4>; }};
    first@3000 {{ reg = <0 0x3000 0 0x1000>; interrupts = <0 2 4>; }};
{}
}};
"""
Refused = tuple[str, DeviceFault, int, int, str]


def stops(device: str, *, empty_stops: bool = False) -> list[tuple[Refused, int]]:
    """What each note says, and the line that it points to."""
    read = read_source("t.dts", HOST.format(device).encode())
    assert read.tree is not None
    uart = read.tree.node("/uart@2000")
    found = [stop.note() for stop in stopping_devices(Ancestry(read.tree), uart, Dom0DeviceLimits(40, empty_stops))]
    assert all(note.domain == "dom0" for note in found)
    return [((each.node, each.reason, each.number, each.bits, each.other), each.location.line) for each in found]


@pytest.mark.parametrize(
    ("device", "fault", "number", "bits", "other"),
    [
        ("interrupts = <0 988 4>;", DeviceFault.NO_SUCH_INTERRUPT, 988, 0, ""),
        ("interrupts = <0 2 1>;", DeviceFault.OTHER_TRIGGER, 2, 0, "/first@3000"),
        ("interrupts = <0 1 4>;", DeviceFault.CONSOLE_INTERRUPT, 1, 0, ""),
        ("reg = <0xff 0xfffff000 0 0x1001>;", DeviceFault.BEYOND_ADDRESSES, (1 << 40) + 1, 40, ""),
    ],
)
def test_a_device_that_stops_dom0(device: str, fault: DeviceFault, number: int, bits: int, other: str) -> None:
    node = f"dev@9000 {{\n{device}\n}};"
    assert stops(node) == [(("/dev@9000", fault, number, bits, other), 7)]


@pytest.mark.parametrize(
    "device",
    [
        "interrupts = <0 987 4>;",
        "interrupts = <0 2 4>;",
        "reg = <0xff 0xfffff000 0 0x1000>;",
        "xen,passthrough; interrupts = <0 1 4>;",
        "xen,passthrough; reg = <0xff 0xfffff000 0 0x1001>;",
        "reg = <0 0x9000 0 0>;",
    ],
)
def test_a_device_that_dom0_gets(device: str) -> None:
    assert stops(f"dev@9000 {{ {device} }};") == []


def test_an_address_outside_of_its_bus() -> None:
    bus = "bus@9000 {{ #address-cells = <2>; #size-cells = <2>; ranges = <0 0 0 0x9000 0 0x1000>;\n{}\n}};"
    inside = bus.format("dev@fff { reg = <0 0xfff 0 0x1>; };")
    outside = bus.format("dev@1000 { reg = <0 0x1000 0 0x1>; };")
    assert stops(inside) == []
    assert stops(outside) == [(("/bus@9000/dev@1000", DeviceFault.UNTRANSLATABLE, 0x1000, 0, ""), 7)]


def test_an_empty_register_stops_a_debug_build() -> None:
    found = stops("dev@9000 {\nreg = <0 0x9000 0 0>;\n};", empty_stops=True)
    assert found == [(("/dev@9000", DeviceFault.EMPTY_REG, 0, 0, ""), 7)]
