"""The drivers for IOMMUs that Xen's build leaves out by default, and frames that `badpage` takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.verification.residue import residues

_TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x80000000>; };
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; };
	};
	iommu@9050000 { compatible = "IOMMU"; reg = <0 0x9050000 0 0x20000>; #iommu-cells = <1>; };
	chosen {
		#address-cells = <2>;
		#size-cells = <2>;
		xen,xen-bootargs = "llc-coloring=on xen-llc-colors=0 MORE";
		d {
			compatible = "xen,domain";
			#address-cells = <2>;
			#size-cells = <2>;
			memory = <0 0x10000>;
			cpus = <1>;
			llc-colors = "8-15";
			capabilities = <CAPABILITIES>;
			k { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x46000000 0 0x10000>; };
		};
	};
};
"""
_MANIFEST = """[target]
xen = "4.22"
board = "qemu-virt-cortex-a53"
loader = "none"
xen-address = 0x40400000
xen-image-size = 0x174000
device-tree-address = 0x48000000
"""


def _outcome(
    folder: Path, iommu: str, config: str = "", capabilities: int = 2, more: str = ""
) -> tuple[str, list[str]]:
    tree = _TREE.replace("IOMMU", iommu).replace("CAPABILITIES", str(capabilities)).replace("MORE", more)
    (folder / "a.dts").write_text(tree)
    (folder / "colorcheck.toml").write_text(f'{_MANIFEST}{config}[inputs]\ndevice-tree = "a.dts"\n')
    found = api.verify(folder)
    (boots,) = [theorem for _, theorem in found.facts.theorems() if theorem.id == "boots"]
    return boots.verdict.value, [fact.what for fact in found.open_facts()]


def _config(option: str, state: str) -> str:
    return f"[target.config]\n{option} = {state}\n"


@pytest.mark.parametrize(
    ("iommu", "config", "verdict", "opened"),
    [
        ("arm,mmu-500", "", "proved", []),
        ("arm,mmu-500", _config("ARM_SMMU", "false"), "refuted", []),
        ("arm,smmu-v3", "", "unknown", ["iommu-driver"]),
        ("arm,smmu-v3", _config("ARM_SMMU_V3", "true"), "proved", []),
        ("arm,smmu-v3", _config("ARM_SMMU_V3", "false"), "refuted", []),
        ("renesas,ipmmu-r8a7795", "", "unknown", ["iommu-driver"]),
        ("renesas,ipmmu-r8a7795", _config("IPMMU_VMSA", "true"), "proved", []),
    ],
)
def test_a_hardware_domain_needs_the_driver(
    tmp_path: Path, iommu: str, config: str, verdict: str, opened: list[str]
) -> None:
    assert _outcome(tmp_path, iommu, config) == (verdict, opened)


def test_where_no_iommu_is_needed_the_driver_is_no_question(tmp_path: Path) -> None:
    assert _outcome(tmp_path, "arm,smmu-v3", capabilities=0) == ("proved", [])
    assert _outcome(tmp_path, "arm,smmu-v3", capabilities=0, more="iommu=force") == ("unknown", ["iommu-driver"])


def test_a_real_config_has_the_driver_or_not(tmp_path: Path) -> None:
    for text, verdict in (("CONFIG_ARM_SMMU=y", "refuted"), ("CONFIG_ARM_SMMU_V3=y", "proved")):
        (tmp_path / "xen.config").write_text(
            f"CONFIG_ARM_64=y\nCONFIG_LLC_COLORING=y\nCONFIG_DOM0LESS_BOOT=y\n{text}\n"
        )
        assert _outcome(tmp_path, "arm,smmu-v3", 'kconfig = "xen.config"\n')[0] == verdict


def test_frames_that_badpage_takes_away(tmp_path: Path) -> None:
    assert _outcome(tmp_path, "arm,mmu-500", more="badpage=0x45000-0x45fff") == ("unknown", ["badpage"])
    assert _outcome(tmp_path, "arm,mmu-500", more="badpage=") == ("proved", [])


@pytest.mark.parametrize(
    ("iommu", "config", "confined"),
    [
        ("arm,mmu-500", "", True),
        ("arm,mmu-500", _config("ARM_SMMU", "false"), False),
        ("arm,smmu-v3", "", False),
        ("arm,smmu-v3", _config("ARM_SMMU_V3", "true"), True),
        ("arm,smmu-v3", _config("ARM_SMMU_V3", "false"), False),
    ],
)
def test_a_device_is_confined_by_an_iommu_that_xen_drives(
    tmp_path: Path, iommu: str, config: str, confined: bool
) -> None:
    device = 'mmc@a000000 { compatible = "arasan,sdhci-8.9a"; reg = <0 0xa000000 0 0x1000>; iommus = <&smmu 1>; };'
    tree = _TREE.replace("iommu@9050000", "smmu: iommu@9050000").replace("\tchosen {", f"\t{device}\n\tchosen {{")
    kernel = 'k { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x45000000 0 0x10000>; };'
    arguments = "dom0_mem=128M dom0-llc-colors=1-7"
    tree = tree.replace("\t\td {", f"\t\t{kernel}\n\t\td {{").replace("CAPABILITIES", "0").replace("MORE", arguments)
    (tmp_path / "a.dts").write_text(tree.replace("IOMMU", iommu))
    (tmp_path / "colorcheck.toml").write_text(f'{_MANIFEST}{config}[inputs]\ndevice-tree = "a.dts"\n')
    found = residues(api.verify(tmp_path).facts)
    assert any("without an IOMMU" in each.what for each in found[0].remainders) is not confined
