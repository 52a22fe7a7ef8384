"""What Xen's EFI loader does with xen.cfg and the tree before Xen runs: lines of sections, cells and ranges of /chosen,
kernels given twice, too many files, too long arguments, a unified image. Measured with Xen 4.22.0 and Debian's EDK2,
except for the image."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.boot.efi_memory_map import read_efi_memory_map
from colorcheck.inputs.boot.uefi_config import read_uefi_config
from colorcheck.inputs.boot.xen_image import read_xen_image
from colorcheck.loader.handover import Handover

_TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	compatible = "linux,dummy-virt";
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x80000000>; };
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; };
	};
	chosen { CHOSEN };
};
"""
_CONFIG = """[global]
default=xen
[xen]
options=llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-7 dom0_mem=256M
kernel=Image console=hvc0
"""
_MANIFEST = """[target]
xen = "4.22"
board = "qemu-virt-cortex-a53"
loader = "uefi"
[inputs]
device-tree = "system.dts"
uefi-config = "xen.cfg"
"""


def _kernel(name: str, file: str) -> str:
    return f'{name} {{ compatible = "multiboot,kernel", "multiboot,module"; xen,uefi-binary = "{file}"; }};'


def _files(count: int) -> str:
    return "".join(f'm{n} {{ compatible = "x", "multiboot,module"; xen,uefi-binary = "F{n}"; }};' for n in range(count))


def _received(folder: Path, chosen: str, config: str, manifest: str = _MANIFEST) -> Handover:
    (folder / "system.dts").write_text(_TREE.replace("CHOSEN", chosen))
    (folder / "xen.cfg").write_text(config)
    (folder / "colorcheck.toml").write_text(manifest)
    return api.handover(folder)


_LOAD = "xen,uefi-cfg-load;"  # the tree here is the firmware's


@pytest.mark.parametrize(
    ("chosen", "config", "why"),
    [
        ("", _CONFIG, None),
        ("ranges;", _CONFIG, None),
        ("ranges = <0 0 0 0 0 1>;", _CONFIG, "ranges that are not empty"),
        ("#address-cells = <3>;", _CONFIG, "neither 1 nor 2"),
        ("#size-cells = <0>;", _CONFIG, "neither 1 nor 2"),
        ("#address-cells = <1>; #size-cells = <1>;", _CONFIG, None),
        ("", _CONFIG.replace("kernel", "[note: as on the wiki\nkernel"), "no initial domain kernel"),
        ("", _CONFIG.replace("kernel", "[note]\nkernel"), "no initial domain kernel"),
        (_LOAD + _kernel("a", "A") + _kernel("b", "B"), "[xen]\noptions=x\n", "both dom0's kernel"),
        (_LOAD + _kernel("a", "A"), "[xen]\noptions=x\n", None),
        (_LOAD + _files(31), "[xen]\noptions=x\n", "room for 30 files"),
        (_LOAD + _files(30), "[xen]\noptions=x\n", None),
        (_LOAD + _files(30), _CONFIG, "room for 30 files"),
        (_LOAD + _files(29), _CONFIG, None),
        ("", _CONFIG.replace("options=", f"options={'a' * 4095}\n#"), "room for 4,094"),
        ("", _CONFIG.replace("options=", f"options={'a' * 4094}\n#"), None),
    ],
)
def test_the_loader_stops(tmp_path: Path, chosen: str, config: str, why: str | None) -> None:
    found = _received(tmp_path, chosen, config)
    assert (found.stopped is None) if why is None else (why in (found.stopped or ""))


def test_a_domain_with_files_has_cells_of_one_or_two(tmp_path: Path) -> None:
    domain = 'd { compatible = "xen,domain"; #address-cells = <3>; #size-cells = <2>; NODE };'
    loads = _LOAD + domain.replace("NODE", _kernel("k", "K"))
    assert "/chosen/d is neither" in (_received(tmp_path, loads, _CONFIG).stopped or "")
    plain = _LOAD + domain.replace("NODE", 'k { compatible = "multiboot,kernel", "multiboot,module"; };')
    assert _received(tmp_path, plain, _CONFIG).stopped is None


def test_dtb_of_a_section_that_is_not_used(tmp_path: Path) -> None:
    """The firmware's tree with modules switches xen.cfg off, whatever another section has as dtb=."""
    found = _received(tmp_path, _kernel("a", "A"), _CONFIG + "[other]\ndtb=other.dtb\n")
    assert found.stopped is None
    assert found.tree is not None
    assert "xen,xen-bootargs" not in found.tree.node("/chosen").properties  # type: ignore[union-attr]
    assert "dom0's kernel" in (_received(tmp_path, _kernel("a", "A"), _CONFIG + "dtb=own.dtb\n").stopped or "")


def test_arguments_that_nothing_gives_are_open(tmp_path: Path) -> None:
    without = _CONFIG.replace("options=", "#")
    found = _received(tmp_path, 'bootargs = "llc-coloring=on dom0-llc-colors=1";', without)
    assert [fact.what for fact in found.open] == ["Xen's arguments"]
    assert not _received(tmp_path, 'xen,xen-bootargs = "llc-coloring=on";', without).open


def _unified(*names: bytes) -> bytes:
    """The headers of an arm64 Image that is a PE image with these sections."""
    image = bytearray(0x400)
    image[:2], image[56:60], image[60:64] = b"MZ", b"ARM\x64", (0x80).to_bytes(4, "little")
    image[16:24] = (0x100000).to_bytes(8, "little")
    image[0x80:0x98] = struct.pack("<4sHH12xHH", b"PE\0\0", 0xAA64, len(names), 0x20, 0)
    for number, name in enumerate(names):
        at = 0x80 + 24 + 0x20 + 40 * number
        image[at : at + 8] = name.ljust(8, b"\0")
    return bytes(image)


def test_the_sections_of_a_unified_image_are_open(tmp_path: Path) -> None:
    assert read_xen_image(_unified(b".text", b".config", b".ramdisk")).sections == (".config", ".ramdisk")
    assert read_xen_image(_unified(b".text")[:0x84]).sections == ()
    named = _MANIFEST.replace("[inputs]", 'xen-image = "xen.efi"\n[inputs]')
    for sections, what in (((b".text", b".kernel"), ["section .kernel of Xen's image"]), ((b".text",), [])):
        (tmp_path / "xen.efi").write_bytes(_unified(*sections))
        assert [fact.what for fact in _received(tmp_path, "", _CONFIG, named).open] == what


def test_a_control_character_ends_a_line() -> None:
    assert read_uefi_config("[a]\noptions=x\x7fy\n", "c").get("a", "options").text == "x"  # type: ignore[union-attr]


def test_xen_takes_256_banks_from_the_firmware() -> None:
    lines = [f"Conventional {start:#x}-{start + 0x1000:#x} 0x8" for start in range(0, 300 * 0x4000, 0x4000)]
    lines.append(f"Conventional {0x1000:#x}-{0x2000:#x} 0x8")
    found = read_efi_memory_map("\n".join(lines), "map")
    assert len(found.banks(joined=True)) == len(found.banks(joined=False)) == 256
    assert found.banks(joined=True)[0] == (0, 0x1000)
