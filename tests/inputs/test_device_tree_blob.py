from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from tests.inputs.blobs import blob, contents
from tests.inputs.device_tree_texts import made
from tests.shapes import present

SOURCE = """/dts-v1/; /memreserve/ 0x1000 0x2000;
/ { compatible = "a,b", "c"; #address-cells = <1>; cpus { cpu@2 { reg = <2>; }; };
    chosen { text = "x"; half = "x", <1>; nothing = ""; empty; }; };"""


@pytest.fixture
def source_tree(tmp_path: Path) -> DeviceTree:
    (tmp_path / "t.dts").write_text(SOURCE)
    return read_device_tree(str(tmp_path / "t.dts"))


@pytest.mark.parametrize("version", [16, 17])
def test_a_blob_is_the_source_again(source_tree: DeviceTree, version: int) -> None:
    read = read_blob("t.dtb", blob(source_tree, version))
    assert read.errors == ()
    tree = present(read.tree)
    assert contents(tree) == contents(source_tree)
    assert tree.memory_reservations == ((0x1000, 0x2000),)
    assert tree.version == version
    assert source_tree.size == 40 + 32 + len(blob(source_tree)) - struct.unpack_from(">I", blob(source_tree), 8)[0]


def test_strings_and_places(source_tree: DeviceTree) -> None:
    tree = present(read_blob("t.dtb", blob(source_tree)).tree)
    properties = present(tree.node("/chosen")).properties
    assert [str(s) for s in tree.root.properties["compatible"].strings] == ["a,b", "c"]
    assert {name: [str(s) for s in held.strings] for name, held in properties.items()} == {
        "text": ["x"], "half": [], "nothing": [], "empty": [],
    }  # fmt: skip
    assert str(properties["text"].location) == "t.dtb:/chosen:text"


def test_every_cut_is_told(source_tree: DeviceTree) -> None:
    data = blob(source_tree)
    for length in range(len(data)):
        read = read_blob("t.dtb", data[:length])
        assert read.tree is None
        assert [problem.kind for problem in read.errors] == ["unreadable" if length < 4 else "cut-off"]


def test_a_property_behind_a_node_is_damage() -> None:
    """Neither libfdt nor Xen looks for properties there."""
    node, end, last, late = (struct.pack(">I", token) for token in (1, 2, 9, 3))
    structure = node + bytes(4) + node + b"a\0\0\0" + end + late + struct.pack(">II", 0, 0) + end + last
    head = struct.pack(
        ">10I", 0xD00DFEED, 56 + len(structure) + 2, 56, 56 + len(structure), 40, 17, 16, 0, 2, len(structure)
    )
    (error,) = read_blob("t.dtb", head + bytes(16) + structure + b"x\0").errors
    assert error.kind == "damaged"
    assert "behind a node" in error.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_never_raises(source_tree: DeviceTree, changes: list[tuple[int, int]]) -> None:
    data = bytearray(blob(source_tree))
    for offset, value in changes:
        data[offset % len(data)] = value
    read = read_blob("t.dtb", bytes(data))
    assert (read.tree is None) == bool(read.errors)


@pytest.mark.parametrize(
    ("offset", "value", "kind"), [(20, 3, "version"), (24, 18, "version"), (4, 1 << 20, "cut-off")]
)
def test_headers(source_tree: DeviceTree, offset: int, value: int, kind: str) -> None:
    data = bytearray(blob(source_tree))
    struct.pack_into(">I", data, offset, value)
    assert [problem.kind for problem in read_blob("t.dtb", bytes(data)).errors] == [kind]


def test_damage_is_told_with_the_node_before_it(source_tree: DeviceTree) -> None:
    data = bytearray(blob(source_tree))
    at = data.index(b"cpu@2") - 4
    struct.pack_into(">I", data, at, 0x77)
    problems = read_blob("t.dtb", bytes(data)).errors
    assert [(problem.kind, problem.location.node) for problem in problems] == [("damaged", "/cpus")]


def test_names_twice(source_tree: DeviceTree) -> None:
    data = blob(source_tree).replace(b"chosen\0", b"cpus\0\0\0")
    assert [problem.message for problem in read_blob("t.dtb", data).errors] == ["/cpus: Duplicate node name"]


def test_nodes_nested_too_deep(tmp_path: Path) -> None:
    node = struct.pack(">I", 1) + b"n\0\0\0"
    structure = struct.pack(">II", 1, 0) + node * 5000 + struct.pack(">I", 2) * 5001 + struct.pack(">I", 9)
    header = struct.pack(
        ">10I", 0xD00DFEED, 56 + len(structure), 56, 56 + len(structure), 40, 17, 16, 0, 0, len(structure)
    )
    problems = read_blob("t.dtb", header + bytes(16) + structure).errors
    assert [problem.kind for problem in problems] == ["too-deep"]


def test_blobs_of_made_sources(tmp_path: Path) -> None:
    compared = 0
    for seed in range(60):
        (tmp_path / "t.dts").write_text(made(seed, broken=False))
        try:
            tree = read_device_tree(str(tmp_path / "t.dts"))
        except DeviceTreeError:
            continue
        compared += 1
        assert contents(present(read_blob("t.dtb", blob(tree)).tree)) == contents(tree)
    assert compared > 10
