"""Scripts of our own, each run once in a real U-Boot 2023.01 (Debian 12, `qemu_arm64`): variables and tree afterwards.

Values that the model calls open are not compared; the tree's nodes, properties and their order always are.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.u_boot.blob import Content, read_content
from colorcheck.loader.u_boot.boot import Started
from colorcheck.loader.u_boot.text import unknowns
from colorcheck.loader.u_boot.trees import tree_at
from tests.loader.script_machine import script_machine
from tests.loader.test_u_boot_real import OF_THE_BUILD, disk, manifest

FOLDER = Path(__file__).parent.parent / "golden" / "u-boot"
MEASURED = ("own.json.gz", "made.json.gz", "more.json.gz")
"""Written by hand, made by `made_scripts.py`, and made with other forms."""


@cache
def measured() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in MEASURED:
        found |= json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    return found


def compare(ours: Content, case: dict[str, Any], unsure: set[tuple[str, str]]) -> None:
    assert list(ours.nodes) == list(case["tree"])
    for path, properties in case["tree"].items():
        assert list(ours.nodes[path]) == list(properties), path
        for name, value in properties.items():
            if name not in OF_THE_BUILD and (path, name) not in unsure:
                assert ours.nodes[path][name].hex() == value, f"{path}:{name}"
    assert ours.size == case["size"]
    assert [size for _, size in ours.reservations] == [size for _, size in case["reservations"]]


@pytest.mark.parametrize("name", sorted(measured()))
def test_a_real_u_boot_did_the_same(name: str, tmp_path: Path) -> None:
    case = measured()[name]
    disk(tmp_path, case["script"])
    for file, data in case.get("files", {}).items():
        (tmp_path / file).write_bytes(bytes.fromhex(data))
    written = read_manifest(str(manifest(tmp_path, case["environment"])))
    found = api.handover(str(tmp_path / "colorcheck.toml"))
    assert (found.stopped is None) is (case["outcome"] == "handover"), found.stopped
    script = tmp_path / "boot.scr"
    machine = script_machine(written, read_deployment(written).tree, str(script), script.read_bytes())
    if isinstance(machine.started, Started):
        ours = read_content(machine.started.tree.data)
        assert ours is not None
        compare(ours, case, set(machine.started.tree.side.unsure))
        assert found.device_tree[0] in (None, case["x0"])
        assert found.xen_address == case["image"]
        return
    for variable, value in case["changed"].items() if case["outcome"] == "prompt" else ():
        held = machine.environment.get(variable)
        if held is None or not unknowns(held.text):
            assert (held.text if held else None) == value, variable
    changed = {k for k, v in machine.environment.items() if v.text != case["environment"].get(k)}
    known = {k for k in changed if not unknowns(machine.environment[k].text)}
    assert known <= set(case.get("changed", known))
    if "tree" in case:
        address = int(case["changed"]["fdtaddr"], 16)
        tree = tree_at(machine, address)
        ours = read_content(tree.data) if tree else None
        assert ours is not None
        compare(ours, case, set(machine.sides[address].unsure))
