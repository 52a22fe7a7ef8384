"""Which devices of a tree are bus masters, and which of them no IOMMU keeps in bounds."""

from __future__ import annotations

import pytest

from colorcheck.hardware.bus_masters import bus_masters
from colorcheck.hardware.master_kinds import Dma, kinds
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree import DeviceTree

SMMU = """smmu: iommu@1000 { compatible = "arm,mmu-500"; reg = <0x1000 0x1000>; #iommu-cells = <1>; };"""
TREE = """/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; soc { compatible = "simple-bus"; ranges;
    #address-cells = <1>; #size-cells = <1>; %s }; };"""


def parse(devices: str) -> DeviceTree:
    read = read_source("t.dts", (TREE % devices).encode())
    assert read.tree is not None, read.errors
    return read.tree


def judged(devices: str) -> dict[str, tuple[Dma, bool]]:
    found = bus_masters(parse(devices)).devices
    return {device.node.name.partition("@")[0]: (device.dma, device.protected) for device in found}


@pytest.mark.parametrize(
    ("name", "properties", "dma"),
    [
        ("ethernet", 'compatible = "cdns,zynqmp-gem";', Dma.MASTER),
        ("mmc", 'compatible = "acme,unheard-of"; #clock-cells = <0>;', Dma.MASTER),
        ("thing", 'compatible = "acme,thing", "snps,dwc3";', Dma.MASTER),
        ("thing", 'compatible = "acme,thing";', Dma.POSSIBLE),
        ("thing", 'compatible = "acme,thing"; dma-coherent;', Dma.MASTER),
        ("serial", 'compatible = "arm,pl011"; dmas = <0 0>;', Dma.NONE),
        ("serial", 'compatible = "acme,uart"; dma-coherent;', Dma.MASTER),
        ("i2c", 'compatible = "mediatek,mt8183-i2c";', Dma.MASTER),
        ("gpio", 'compatible = "acme,pins"; gpio-controller;', Dma.NONE),
        ("gpio", 'compatible = "acme,pins";', Dma.POSSIBLE),
        ("pcie-phy", 'compatible = "fsl,imx8mp-pcie-phy"; #phy-cells = <0>;', Dma.NONE),
        ("pcie", 'compatible = "fsl,imx8mp-pcie"; device_type = "pci";', Dma.MASTER),
        ("spi", 'compatible = "xlnx,zynqmp-qspi-1.0";', Dma.MASTER),
        ("spi", 'compatible = "acme,spi";', Dma.POSSIBLE),
    ],
)
def test_every_device_is_one_of_three(name: str, properties: str, dma: Dma) -> None:
    assert judged(f"{name}@100 {{ {properties} reg = <0x100 0x10>; }};")[name][0] is dma


def test_what_is_off_or_on_no_memory_bus_counts_for_nothing() -> None:
    assert not judged('usb@100 { compatible = "snps,dwc3"; reg = <0x100 0x10>; status = "disabled"; };')
    found = judged(
        """i2c@100 { compatible = "cdns,i2c-r1p14"; reg = <0x100 0x10>; #address-cells = <1>; #size-cells = <0>;
        sensor@10 { compatible = "acme,sensor"; reg = <0x10>; }; };"""
    )
    assert "sensor" not in found


def test_a_master_is_protected_by_its_own_iommu_only() -> None:
    found = judged(
        SMMU
        + """usb@2000 { compatible = "snps,dwc3"; reg = <0x2000 0x10>; iommus = <&smmu 1>; };
        sata@3000 { compatible = "acme,ahci"; reg = <0x3000 0x10>; };"""
    )
    assert found["usb"] == (Dma.MASTER, True)
    assert found["sata"] == (Dma.MASTER, False)


def test_a_wrapper_is_judged_by_the_masters_in_it() -> None:
    inner = 'usb-core@2100 {{ compatible = "snps,dwc3"; reg = <0x2100 0x10>; {} }};'
    outer = 'usb@2000 {{ compatible = "xlnx,zynqmp-dwc3"; reg = <0x2000 0x10>; ranges; #address-cells = <1>; '
    outer += "#size-cells = <1>; {} {} }};"
    inside = judged(SMMU + outer.format("", inner.format("iommus = <&smmu 1>;")))
    assert "usb" not in inside
    assert inside["usb-core"] == (Dma.MASTER, True)
    outside = judged(SMMU + outer.format("iommus = <&smmu 1>;", inner.format("")))
    assert outside["usb-core"] == (Dma.MASTER, True)


def test_processors_without_registers_count() -> None:
    assert judged('remoteproc { compatible = "fsl,imx8mp-cm7"; };')["remoteproc"] == (Dma.MASTER, False)


def test_a_kind_has_a_source() -> None:
    assert all(kind.sources for kind in kinds())
