"""IOMMUs and DMA masters in device trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.hardware.iommu import iommu_facts
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree_walk import Ancestry

TREES = Path(__file__).parent / "trees"


def ancestry(text: str) -> Ancestry:
    read = read_source("t.dts", text.encode())
    assert read.tree is not None, read.errors
    return Ancestry(read.tree)


@pytest.mark.parametrize(
    ("name", "enabled", "driven", "masters", "usable"),
    [
        ("zcu102", 0, 1, 0, False),  # mainline: disabled, without consumers
        ("imx8qm", 1, 1, 1, True),
        ("lx2160a", 1, 1, 1, True),
        ("rcar-h3", 1, 1, 1, True),
        ("j721e", 1, 1, 0, False),
        ("rk3399", 1, 0, 1, False),  # Xen has no driver
        ("rpi4", 0, 0, 0, False),
    ],
)
def test_facts(name: str, enabled: int, driven: int, masters: int, usable: bool) -> None:
    facts = iommu_facts(ancestry((TREES / f"{name}.dts").read_text(encoding="utf-8")))
    assert sum(iommu.enabled for iommu in facts.iommus) == enabled
    assert sum(iommu.driven for iommu in facts.iommus) == driven
    assert len(facts.masters) == masters
    assert facts.usable == usable


def test_a_master_needs_all_of_its_iommus() -> None:
    facts = iommu_facts(
        ancestry(
            """/dts-v1/; / {
            a: a { compatible = "arm,smmu-v3"; #iommu-cells = <1>; };
            b: b { compatible = "arm,smmu-v3"; #iommu-cells = <2>; status = "disabled"; };
            both { iommus = <&a 1>, <&b 2 3>; };
            one { iommus = <&a 1>; };
            lost { iommus = <0x99 1>; };
            pcie { iommu-map = <0 &a 0 0x10000>; }; };"""
        )
    )
    protected = {master.node.name: facts.protected(master) for master in facts.masters}
    assert protected == {"both": False, "one": True, "lost": False, "pcie": True}


def test_a_device_on_a_disabled_bus_is_no_master() -> None:
    facts = iommu_facts(
        ancestry(
            """/dts-v1/; / { a: a { compatible = "arm,smmu-v3"; #iommu-cells = <1>; };
            bus { status = "disabled"; dev { iommus = <&a 1>; }; }; };"""
        )
    )
    assert facts.masters == ()
