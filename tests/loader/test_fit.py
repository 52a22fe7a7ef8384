"""FIT images under `bootm`, as U-Boot 2023.01 (`qemu_arm64`, Debian 12) starts those that mkimage makes."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.loader.handover import Handover
from colorcheck.loader.read_by import blocking
from colorcheck.loader.u_boot.blob import compile_tree
from tests.loader.own_scripts import BOARD
from tests.loader.test_u_boot_bad_input import END, HEAD, written
from tests.loader.u_boot_cases import stub
from tests.shapes import table

REQUIRED = 'timestamp = <1>; description = "";'
LOAD = "load = <0x4c000000>; entry = <0x4c000000>;"
PLAIN = 'default = "c1"; c1 { kernel = "k"; fdt = "f"; };'
DISK = 'default = "c1"; c1 { kernel = "k"; fdt = "f"; ramdisk = "r"; };'
TWO = 'c0 { kernel = "k"; fdt = "f"; ramdisk = "r"; }; c1 { kernel = "k"; fdt = "f"; };'


def blob(text: str) -> bytes:
    tree = read_source("image.its", text.encode()).tree
    assert tree is not None
    return compile_tree(tree)


def image(
    configurations: str,
    *,
    kernel: str = LOAD,
    tree: str = "",
    disk: str = "",
    wrong: bool = False,
    required: str = REQUIRED,
) -> bytes:
    parts = {
        "k": (stub().ljust(0x400, b"\0"), f'type = "kernel"; arch = "arm64"; os = "linux"; {kernel}'),
        "f": (blob(BOARD), f'type = "flat_dt"; arch = "arm64"; {tree}'),
        "r": (b"R" * 0x1234, f'type = "ramdisk"; arch = "arm64"; os = "linux"; {disk}'),
    }
    text = f"/dts-v1/; / {{ {required} #address-cells = <1>; images {{"
    for name, (data, rest) in parts.items():
        compression = "" if "compression" in rest else 'compression = "none";'
        value = zlib.crc32(data) ^ wrong
        checked = f'hash-1 {{ algo = "crc32"; value = <{value:#x}>; }};'
        text += f"{name} {{ data = [{data.hex()}]; {compression} {rest} {checked} }};"
    return blob(f"{text} }}; configurations {{ {configurations} }}; }};")


def started(folder: Path, data: bytes, command: str = "bootm 48000000") -> Handover:
    script = f"load virtio 0:1 48000000 image.itb\nload virtio 0:1 4a000000 board.dtb\n{command}\n"
    manifest = written(folder, script.encode())
    (folder / "image.itb").write_bytes(data)
    return api.handover(manifest)


@pytest.mark.parametrize(
    ("configurations", "command", "name", "disk"),
    [
        (PLAIN, "bootm 48000000", "c1", False),
        (PLAIN, "bootm 48000000#c1", "c1", False),
        (PLAIN, "bootm 48000000 - 4a000000", "c1", False),
        (DISK, "bootm 48000000", "c1", True),
        (DISK, "bootm 48000000 - 4a000000", "c1", False),
        (TWO, "bootm 48000000", "c0", True),
        (TWO, "bootm 48000000#c1", "c1", False),
    ],
)
def test_the_configuration(configurations: str, command: str, name: str, disk: bool, tmp_path: Path) -> None:
    found = started(tmp_path, image(configurations), command)
    assert found.stopped is None
    assert not list(blocking(found))
    assert found.xen_address == 0x4C000000
    assert found.device_tree[1] == (4224 if disk else 4096)
    chosen = table(found.to_dict()["tree"])["/chosen"]
    assert (
        list(chosen)[:4]
        == [
            *(("linux,initrd-end", "linux,initrd-start") if disk else ()),
            *("u-boot,bootconf", "u-boot,version", "stdout-path", "bootargs"),
        ][:4]
    )
    assert bytes.fromhex(chosen["u-boot,bootconf"]) == f"{name}\0".encode()
    assert [size for _, size in found.memory_reservations][1:] == ([0x1234] if disk else [])


@pytest.mark.parametrize(
    ("kernel", "tree", "place"),
    [
        (LOAD, "load = <0x4e000000>;", 0x4C000000),
        ("load = <0x4c080000>; entry = <0x4c080000>;", "", 0x4C200000),
    ],
)
def test_load_addresses(kernel: str, tree: str, place: int, tmp_path: Path) -> None:
    found = started(tmp_path, image(PLAIN, kernel=kernel, tree=tree))
    assert found.stopped is None
    assert not list(blocking(found))
    assert found.xen_address == place
    assert any(module.address == 0x4E000000 for module in found.modules) is bool(tree)


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (image('default = "c1"; c1 { kernel = "k"; };'), "bootm 48000000"),
        (image('default = "c1"; c1 { kernel = "k"; };'), "bootm 48000000 - 4a000000"),
        (image('default = "c1"; c1 { kernel = "k"; fdt = "f", "f"; };'), "bootm 48000000"),
        (image('default = "c1"; c1 { kernel = "k"; fdt = "f"; fpga = "x"; };'), "bootm 48000000"),
        (image('default = "c1"; c1 { kernel = "k"; fdt = "f"; signature-1 { }; };'), "bootm 48000000"),
        (image('default = "c1"; c1 { kernel = "k"; fdt = "absent"; };'), "bootm 48000000"),
        (image(PLAIN, wrong=True), "bootm 48000000"),
        (image(PLAIN, kernel=f'{LOAD} compression = "gzip";'), "bootm 48000000"),
        (image(PLAIN, kernel="load = <0x4c000000>; entry = <0x4c000040>;"), "bootm 48000000"),
        (image(PLAIN, kernel=""), "bootm 48000000"),
        (image(PLAIN)[:0x800], "bootm 48000000"),
        (image(PLAIN), "bootm 48000000#c2"),
        (image(PLAIN), "bootm 48000000:k - 4a000000"),
        (image(PLAIN), "bootm 48000000 48000000:r 4a000000"),
        (b"", "bootm 48000000"),
    ],
)
def test_what_is_not_followed_is_open(data: bytes, command: str, tmp_path: Path) -> None:
    found = started(tmp_path, data, command)
    if data:
        assert found.stopped is None
        assert list(blocking(found))
    else:
        assert found.stopped


def test_a_ramdisk_with_load_address_0_stays_in_the_image(tmp_path: Path) -> None:
    found = started(tmp_path, image(DISK, disk="load = <0>; entry = <0>;"))
    assert found.stopped is None
    assert not list(blocking(found))
    assert all(module.address for module in found.modules)


@pytest.mark.parametrize(
    "data",
    [
        image(DISK, disk="load = <0x48000100>;"),
        image(PLAIN, tree="load = <0x48000100>;"),
        image(PLAIN, required='description = "";'),
        image(PLAIN, required="timestamp = <1>;"),
        image(DISK).replace(b"linux", b"other"),
        image(PLAIN).replace(b"arm64\0", b"arm\0\0\0"),
    ],
)
def test_what_u_boot_refuses_is_not_followed(data: bytes, tmp_path: Path) -> None:
    found = started(tmp_path, data)
    assert found.stopped is None
    assert list(blocking(found))


@pytest.mark.parametrize(
    "data",
    [
        image(PLAIN, tree="data-offset = <0>; data-size = <100>;"),
        image(PLAIN, tree="data-position = <0x1000>; data-size = <100>;"),
        image(PLAIN, kernel=f"{LOAD} data-position = <0x1000>; data-size = <64>;"),
        image(PLAIN, kernel=LOAD.replace("4c000000", "48000000")),
        image(PLAIN, tree="load = <0x4c000100>;"),
        image(DISK, tree="load = <0x4e000000>;", disk="load = <0x4e000100>;"),
        image(PLAIN.replace("};", '}; c1@2 { kernel = "k"; fdt = "r"; };')),
        image(PLAIN).replace(b"arm64\0", b"armv8\0"),
        image(f"{PLAIN} c2 {{ }};").replace(b"c2\0", b"c1\0"),
    ],
)
def test_what_u_boot_may_take_elsewhere_is_open(data: bytes, tmp_path: Path) -> None:
    """Data outside of the nodes, names that mean several, parts that cover each other, another architecture."""
    found = started(tmp_path, data)
    assert found.stopped is None
    assert list(blocking(found))


def test_a_fit_without_a_tree_in_it(tmp_path: Path) -> None:
    data = image(PLAIN)
    at = data.find(blob(BOARD))
    found = started(tmp_path, data[:at] + b"x" + data[at + 1 :], "setenv loadaddr 48000000\nbootm")
    assert found.stopped is None
    assert list(blocking(found))


def test_an_image_for_bootm_that_is_not_here(tmp_path: Path) -> None:
    manifest = written(tmp_path, f"{HEAD}load virtio 0:1 48000000 xen.uimg\nbootm 48000000 - 4a000000\n".encode())
    manifest.write_text(f"{manifest.read_text()}[[target.files]]\nname = 'xen.uimg'\nsize = 0x100000\n")
    found = api.handover(manifest)
    assert found.xen_address is None
    assert list(blocking(found))


@pytest.mark.parametrize("repeated", ["node", "property"])
def test_a_tree_of_which_xen_may_read_another_part_is_open(repeated: str, tmp_path: Path) -> None:
    """A node or a property that is there twice, in a tree that only the script names."""
    twice = {
        "node": BOARD.replace("chosen {", 'chosem { xen,xen-bootargs = "a"; }; chosen {', 1),
        "property": BOARD.replace("chosen {", 'chosen { bootargt = "a";', 1),
    }
    data = blob(twice[repeated]).replace(b"chosem\0", b"chosen\0").replace(b"bootargt\0", b"bootargs\0")
    script = f"{HEAD}{END}".replace("board.dtb", "other.dtb")
    manifest = written(tmp_path, script.encode())
    (tmp_path / "other.dtb").write_bytes(data)
    found = api.handover(manifest)
    assert found.stopped is None
    assert list(blocking(found))
    (tmp_path / "other.dtb").write_bytes(blob(BOARD))
    assert not list(blocking(api.handover(manifest)))


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_image_never_raises(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    data = bytearray(image(DISK))
    for _ in range(source.randint(1, 4)):
        at = source.randrange(source.choice((64, len(data))))
        data[at : at + source.choice((1, 4))] = source.randbytes(source.choice((1, 4)))
    found = started(tmp_path, bytes(data))
    assert found.stopped or found.tree is not None


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_tree_never_raises(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    data = bytearray(blob(BOARD))
    for _ in range(source.randint(1, 4)):
        at = source.randrange(40, len(data))
        data[at : at + 4] = source.randbytes(4)
    manifest = written(tmp_path, f"{HEAD}fdt set /chosen a b\nfdt print /\n{END}".encode())
    (tmp_path / "board.dtb").write_bytes(data)
    found = api.handover(manifest)
    assert found.stopped or found.tree is not None
