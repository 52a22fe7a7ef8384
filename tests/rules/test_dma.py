"""Attacks: deployments that were proved and graded A although devices reach every domain's memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.residue import residues

TREE = """/dts-v1/;
/ {{
    #address-cells = <1>; #size-cells = <1>; compatible = "xlnx,zynqmp"; interrupt-parent = <&gic>;
    cpus {{ #address-cells = <1>; #size-cells = <0>;
        cpu@0 {{ compatible = "arm,cortex-a53"; device_type = "cpu"; reg = <0>; enable-method = "psci"; }};
    }};
    gic: interrupt-controller@f9010000 {{ compatible = "arm,gic-400"; #interrupt-cells = <3>; interrupt-controller;
        reg = <0xf9010000 0x10000>, <0xf9020000 0x20000>; }};
    timer {{ compatible = "arm,armv8-timer"; interrupts = <1 13 8>, <1 14 8>, <1 11 8>, <1 10 8>; }};
    serial@ff000000 {{ compatible = "arm,pl011"; reg = <0xff000000 0x1000>; interrupts = <0 21 4>; }};
    smmu: iommu@fd800000 {{ compatible = "arm,mmu-500"; reg = <0xfd800000 0x20000>; #iommu-cells = <1>; }};
    {devices}
    memory@0 {{ device_type = "memory"; reg = <0 0x7ff00000>; }};
    chosen {{ #address-cells = <1>; #size-cells = <1>; stdout-path = "/serial@ff000000";
        xen,xen-bootargs = "console=dtuart dom0_mem=512M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=2-8{more}";
        xen,dom0-bootargs = "console=hvc0";
        dom0 {{ compatible = "xen,linux-zimage", "xen,multiboot-module", "multiboot,module";
            reg = <0x2200000 0x1490a00>; }};
    }};
}};
"""
MANIFEST = """[target]
xen = "4.20"
xen-image-size = 0x17c000
xen-address = 0x600000
device-tree-address = 0x100000
device-tree-size = 0x9000
[inputs]
device-tree = "system.dts"
"""
USB = 'usb@fe200000 {{ compatible = "snps,dwc3"; reg = <0xfe200000 0x40000>; {} }};'
SATA = 'sata@fd0c0000 { compatible = "ceva,ahci-1v84"; reg = <0xfd0c0000 0x2000>; };'
SAFE = USB.format("iommus = <&smmu 0x860>;")


@pytest.mark.parametrize(
    ("devices", "more", "grade", "warned"),
    [
        (SAFE, "", "A", False),
        (USB.format(""), "", "B", True),  # no trace of DMA in the tree
        (SAFE + SATA, "", "B", True),  # one master of two
        (SAFE, " iommu=no", "B", True),  # Xen is told to use none
        (SAFE, " iommu=off iommu=on", "A", False),
        (SAFE + 'thing@fd000000 { compatible = "acme,thing"; reg = <0xfd000000 0x1000>; };', "", "B", True),
        (SAFE + 'rtc@fd000000 { compatible = "xlnx,zynqmp-rtc"; reg = <0xfd000000 0x1000>; };', "", "A", False),
        (SAFE + SATA.replace("{", '{ status = "disabled";', 1), "", "A", False),
        (SAFE + SATA.replace("{", "{ xen,passthrough;", 1), "", "B", True),
    ],
)
def test_devices_without_an_iommu(tmp_path: Path, devices: str, more: str, grade: str, warned: bool) -> None:
    (tmp_path / "system.dts").write_text(TREE.format(devices=devices, more=more), encoding="utf-8")
    (tmp_path / "colorcheck.toml").write_text(MANIFEST, encoding="utf-8")
    result = api.verify(tmp_path / "colorcheck.toml")
    assert {residue.grade for residue in residues(result.facts)} == {grade}
    found = [finding for finding in result.findings if finding.rule == "CC307"]
    assert len(found) == int(warned)


_V3 = """smmu: iommu@fd800000 { compatible = "arm,smmu-v3"; reg = <0x0 0xfd800000 0x0 0x20000>; #iommu-cells = <1>; };
    ethernet@ff0e0000 { compatible = "cdns,zynqmp-gem"; reg = <0x0 0xff0e0000 0x0 0x1000>; iommus = <&smmu 0x877>; };"""


@pytest.mark.parametrize(
    ("tree", "build", "warned"),
    [
        (_V3, "", True),  # not built in by default
        (_V3, "[target.config]\nARM_SMMU_V3 = true\n", False),
        (_V3.replace("arm,smmu-v3", "arm,mmu-500"), "", False),
        (_V3.replace("arm,smmu-v3", "arm,mmu-500"), "[target.config]\nARM_SMMU = false\n", True),
    ],
)
def test_a_passed_device_needs_the_driver_of_its_iommu(tree: str, build: str, warned: bool, tmp_path: Path) -> None:
    guest = GUEST + 'dtdev = ["/ethernet@ff0e0000"]\n'
    found = api.verify(Example(tree=tree, guests=(("rt.cfg", guest),), manifest=build).write(tmp_path))
    assert ("CC308" in {finding.rule for finding in found.findings}) == warned
