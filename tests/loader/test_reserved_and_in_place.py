"""What a tree reserves for U-Boot, and trees and ramdisks that stay in place: the answers of Debian's U-Boot 2023.01
and of 2026.10-rc2 to the same scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.loader.handover import Handover
from tests.loader.test_u_boot_real import disk

_HEAD = """load virtio 0:1 0x4c000000 xen
load virtio 0:1 0x4a000000 board.dtb
fdt addr 0x4a000000
fdt resize 0x1000
"""
_BOOT = "booti 0x4c000000 - 0x4a000000\n"
_STAY = "setenv fdt_high 0xffffffffffffffff\n"
_HIGH = "setenv fdt_high 0x60000000\n"
_MANIFEST = """[target]
xen = "4.21"
loader = "u-boot"
memory = ["0x40000000+0x80000000"]
U_BOOT
[target.environment]
[inputs]
device-tree = "board.dtb"
boot-script = "boot.scr"
"""


def _reserved(cells: str, more: str = "") -> str:
    return f"fdt mknod /reserved-memory a\nfdt set /reserved-memory/a reg <{cells}>\n{more}"


def _received(folder: Path, script: str, release: str | None) -> Handover:
    disk(folder, script)
    said = f'u-boot = "{release}"' if release else ""
    (folder / "colorcheck.toml").write_text(_MANIFEST.replace("U_BOOT", said))
    return api.handover(folder)


_STATUS = "fdt set /reserved-memory/a status"


@pytest.mark.parametrize(
    ("edits", "stops"),
    [
        (_reserved("0 0x4a003000 0 0x1000"), True),
        (_reserved("0 0x4a000000 0 0x400"), False),  # over the loaded file, it is not reserved at all
        (_reserved("0 0x4a010000 0 0x1000"), False),
        (_reserved("0 0x4a003000 0 0x1000", f'{_STATUS} "ok"\n'), False),
        (_reserved("0 0x62000000 0 0x1000 0 0x4a003000 0 0x1000"), False),
        ("fdt rsvmem add 0x4a003000 0x1000\n", True),
    ],
)
def test_a_tree_that_stays_where_memory_is_reserved(tmp_path: Path, edits: str, stops: bool) -> None:
    script = _HEAD + edits + _STAY + _BOOT
    for release, wrong in (("2023.01", False), ("2025.07", False), ("2025.10", stops), ("2026.10", stops)):
        found = _received(tmp_path, script, release)
        assert ("FDT creation failed" in (found.stopped or "")) is wrong, release
        assert (found.stopped is None) is not wrong
    either = _received(tmp_path, script, None)
    assert {way.stopped is None for way in (either, *either.alternatives)} == ({True, False} if stops else {True})


def test_a_moved_tree_is_not_loaded(tmp_path: Path) -> None:
    moved = "fdt move 0x4a000000 0x4b000000 0x8000\n" + _reserved("0 0x4b000000 0 0x400") + _STAY
    script = _HEAD + moved + "booti 0x4c000000 - 0x4b000000\n"
    assert _received(tmp_path, script, "2023.01").stopped is None
    assert "FDT creation failed" in (_received(tmp_path, script, "2026.10").stopped or "")


def test_a_ramdisk_that_stays_and_ends_behind_memory(tmp_path: Path) -> None:
    stay = _STAY + "setenv initrd_high 0xffffffffffffffff\n"
    for size, starts in (("0x1000", True), ("0x90000000", False)):
        script = f"{_HEAD}{stay}booti 0x4c000000 0x50000000:{size} 0x4a000000\n"
        assert _received(tmp_path, script, "2023.01").stopped is None
        assert (_received(tmp_path, script, "2026.10").stopped is None) is starts


@pytest.mark.parametrize(
    ("edits", "reserved"),
    [
        (_reserved("0 0x5fff8000 0 0x8000"), True),
        (_reserved("0 0x62000000 0 0x1000 0 0x5fff8000 0 0x8000"), False),  # the first range only
        (_reserved("0 0x5fff8000 0 0x8000", f'{_STATUS} "ok"\n'), False),  # "okay" only
        (_reserved("0 0x5fff8000 0 0x8000", f'{_STATUS} "okay"\n'), True),
        (_reserved("0 0x5fff8000 0 0x8000", f"{_STATUS}\n"), False),
        ("fdt rm /reserved-memory \\#size-cells\n" + _reserved("0 0x5fff8000 0x8000"), True),  # then one cell
    ],
)
@pytest.mark.parametrize("release", ["2023.01", "2026.10"])
def test_what_is_reserved_for_the_tree(tmp_path: Path, edits: str, reserved: bool, release: str) -> None:
    found = _received(tmp_path, _HEAD + edits + _HIGH + _BOOT, release)
    assert found.stopped is None
    address, size = found.device_tree
    assert address is not None
    assert size is not None
    assert (address < 0x5FFF8000) is reserved
    assert (0x5FFF8000 if reserved else 0x60000000) - 0x10000 < address
