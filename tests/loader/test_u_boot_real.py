"""Our own scripts in a real U-Boot under QEMU: the tree that it hands over against ours, property by property."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.loader.u_boot.blob import compile_tree, read_content
from tests.loader.own_scripts import BOARD, OTHERS, SCRIPTS, SECOND
from tests.loader.real_u_boot import MEMORY, REASON, RealUBoot, available, xen_stub
from tests.loader.u_boot_cases import script_image

pytestmark = pytest.mark.slow

OF_THE_BUILD = {"u-boot,version", "kaslr-seed", "rng-seed"}


def disk(folder: Path, script: str) -> None:
    """The files of the medium."""
    tree = read_source("board.dts", BOARD.encode()).tree
    assert tree is not None
    (folder / "board.dtb").write_bytes(compile_tree(tree))
    (folder / "xen").write_bytes(xen_stub())
    (folder / "boot.scr").write_bytes(script_image(script.encode()))
    (folder / "second.scr").write_bytes(script_image(SECOND.encode()))
    for name, content in OTHERS.items():
        (folder / name).write_bytes(content)
    if "dir/Image" in script:
        (folder / "dir").mkdir()
        (folder / "dir" / "Image").write_bytes(bytes(0x777))


def manifest(folder: Path, environment: dict[str, str]) -> Path:
    words = ["[target]", 'xen = "4.21"', 'loader = "u-boot"', f'memory = ["{MEMORY[0]:#x}+{MEMORY[1]:#x}"]']
    words += ["[target.environment]", *(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in environment.items())]
    words += ["[inputs]", 'device-tree = "board.dtb"', 'boot-script = "boot.scr"']
    (folder / "colorcheck.toml").write_text("\n".join(words) + "\n")
    return folder / "colorcheck.toml"


@pytest.mark.skipif(not available, reason=REASON)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_real_u_boot_hands_over_the_same(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk(folder, SCRIPTS[name])
    with RealUBoot(folder) as board:
        board.run("load virtio 0:1 0x40200000 boot.scr")
        environment = board.variables()
        out = board.run("source 0x40200000", 60)
        assert "Starting kernel ..." in out, out[-3000:]
        real = read_content(board.handed_over(tmp_path))
    found = api.handover(manifest(folder, environment))
    assert real is not None
    assert found.stopped is None
    assert found.tree is not None
    got = {node.path: {k: p.value for k, p in node.properties.items()} for node in found.tree.root.walk()}
    assert list(got) == list(real.nodes)
    for path, properties in real.nodes.items():
        assert list(got[path]) == list(properties), path
        for key, value in properties.items():
            if key not in OF_THE_BUILD and (path, key) not in found.unsure:
                assert got[path][key] == value, f"{path}:{key}"
    assert found.device_tree[1] == real.size
    assert [b for _, b in found.memory_reservations] == [b for _, b in real.reservations]
    assert all(a in (None, b[0]) for (a, _), b in zip(found.memory_reservations, real.reservations, strict=True))
