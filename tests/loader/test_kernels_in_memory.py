"""A kernel that the tree names and that the boot script does not bring, or does not leave whole: Xen may stop there."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict

_TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	compatible = "xlnx,zynqmp-zcu102", "xlnx,zynqmp";
	memory@0 { device_type = "memory"; reg = <0 0 0 0x80000000>; };
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; };
	};
	chosen {
		#address-cells = <2>;
		#size-cells = <2>;
		xen,xen-bootargs = "dom0_mem=512M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-7";
		xen,dom0-bootargs = "root=/dev/ram0";
		module@1000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x1000000 0 0x1400000>; };
		rt {
			compatible = "xen,domain";
			#address-cells = <2>;
			#size-cells = <2>;
			cpus = <1>;
			memory = <0 0x20000>;
			llc-colors = "8-11";
			module@3000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x3000000 0 0x100000>; };
		};
	};
};
"""
_DOM0 = "load mmc 0:1 0x1000000 Image\n"
_RT = "load mmc 0:1 0x3000000 rt.bin\n"
_MANIFEST = """[target]
xen = "4.20"
board = "zcu102"
xen-image-size = 0x17c000
memory = ["0x0+0x80000000"]
[inputs]
device-tree = "system.dts"
boot-script = "boot.cmd"
[target.environment]
fdt_high = "0xffffffffffffffff"
[[target.files]]
name = "xen"
size = 0x17c000
[[target.files]]
name = "Image"
size = 0x1400000
[[target.files]]
name = "rt.bin"
size = 0x100000
"""
_UNSEEN = '[[target.files]]\nname = "guest.bin"\nsize = 0x100000\n'
_START = "load mmc 0:1 0x600000 xen\nload mmc 0:1 0x100000 system.dtb\nfdt addr 0x100000\nfdt resize 0x1000\n"
_STATED = '[[target.modules]]\nkind = "kernel"\nsize = 0x100000\naddress = 0x3000000\n'


def verdicts(
    folder: Path, script: str, manifest: str = "", tree: str = _TREE, *, target: str = "", start: str = _START
) -> dict[str, tuple[Verdict, str]]:
    (folder / "system.dts").write_text(tree)
    (folder / "boot.cmd").write_text(f"{start}{script}booti 0x600000 - 0x100000\n")
    (folder / "colorcheck.toml").write_text(_MANIFEST.replace("[inputs]", f"{target}[inputs]") + manifest)
    return {t.id: (t.verdict, t.reason) for _, t in api.verify(folder).facts.theorems()}


def test_kernels_that_are_loaded(tmp_path: Path) -> None:
    assert {verdict for verdict, _ in verdicts(tmp_path, _DOM0 + _RT).values()} == {Verdict.PROVED}


@pytest.mark.parametrize(
    "script",
    [
        _DOM0,
        _DOM0 + _RT.replace("0x3000000", "0x4000000"),
        _DOM0 + _RT + "mw.l 0x3000000 0 0x10\n",
        _DOM0 + _RT.replace("rt.bin", "guest.bin") + "mw.l 0x30ffffc 0 1\n",
        _DOM0 + _RT + "mw.b 0x3000800 0 1\n",
        _DOM0 + _RT + "mw.l 0x3000000 0 0x800000\n",
        _DOM0 + _RT + "cp.b 0x9000000 0x3000800 0x10\n",
        _DOM0 + _RT + "cp.b 0x9000000 0x3000000 0x10\n",
        _DOM0 + _RT + "crc32 0x1000000 0x10 0x3000000\n",
        _DOM0 + _RT + "random 0x3000000 0x100\n",
        _DOM0 + _RT + "sha1sum 0x1000000 0x10 *0x3000000\n",
        _DOM0 + _RT + "env export -t 0x3000000\n",
        _DOM0 + "load mmc 0:1 0x3000000 xen\n",
        _DOM0 + _RT + "load mmc 0:1 0x30ff000 xen\n",
        _DOM0 + _RT.replace("rt.bin", "Image"),
        _DOM0 + _RT.replace("rt.bin", "rt.bin 0x1000"),
        _DOM0 + _RT.replace("rt.bin", "rt.bin 0 0x10"),
        _DOM0 + _RT + "load mmc 0:1 0x3000000 other.dtb\n",
        _DOM0 + "ext4load mmc 0:1 0x3000000 RT.bin\n",
        _DOM0 + f'if test "${{dev}}" = x; then\n{_RT}fi\n',
    ],
)
def test_a_kernel_that_is_not_there_or_not_whole(tmp_path: Path, script: str) -> None:
    """The domain that it belongs to may stop Xen; the colors keep apart whatever is built."""
    (tmp_path / "rt.bin").write_bytes(bytes(64))
    (tmp_path / "other.dts").write_text("/dts-v1/;\n/ { };\n")
    found = verdicts(tmp_path, script, _UNSEEN)
    assert found["boots"][0] is not Verdict.PROVED
    assert found["memory/rt"][0] is not Verdict.PROVED
    assert found["memory/dom0"][0] is Verdict.PROVED
    assert found["separation/dom0/rt"][0] is Verdict.PROVED


