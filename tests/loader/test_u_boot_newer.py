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


def test_answers_agree_with_one_another(tmp_path: Path) -> None:
    """What a later release brought is not there without what an earlier one did: three ways, not four."""
    text = "setenv a old; setexpr a gsub x y abc\nsetenv b no; test ab =~ c && setenv b yes\n"
    path = written(tmp_path, f"{HEAD}{text}{END}".encode())
    found = api.handover(path)
    assert len((found, *found.alternatives)) == 3
