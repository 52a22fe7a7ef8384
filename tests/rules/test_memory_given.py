"""Attacks: memory that a guest is given by address must never leave a separation proved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.rules.example import GUEST, Example

DOMAIN = """domU1 {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
    memory = <0x0 0x10000>; cpus = <1>; llc-colors = "11-12";
    module@8000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x8000000 0x0 0x10000>; }};
    module@8200000 {{ compatible = "multiboot,device-tree", "multiboot,module"; reg = <0x0 0x8200000 0x0 0x1000>; }};
}};
"""
PARTIAL = """/dts-v1/; / {{ #address-cells = <2>; #size-cells = <2>; passthrough {{ compatible = "simple-bus"; ranges;
    #address-cells = <2>; #size-cells = <2>; dev@0 {{ reg = <0x0 0x0 0x0 0x1000>; xen,reg = <{}>;
    xen,force-assign-without-iommu; }}; }}; }};"""
MODULES = '[[target.modules]]\naddress = 0x8200000\nfile = "partial.dts"\n'


def verdicts(example: Example, folder: Path) -> tuple[dict[str, str], set[str], int]:
    found = api.verify(example.write(folder))
    theorems = {theorem.id: str(theorem.verdict) for theorem in found.theorems}
    assert not found.faults
    return theorems, {finding.rule for finding in found.findings}, int(found.exit_status())


def test_iomem_over_the_color_heap_refutes(tmp_path: Path) -> None:
    theorems, rules, status = verdicts(Example(guests=(("rt.cfg", GUEST + 'iomem = ["70000,1000"]\n'),)), tmp_path)
    assert theorems["separation/dom0/rt"] == theorems["separation/xen/rt"] == "refuted"
    assert theorems["separation/xen/dom0"] == "proved"
    assert "CC406" in rules
    assert "CC401" not in rules
    assert status == 1


def test_iomem_of_registers_changes_nothing(tmp_path: Path) -> None:
    theorems, rules, _ = verdicts(Example(guests=(("rt.cfg", GUEST + 'iomem = ["ff000,1"]\n'),)), tmp_path)
    assert theorems["separation/dom0/rt"] == "proved"
    assert "CC406" not in rules


def test_nothing_silences_it(tmp_path: Path) -> None:
    silenced = Example(
        guests=(("rt.cfg", GUEST + 'iomem = ["70000,1000"]  # colorcheck: ignore[CC406] we know\n'),),
        manifest='[rules]\nignore = ["CC406", "CC521"]\n',
    )
    _, rules, status = verdicts(silenced, tmp_path)
    assert "CC406" in rules
    assert status == 1


@pytest.mark.parametrize(
    ("xen_reg", "expected"),
    [
        ("0x0 0x70000000 0x0 0x1000000 0x0 0x60000000", "refuted"),
        ("0x0 0xff000000 0x0 0x1000 0x0 0xff000000", "proved"),
    ],
)
def test_a_partial_tree_that_maps_memory_refutes(xen_reg: str, expected: str, tmp_path: Path) -> None:
    example = Example(
        chosen=DOMAIN.format(), target="", manifest=MODULES, files=(("partial.dts", PARTIAL.format(xen_reg)),)
    )
    theorems, rules, _ = verdicts(example, tmp_path)
    assert theorems["separation/dom0/domU1"] == expected
    assert theorems["separation/xen/dom0"] == "proved"
    assert ("CC406" in rules) == (expected == "refuted")


def test_a_partial_tree_that_nobody_read_proves_nothing(tmp_path: Path) -> None:
    theorems, rules, status = verdicts(Example(chosen=DOMAIN.format()), tmp_path)
    assert theorems["separation/dom0/domU1"] == "unknown"
    assert theorems["memory/domU1"] == "unknown"  # Xen may refuse what the tree says
    assert "CC526" in rules
    assert status != 0


DEVICE = 'fb@{0:x} {{ {1} compatible = "simple-framebuffer"; reg = <0x0 {0:#x} 0x0 0x800000>; }};'
RESERVED = """reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges;
    fb@{0:x} {{ {1} reg = <0x0 {0:#x} 0x0 0x800000>; }}; }};"""
OF_DOM0 = ("separation/xen/dom0", "separation/dom0/rt")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (DEVICE.format(0x60000000, ""), "refuted"),
        (DEVICE.format(0x60000000, 'status = "disabled";'), "refuted"),  # Xen maps it all the same, measured
        (DEVICE.format(0x7FC00000, ""), "refuted"),  # one half is in memory
        (DEVICE.format(0x60000000, "xen,passthrough;"), "proved"),
        (DEVICE.format(0xFD000000, ""), "proved"),
        (RESERVED.format(0x60000000, ""), "proved"),
        (RESERVED.format(0x60000000, 'status = "disabled";'), "refuted"),  # Xen does not reserve it, and maps it
        (RESERVED.format(0x60000000, "") + DEVICE.format(0x60000000, ""), "proved"),
        (RESERVED.format(0x60000000, "") + DEVICE.format(0x60400000, ""), "refuted"),
        (
            "bus@60000000 { #address-cells = <1>; #size-cells = <1>; ranges = <0x0 0x0 0x60000000 0x1000>;"
            'dev@0 { compatible = "acme,dev"; reg = <0x0 0x1000>; }; };',
            "refuted",
        ),
    ],
)
def test_a_device_whose_registers_are_in_memory(tree: str, expected: str, tmp_path: Path) -> None:
    """Xen maps the registers of devices into dom0 as they are, regardless of the owner of the frames."""
    example = Example(
        xen=("4.20", "4.21", "4.22"), tree=tree, guests=(("rt.cfg", GUEST),), memory="<0x0 0x0 0x0 0x80000000>"
    )
    theorems, rules, _ = verdicts(example, tmp_path)
    assert [theorems[name] for name in OF_DOM0] == [expected] * 2
    assert theorems["separation/xen/rt"] == "proved"
    assert ("CC406" in rules) == (expected == "refuted")


def test_the_hardware_domain_gets_the_devices(tmp_path: Path) -> None:
    hardware = """hw { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
        memory = <0x0 0x40000>; cpus = <1>; capabilities = <2>; llc-colors = "2-9";
        module@9000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x9000000 0x0 0x10000>; }; };
        """
    found = api.verify(
        Example(xen="4.21", chosen=hardware + DOMAIN.format(), tree=DEVICE.format(0x60000000, "")).write(tmp_path)
    )
    given = [finding.message for finding in found.findings if finding.rule == "CC521"]
    assert not given or all("into hw" in message or "into dom0" in message for message in given)
    assert given


@pytest.mark.parametrize(
    ("tree", "iomem", "pair", "expected"),
    [
        (DEVICE.format(0x60000000, ""), "", "separation/xen/dom0", "unknown"),
        (DEVICE.format(0xFD000000, ""), "", "separation/xen/dom0", "proved"),
        ("", 'iomem = ["70000,1000"]\n', "separation/dom0/rt", "unknown"),
        ("", 'iomem = ["ff000,1"]\n', "separation/dom0/rt", "proved"),
    ],
)
def test_where_no_input_says_which_memory_there_is(
    tree: str, iomem: str, pair: str, expected: str, tmp_path: Path
) -> None:
    """What the board calls memory may be memory."""
    manifest = Path(Example(tree=tree, guests=(("rt.cfg", GUEST + iomem),)).write(tmp_path))
    source = next(tmp_path.glob("*.dts"))
    text = source.read_text(encoding="utf-8")
    source.write_text(re.sub(r"memory@0 \{.*?\};", "", text, flags=re.DOTALL), encoding="utf-8")
    found = api.verify(str(manifest))
    assert not found.faults
    assert {str(theorem.verdict) for theorem in found.theorems if theorem.id == pair} == {expected}
    assert found.exit_status()