def test_a_kernel_that_is_copied(tmp_path: Path) -> None:
    there = _DOM0 + _RT.replace("0x3000000", "0x9000000")
    assert verdicts(tmp_path, there + "cp.b 0x9000000 0x3000000 0x100000\n")["boots"][0] is Verdict.PROVED
    assert verdicts(tmp_path, there + "cp.b 0x9000000 0x3000000 0x1000\n")["boots"][0] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "script",
    [
        "load mmc 0:1 0x680000 rt.bin\n",
        "load mmc 0:1 0x680000 absent.bin\n",
        "load mmc 0:1 0x600000 xen 0x1000\n",
        "load mmc 0:1 0x600000 xen 0 0x1000\n",
        "mw.b 0x680000 0 1\n",
        "cp.b 0x9000000 0x680000 0x10\n",
        "crc32 0x1000000 0x10 0x680000\n",
        "env export -t 0x680000\n",
    ],
)
def test_an_image_of_xen_that_is_not_whole(tmp_path: Path, script: str) -> None:
    """Whether anything boots is open, also with the address in the manifest; colors separate whatever is built."""
    for given in ("", "xen-address = 0x600000\n"):
        found = verdicts(tmp_path, _DOM0 + _RT + script, target=given)
        for name in ("boots", "memory/heap", "placement/xen", "memory/dom0", "memory/rt"):
            assert found[name][0] is Verdict.UNKNOWN, name
        assert found["separation/dom0/rt"][0] is Verdict.PROVED


def test_an_image_of_xen_that_the_script_does_not_load(tmp_path: Path) -> None:
    """It may be there all the same, if the manifest says so."""
    start = "load mmc 0:1 0x100000 system.dtb\nfdt addr 0x100000\nfdt resize 0x1000\n"
    assert verdicts(tmp_path, _DOM0 + _RT, start=start)["boots"][0] is Verdict.UNKNOWN
    given = "xen-address = 0x600000\n"
    assert verdicts(tmp_path, _DOM0 + _RT, target=given, start=start)["boots"][0] is Verdict.PROVED
    other = "xen-address = 0x800000\n"
    assert verdicts(tmp_path, _DOM0 + _RT, target=other, start=start)["boots"][0] is Verdict.UNKNOWN


def test_an_image_of_xen_that_is_copied(tmp_path: Path) -> None:
    there = "load mmc 0:1 0x9000000 xen\ncp.b 0x9000000 0x600000 0x17c000\n"
    start = f"{there}load mmc 0:1 0x100000 system.dtb\nfdt addr 0x100000\nfdt resize 0x1000\n"
    assert verdicts(tmp_path, _DOM0 + _RT, start=start)["boots"][0] is Verdict.PROVED


def test_one_file_with_both_kernels(tmp_path: Path) -> None:
    both = '[[target.files]]\nname = "all.bin"\nsize = 0x3000000\n'
    assert verdicts(tmp_path, _DOM0.replace("Image", "all.bin"), both)["boots"][0] is Verdict.PROVED


def test_dom0_without_its_kernel(tmp_path: Path) -> None:
    found = verdicts(tmp_path, _RT)
    assert [found[name][0] for name in ("boots", "memory/dom0", "memory/rt")] == [Verdict.UNKNOWN] * 3


