"""Modules below /chosen where Xen is started by UEFI: its loader loads only what `xen,uefi-binary` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api

TREE = """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;
    cpus { #address-cells = <1>; #size-cells = <0>;
        cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; }; };
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x80000000>; };
    chosen { #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "llc-coloring=on dom0_mem=256M xen-llc-colors=0 dom0-llc-colors=1-6";
        module@49000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x49000000 0 0x10000>; };
        rt { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; memory = <0 0x4000>; cpus = <1>;
            llc-colors = "7-15";
            module@4a000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x4a000000 0 0x10000>; };
        }; }; };"""
MODULE = '[[target.modules]]\nkind = "kernel"\naddress = 0x4a000000\nsize = 0x10000\n'


@pytest.mark.parametrize(("more", "panics"), [("", True), (MODULE, False)])
def test_nobody_loads_a_plain_reg(tmp_path: Path, more: str, panics: bool) -> None:
    (tmp_path / "system.dts").write_text(TREE)
    (tmp_path / "memmap.txt").write_text("")
    (tmp_path / "colorcheck.toml").write_text(
        '[target]\nxen = "4.22"\nboard = "qemu-virt-cortex-a53"\nxen-address = 0x60000000\nxen-image-size = 0x17c000\n'
        'loader = "uefi"\ndevice-tree-address = 0x48000000\nmemory = ["0x40000000+0x80000000"]\n'
        f'{more}[inputs]\ndevice-tree = "system.dts"\n'
    )
    result = api.replay(tmp_path / "colorcheck.toml")
    (found,) = result.facts.results
    assert found.system is not None
    failures = [domain.failure for domain in found.system.domains if domain.name == "rt"]
    assert [failure.message if failure else "" for failure in failures] == [
        "Could not set up domain rt (rc = -22)" if panics else ""
    ]
