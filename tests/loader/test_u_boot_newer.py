"""Scripts made by chance that U-Boot 2026.10-rc2 (`qemu_arm64`) ran with the old shell and with the modern one."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from colorcheck.loader.handover import Handover
from tests.loader.test_u_boot_bad_input import END, HEAD, written
from tests.loader.test_u_boot_real import OF_THE_BUILD, disk, manifest
from tests.loader.u_boot_cases import script_image
from tests.shapes import present

FOLDER = Path(__file__).parent.parent / "golden" / "u-boot"
KEYS = {
    "newer.json.gz": 'u-boot = "2026.10"\nu-boot-overlays = true\n',
    "newer-modern.json.gz": 'u-boot = "2026.10"\nu-boot-shell = "modern"\nu-boot-overlays = true\n',
}
OF_NEWER_BUILDS = OF_THE_BUILD | {"smbios3-entrypoint"}


@cache
def measured(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    return found


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in KEYS for case in sorted(measured(name))])
def test_a_newer_u_boot_did_the_same(name: str, case: str, tmp_path: Path) -> None:
    real = measured(name)[case]
    disk(tmp_path, real["script"])
    for file, data in real["files"].items():
        (tmp_path / file).write_bytes(bytes.fromhex(data))
    path = manifest(tmp_path, real["environment"])
    path.write_text(path.read_text().replace("[target]\n", f"[target]\n{KEYS[name]}", 1))
    found = api.handover(path)
    assert (found.stopped is None) is (real["outcome"] == "handover"), found.stopped
    if real["outcome"] == "handover":
        compare(found, real)


def compare(found: Handover, real: dict[str, Any]) -> None:
    ours = {node.path: node.properties for node in present(found.tree).root.walk()}
    assert list(ours) == list(real["tree"])
    for path, properties in real["tree"].items():
        assert [n for n in ours[path] if n not in OF_NEWER_BUILDS] == [
            n for n in properties if n not in OF_NEWER_BUILDS
        ]
        for name, value in properties.items():
            if name not in OF_NEWER_BUILDS and (path, name) not in found.unsure:
                assert ours[path][name].value.hex() == value, f"{path}:{name}"
    least, most = present(found.device_tree_sizes)
    assert least <= real["size"] <= most
    assert found.device_tree[0] in (None, real["x0"])
    assert found.xen_address == real["image"]
    assert [size for _, size in found.memory_reservations] == [size for _, size in real["reservations"]]


def chosen(folder: Path, script: str, keys: str = "") -> dict[str, bytes | None]:
    """The first strings of /chosen on every way: of one that differs None."""
    path = written(folder, f"{HEAD}{script}{END}".encode())
    path.write_text(path.read_text().replace("[target]\n", f"[target]\n{keys}\n", 1))
    found = api.handover(path)
    ways = [present(present(way.tree).node("/chosen")).properties for way in (found, *found.alternatives)]
    names = {name for way in ways for name in way if name.startswith("r")}
    return {
        name: ways[0][name].value if len({way[name].value if name in way else None for way in ways}) == 1 else None
        for name in names
    }


@pytest.mark.parametrize(
    ("script", "release", "older", "newer"),
    [
        ("setenv a old; setexpr a gsub x y abc", "2024.07", b"old\0", b"abc\0"),
        ("setexpr a gsub [a-c] x b-a", "2025.10", b"bxx\0", b"x-x\0"),
        ("setenv a no; test ab =~ c && setenv a yes", "2025.10", b"yes\0", b"no\0"),
        ("setenv a old; setexpr.s a one + two", "2025.04", b"old\0", b"onetwo\0"),
        ("fdt set /chosen p <1 2 3>; fdt get value a /chosen p 1", "2023.04", None, b"0x00000002\0"),
        ("fdt set /chosen p <1 2>; fdt get value a /chosen p", "2026.04", b"0100000002000000\0", b"0000000100000002\0"),
        ("fdt set /chosen p <1 2>; fdt get size a /chosen p", "2023.07", b"0x00000008\0", b"8\0"),
        ("setenv m 'exit 1; setenv b x'; setenv a no; run m || setenv a $b$?", "2023.04", b"no\0", b"1\0"),
        ("setenv m 'if true; then exit 1; fi'; setenv a no; run m && setenv a yes", "2023.04", b"no\0", b"yes\0"),
    ],
)
def test_what_differs_by_release(script: str, release: str, older: bytes | None, newer: bytes, tmp_path: Path) -> None:
    """As measured on both sides; where no release is given, nothing of it is certain."""
    text = f'{script}\nfdt set /chosen r "$a"\n'
    before = "2023.01" if release != "2025.10" else "2025.07"
    assert chosen(tmp_path, text, f'u-boot = "{release}"')["r"] == newer
    if older is not None:
        assert chosen(tmp_path, text, f'u-boot = "{before}"')["r"] == older
        assert chosen(tmp_path, text)["r"] == (None if older != newer else newer)


@pytest.mark.parametrize(("release", "place"), [("2024.10", 0x5FFF0000), ("2025.01", 0x5FFEE000)])
def test_a_newer_u_boot_puts_the_ramdisk_around_what_was_loaded(release: str, place: int, tmp_path: Path) -> None:
    """As measured with 2026.10-rc2 (ramdisk-105); without a release both places are followed."""
    script = "setenv initrd_high 60000000\nload virtio 0:1 0x5fffe000 board.dtb\n"
    text = f"{HEAD}{script}booti 0x4c000000 0x58000000:10000 0x4a000000\n"
    path = written(tmp_path, text.encode())
    starts = {reservations_of(way) for way in (api.handover(path), *api.handover(path).alternatives)}
    assert len(starts) == 2
    path.write_text(path.read_text().replace("[target]\n", f'[target]\nu-boot = "{release}"\n', 1))
    assert reservations_of(api.handover(path)) == place
    assert not api.handover(path).alternatives


def reservations_of(found: Handover) -> int | None:
    return found.memory_reservations[-1][0]


def test_the_words_of_for_are_read_before_its_body(tmp_path: Path) -> None:
    """As measured (nested-1): what the body sets is for the next loop."""
    text = "setenv b y; for i in x $b; do setenv b 1; setenv a $a$i; done\nfdt set /chosen r $a\n"
    assert chosen(tmp_path, text)["r"] == b"xy\0"


@pytest.mark.parametrize(("verify", "runs"), [("n", True), ("off", True), ("yes", False), ("1", False), ("", False)])
def test_verify_is_yes_or_no(verify: str, runs: bool, tmp_path: Path) -> None:
    """Only what begins like yes, true or 1 has sums checked, and so does no value at all."""
    data = bytearray(script_image(b"fdt set /chosen r ran\n"))
    data[-2] ^= 1
    (tmp_path / "second.scr").write_bytes(data)
    text = f"setenv verify {verify}\nload virtio 0:1 0x50000000 second.scr\nsource 0x50000000\n"
    assert ("r" in chosen(tmp_path, text)) is runs


def test_a_reservation_is_never_taken_for_the_tree_itself(tmp_path: Path) -> None:
    """As measured (fdtodd-16): the size of a reserved range stays, wherever the tree is."""
    path = written(tmp_path, f"{HEAD}fdt rsvmem add 1000 2000\n{END}".encode())
    assert (0x1000, 0x2000) in api.handover(path).memory_reservations


@pytest.mark.parametrize(("data", "value"), [(b"\0r=1\n", "1"), (b"r=1\n\0r=2\n", "1"), (b"r=1\n \0r=2\n", "2")])
def test_a_zero_ends_an_environment_only_where_a_line_begins(data: bytes, value: str, tmp_path: Path) -> None:
    """As measured (envs-323) and as lib/hashtable.c reads: not at the very start, and not behind blanks."""
    (tmp_path / "e.txt").write_bytes(data)
    text = "load virtio 0:1 0x50000000 e.txt\nenv import -t 0x50000000 $filesize\nfdt set /chosen r $r\n"
    assert chosen(tmp_path, text)["r"] == f"{value}\0".encode()


def test_answers_agree_with_one_another(tmp_path: Path) -> None:
    """What a later release brought is not there without what an earlier one did: three ways, not four."""
    text = "setenv a old; setexpr a gsub x y abc\nsetenv b no; test ab =~ c && setenv b yes\n"
    path = written(tmp_path, f"{HEAD}{text}{END}".encode())
    found = api.handover(path)
    assert len((found, *found.alternatives)) == 3