def test_a_kernel_that_the_manifest_states(tmp_path: Path) -> None:
    """Something else than the script loads it."""
    assert verdicts(tmp_path, _DOM0, _STATED)["boots"][0] is Verdict.PROVED


def test_a_whole_config_without_dom0less_boot(tmp_path: Path) -> None:
    """An option that a complete .config does not name is off; an excerpt leaves it at its default."""
    given = 'kconfig = "xen.config"\n'
    colored = "CONFIG_LLC_COLORING=y\n"
    for text, expected in (
        (f"CONFIG_ARM_64=y\n{colored}CONFIG_GRANT_TABLE=y\n", Verdict.UNKNOWN),
        (f"CONFIG_ARM_64=y\n{colored}CONFIG_GRANT_TABLE=y\nCONFIG_DOM0LESS_BOOT=y\n", Verdict.PROVED),
        (colored, Verdict.PROVED),
    ):
        (tmp_path / "xen.config").write_text(text)
        assert verdicts(tmp_path, _DOM0 + _RT, target=given)["memory/rt"][0] is expected, text


@pytest.mark.parametrize("text", ["CONFIG_ARM64=y\nCONFIG_XEN=y\n", "CONFIG_X86=y\n", "CONFIG_ARM_32=y\n"])
def test_a_config_of_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "xen.config").write_text(text + "CONFIG_LLC_COLORING=y\n")
    found = verdicts(tmp_path, _DOM0 + _RT, target='kconfig = "xen.config"\n')
    assert Verdict.PROVED not in {verdict for verdict, _ in found.values()}


def test_a_build_without_dom0less_boot(tmp_path: Path) -> None:
    found = verdicts(tmp_path, _DOM0 + _RT, "[target.config]\nDOM0LESS_BOOT = false\n")
    assert found["boots"][0] is Verdict.UNKNOWN
    assert found["memory/rt"][0] is Verdict.UNKNOWN
    without = verdicts(tmp_path, _DOM0, "[target.config]\nDOM0LESS_BOOT = false\n", _TREE.replace("xen,domain", "x"))
    assert without["memory/dom0"][0] is Verdict.PROVED


_RAMDISK = 'r@5000000 { compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0 0x5000000 0 0x10000>; };'
_WITH_DISKS = _TREE.replace("rt {", _RAMDISK + "\n\t\trt {").replace(
    "module@3000000", _RAMDISK.replace("5000000", "6000000") + "\n\t\t\tmodule@3000000"
)
_DISKS = '[[target.files]]\nname = "disk"\nsize = 0x10000\n[[target.files]]\nname = "large"\nsize = 0x20000\n'
_DOM0_DISK, _RT_DISK = "load mmc 0:1 0x5000000 disk\n", "load mmc 0:1 0x6000000 disk\n"


def _said(folder: Path, script: str, manifest: str = "") -> list[str]:
    found = verdicts(folder, _DOM0 + _RT + script, _DISKS + manifest, _WITH_DISKS)
    assert {verdict for verdict, _ in found.values()} == {Verdict.PROVED}  # Xen hands a ramdisk on as it is
    return [finding.message for finding in api.verify(folder).findings if finding.rule == "CC020"]


def test_ramdisks_that_are_loaded(tmp_path: Path) -> None:
    assert _said(tmp_path, _DOM0_DISK + _RT_DISK) == []


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (_DOM0_DISK, "does not load the ramdisk of rt at 0x6000000"),
        (_RT_DISK, "does not load the ramdisk of dom0 at 0x5000000"),
        (_DOM0_DISK + _RT_DISK + "mw.l 0x6000010 0 4\n", "the ramdisk of rt at 0x6000000 is overwritten"),
        (_RT_DISK + _DOM0_DISK + "load mmc 0:1 0x5008000 disk\n", "the ramdisk of dom0 at 0x5000000 is overwritten"),
        (_DOM0_DISK + _RT_DISK.replace("disk", "large"), "reg gives Xen 0x10000 bytes of the ramdisk of rt"),
    ],
)
def test_a_ramdisk_that_is_missing_cut_or_overwritten(tmp_path: Path, script: str, what: str) -> None:
    (said,) = _said(tmp_path, script)
    assert what in said


