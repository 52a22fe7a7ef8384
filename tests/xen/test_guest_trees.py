"""The size of the tree that Xen writes for a dom0less domain, against libfdt, which writes the same nodes."""

from __future__ import annotations

from typing import TypeAlias

import libfdt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.xen.domains.guest_tree import GuestParts, HostParts, host_parts, tree_size

Nodes: TypeAlias = list[tuple[str, dict[str, bytes], "Nodes"]]
CELL, RANGE = bytes(4), bytes(16)
PARTIAL = """/dts-v1/; / {
    aliases { net = "/passthrough/dev@0"; };
    passthrough { #address-cells = <1>;
        dev@0 { reg = <0 1>; xen,reg = <1 2 3>; xen,path = "/dev"; own,reg = [01 02 03]; inner { deep; }; };
    };
    other { left-out = <1>; };
};"""
COPIED: Nodes = [
    ("aliases", {"net": b"/passthrough/dev@0\0"}, []),
    (
        "passthrough",
        {"#address-cells": CELL},
        [("dev@0", {"reg": bytes(8), "own,reg": bytes(3)}, [("inner", {"deep": b""}, [])])],
    ),
]


def tree(text: str) -> DeviceTree:
    read = read_source("t.dts", text.encode())
    assert read.tree is not None
    return read.tree


def written(host: HostParts, guest: GuestParts, holes: int) -> Nodes:
    """The nodes that Xen writes, with values of the right length."""
    chosen = {"bootargs": bytes(guest.arguments)} if guest.arguments > 1 else {}
    chosen |= {"linux,initrd-start": bytes(8), "linux,initrd-end": bytes(8)} if guest.ramdisk else {}
    core = {"compatible": bytes(host.core), "device_type": b"cpu\0", "reg": CELL}
    core |= {"clock-frequency": CELL} if host.cpu_clock else {}
    core |= {"enable-method": b"psci\0"}
    sizes = {"#address-cells": CELL, "#size-cells": CELL}
    regions: Nodes = [
        (
            f"xen-shmem@{at:x}",
            {
                "compatible": b"xen,shared-memory-v1\0",
                "reg": RANGE,
                "xen,id": label.encode() + b"\0",
                "xen,offset": bytes(8),
            },
            [],
        )
        for label, at in guest.shared
    ]
    gic = {"#address-cells": CELL, "#interrupt-cells": CELL, "interrupt-controller": b""}
    gic |= {"compatible": b"arm,gic-400\0"} if host.gic_v2 else {"compatible": b"arm,gic-v3\0"}
    gic |= {} if host.gic_v2 else {"#redistributor-regions": CELL}
    gic |= {"reg": RANGE * 2, "linux,phandle": CELL, "phandle": CELL}
    timer = {"compatible": b"arm,armv8-timer\0", "interrupts": bytes(36), "interrupt-parent": CELL}
    timer |= {"clock-frequency": CELL} if host.timer_clock else {}
    below: Nodes = [
        ("chosen", chosen, []),
        (
            "psci",
            {
                "compatible": b"arm,psci-1.0\0arm,psci-0.2\0arm,psci\0",
                "method": b"hvc\0",
                "cpu_off": CELL,
                "cpu_on": CELL,
            },
            [],
        ),
        ("cpus", sizes, [(f"cpu@{n // 16 * 256 + n % 16:x}", core, []) for n in range(guest.vcpus)]),
        (
            "memory@40000000",
            {"device_type": b"memory\0", "reg": RANGE * (guest.banks + len(guest.shared))},
            [],
        ),
    ]
    below += [("reserved-memory", {"ranges": b""} | sizes, regions)] if regions else []
    below += COPIED if guest.partial else []
    below += [("interrupt-controller@3001000", gic, []), ("timer", timer, [])]
    if guest.uart:
        uart = {"compatible": b"arm,sbsa-uart\0", "reg": RANGE, "interrupts": bytes(12)}
        below.append(("sbsa-uart@22000000", uart | {"interrupt-parent": CELL, "current-speed": CELL}, []))
    if guest.enhanced:
        xen = {"compatible": b"xen,xen-4.20\0xen,xen\0", "reg": RANGE * (1 + holes), "interrupts": bytes(12)}
        below.append(("hypervisor", xen | {"interrupt-parent": CELL}, []))
    return [("", sizes, below)]


def size(nodes: Nodes) -> int:
    """The bytes of a blob that libfdt writes in one go."""
    writer = libfdt.FdtSw(20_000)
    writer.finish_reservemap()

    def write(each: Nodes) -> None:
        for name, properties, below in each:
            with writer.add_node(name):
                for key, value in properties.items():
                    writer.property(key, value)
                write(below)

    write(nodes)
    blob = writer.as_fdt()
    return int(40 + 16 + blob.size_dt_struct() + blob.size_dt_strings())


@given(
    st.builds(HostParts, st.integers(1, 40), st.booleans(), st.booleans(), st.booleans()),
    st.builds(
        GuestParts,
        st.integers(1, 20),
        st.integers(1, 2),
        st.integers(0, 40),
        st.booleans(),
        st.lists(st.tuples(st.text("abc", min_size=1, max_size=9), st.sampled_from([0, 0x50000000])), max_size=2).map(
            tuple
        ),
        st.booleans(),
        st.booleans(),
        st.sampled_from([(), (tree(PARTIAL),)]),
    ),
)
def test_as_large_as_libfdt_writes_it(host: HostParts, guest: GuestParts) -> None:
    least, most = (size(written(host, guest, holes)) for holes in (0, 2 + len(guest.shared)))
    assert tree_size(host, guest) == (least, most)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", HostParts(0, False, False, False)),
        ('cpus { cpu@0 { device_type = "cpu"; compatible = "arm,a"; }; };', HostParts(6, False, False, False)),
        (
            'cpus { map { }; cpu@0 { device_type = "cpu"; clock-frequency = <1>; }; cpu@1 { compatible = "x"; }; };',
            HostParts(0, True, False, False),
        ),
        ('timer { compatible = "arm,armv8-timer"; clock-frequency = <1>; };', HostParts(0, False, True, False)),
        ('timer { compatible = "arm,armv7-timer"; clock-frequency = <1>; };', HostParts(0, False, True, False)),
        ('timer { compatible = "arm,armv7-timer-mem"; clock-frequency = <1>; };', HostParts(0, False, False, False)),
        ('gic { compatible = "arm,gic-400"; interrupt-controller; };', HostParts(0, False, False, True)),
        ('gic { compatible = "arm,gic-400"; };', HostParts(0, False, False, False)),
        ('gic { compatible = "arm,gic-v3"; interrupt-controller; };', HostParts(0, False, False, False)),
    ],
)
def test_what_the_host_gives(text: str, expected: HostParts) -> None:
    assert host_parts(tree(f"/dts-v1/; / {{ {text} }};")) == expected
