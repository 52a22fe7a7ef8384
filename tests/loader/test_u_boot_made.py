"""Scripts made from seeds, one of each kind, in a real U-Boot under QEMU: what arrives against ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.loader.handover import Handover
from colorcheck.loader.u_boot.blob import Content, read_content
from tests.loader.made_scripts import KINDS, made
from tests.loader.real_u_boot import REASON, RealUBoot, available
from tests.loader.test_u_boot_measured import compare
from tests.loader.test_u_boot_real import disk, manifest
from tests.shapes import present

SEEDS = (1, 2, 3)


@pytest.mark.skipif(not available, reason=REASON)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_made_script_arrives_the_same(kind: str, seed: int, tmp_path: Path) -> None:
    script, files = made(kind, seed)
    folder = tmp_path / "disk"
    folder.mkdir()
    disk(folder, script)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with RealUBoot(folder) as board:
        board.run("load virtio 0:1 0x40200000 boot.scr")
        environment = board.variables()
        started = "Starting kernel ..." in board.run("source 0x40200000", 60)
        real = read_content(board.handed_over(tmp_path)) if started else None
    found = api.handover(manifest(folder, environment))
    assert (found.stopped is None) is started, found.stopped
    if real is None or found.tree is None:
        return
    ours = read_content_of(found)
    case = {
        "tree": {path: {name: value.hex() for name, value in held.items()} for path, held in real.nodes.items()},
        "size": real.size,
        "reservations": real.reservations,
    }
    compare(ours, case, set(found.unsure))


def read_content_of(found: Handover) -> Content:
    """The tree of a handover, as a blob's content; addresses that are open are 0, for they are not compared."""
    tree = present(found.tree)
    nodes = {n.path: {k: p.value for k, p in n.properties.items()} for n in tree.root.walk()}
    reservations = tuple((start or 0, present(size)) for start, size in found.memory_reservations)
    return Content(nodes, reservations, tree.boot_cpu, present(found.device_tree[1]))