def test_a_ramdisk_that_the_manifest_states(tmp_path: Path) -> None:
    stated = '[[target.modules]]\nkind = "ramdisk"\nsize = 0x10000\naddress = 0x6000000\n'
    assert _said(tmp_path, _DOM0_DISK, stated) == []


_PARTIAL = 'd@7000000 { compatible = "multiboot,device-tree", "multiboot,module"; reg = <0 0x7000000 0 0x10000>; };'
_PART = "load mmc 0:1 0x7000000 part.dtb\n"
_STATED_TREE = '[[target.modules]]\nkind = "device-tree"\nfile = "part.dts"\naddress = 0x7000000\n'


@pytest.mark.parametrize(
    ("script", "whole"),
    [
        ("", True),
        (_PART, True),
        (_PART + "load mmc 0:1 0x7000010 disk\n", False),
        (
            _PART + "fdt addr 0x7000000\nfdt resize 0x100\nfdt set / x <1>\nfdt addr 0x100000\n",
            False,
        ),
    ],
)
def test_a_partial_tree_that_the_script_changes(tmp_path: Path, script: str, whole: bool) -> None:
    """What it maps into the domain is not known then."""
    text = "/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; gic: gic { }; passthrough { ranges; }; };\n"
    (tmp_path / "part.dts").write_text(text)
    tree = _TREE.replace("module@3000000", _PARTIAL + "\n\t\t\tmodule@3000000")
    found = verdicts(tmp_path, _DOM0 + _RT + script, _DISKS + _STATED_TREE, tree)
    assert (found["separation/dom0/rt"][0] is Verdict.PROVED) is whole, found


@pytest.mark.parametrize(
    ("script", "size", "what"),
    [
        ("load mmc 0:1 0x5000000 disk\n", "${filesize}", ""),
        ("load mmc 0:1 0x5000000 disk\n", "0x20000", ""),
        ("", "0x10000", "booti takes a ramdisk at 0x5000000, and the script loads nothing there"),
        ("load mmc 0:1 0x5000000 disk\n", "0x8000", "booti takes 0x8000 bytes of disk as the ramdisk"),
        ("load mmc 0:1 0x5000000 disk\nload mmc 0:1 0x5001000 rt.bin\n", "0x10000", "is overwritten by rt.bin"),
    ],
)
def test_the_ramdisk_of_booti(tmp_path: Path, script: str, size: str, what: str) -> None:
    verdicts(tmp_path, _DOM0 + _RT + script, _DISKS)
    text = (tmp_path / "boot.cmd").read_text().replace("booti 0x600000 - ", f"booti 0x600000 0x5000000:{size} ")
    (tmp_path / "boot.cmd").write_text(text)
    said = [finding.message for finding in api.verify(tmp_path).findings if finding.rule == "CC020"]
    assert [what in message for message in said] == [True] * bool(what), said


@pytest.mark.parametrize(
    ("script", "proved"),
    [
        ("dhcp\n", False),  # the file that the server names goes to loadaddr, which is not given
        ("setenv autoload no\ndhcp\n", True),
        ("setenv autoload false\nbootp\n", True),
        ("setenv autoload yes\ndhcp\n", False),
        ("setenv loadaddr 0x9000000\ndhcp\n", True),
        ("dhcp 0x9000000\n", True),
        ("dhcp 0x680000\n", False),  # into Xen's image
        ("dhcp 0x3080000\n", False),  # into a kernel
        ("dhcp 0x100000\n", False),  # over the tree
    ],
)
def test_the_file_that_a_server_names(tmp_path: Path, script: str, *, proved: bool) -> None:
    found = verdicts(tmp_path, _DOM0 + _RT + script)
    assert ("boots" in found and found["boots"][0] is Verdict.PROVED) is proved


def test_what_a_server_answers_is_not_known(tmp_path: Path) -> None:
    script = 'setenv autoload no\ndhcp\nfdt set /chosen/rt llc-colors "${hostname}"\n'
    found = verdicts(tmp_path, _DOM0 + _RT + script)
    assert found["separation/dom0/rt"][0] is Verdict.UNKNOWN
