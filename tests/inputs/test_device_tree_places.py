"""Every name, value and character of a string knows where it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dts.strings import unescape
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from tests.shapes import present


def tree_of(folder: Path, text: str, **others: str) -> DeviceTree:
    for name, other in others.items():
        (folder / name.replace("_", ".")).write_text(other)
    (folder / "main.dts").write_text(text)
    return read_device_tree(str(folder / "main.dts"), include_dirs=[str(folder / "include")])


def spot(location: Location) -> str:
    return f"{Path(location.file).name}:{location.line}:{location.column}-{location.end_line}:{location.end_column}"


def characters(tree: DeviceTree, path: str, name: str, index: int = 0) -> list[str]:
    passage = present(tree.node(path)).properties[name].strings[index]
    return [spot(passage.locate(i, i + 1)) for i in range(len(passage.text))]


def test_names_and_values(tmp_path: Path) -> None:
    tree = tree_of(
        tmp_path, '/dts-v1/;\n/ {\n  plain = "a", <1 2>;\n  lab: fine = lb: <&lab2>, "b";\n lab2: n@1 { e; };\n};\n'
    )
    properties = tree.root.properties
    assert spot(properties["plain"].location) == "main.dts:3:3-3:8"
    assert spot(properties["plain"].value_location) == "main.dts:3:11-3:21"
    assert spot(properties["fine"].location) == "main.dts:4:8-4:12"
    assert spot(properties["fine"].value_location) == "main.dts:4:19-4:31"
    assert spot(tree.root.children[0].location) == "main.dts:5:8-5:11"
    assert spot(tree.root.children[0].properties["e"].location) == "main.dts:5:14-5:15"


@pytest.mark.parametrize("end", [";", "/* so that it is not a plain property */;"])
def test_characters_of_escapes(tmp_path: Path, end: str) -> None:
    tree = tree_of(tmp_path, '/dts-v1/;\n/ { s = "a\\x41b\\n\\101c"' + end + " };\n")
    assert tree.root.properties["s"].strings[0].text == "aAb\nAc"
    starts = [int(c.split("-")[0].split(":")[2]) for c in characters(tree, "/", "s")]
    assert starts == [10, 11, 15, 16, 18, 22]


def test_characters_over_lines_and_of_more_bytes(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, '/dts-v1/; / { s = "é\nb"; };\n')
    assert tree.root.properties["s"].strings[0].text == "Ã©\nb"
    assert [c.split("-")[0] for c in characters(tree, "/", "s")] == [
        "main.dts:1:20", "main.dts:1:20", "main.dts:1:21", "main.dts:2:1",
    ]  # fmt: skip


@given(st.text(st.sampled_from('ab\\nx41"7é\n'), max_size=12))
def test_every_byte_has_a_place(text: str) -> None:
    inside = unescape(text)
    offsets = [offset for offset, _ in inside.stretches]
    assert offsets[0] == 0
    assert offsets == sorted(set(offsets))
    assert all(place < len(text) for offset, place in inside.stretches if offset < len(inside.data))


def test_places_in_included_files(tmp_path: Path) -> None:
    main = '/dts-v1/;\n/include/ "part.dtsi"\n/ { chosen { /include/ "value.dtsi"\n }; };\n'
    tree = tree_of(tmp_path, main, part_dtsi='/ { a = "x"; };\n', value_dtsi='\n  args = "1-3";')
    assert spot(tree.root.properties["a"].location) == "part.dtsi:1:5-1:6"
    assert characters(tree, "/chosen", "args") == [
        "value.dtsi:2:11-2:12",
        "value.dtsi:2:12-2:13",
        "value.dtsi:2:13-2:14",
    ]
    assert [Path(file).name for file in tree.files] == ["main.dts", "part.dtsi", "value.dtsi"]


def test_places_through_the_preprocessor(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    header = (
        '#ifndef H\n#define H\n#define COLORS "4-6"\n#define PAIR(a, b) a b\n#define NODE(n) lab_##n: n##_x\n#endif\n'
    )
    (tmp_path / "include" / "board.h").write_text(header)
    main = '/dts-v1/;\n#include "soc.dtsi"\n/ {\n  llc-colors = COLORS;  // of the guest\n#size-cells = <PAIR(1, 2)>;\n'
    main += "  NODE(foo) { };\n};\n&soc { w = <&lab_foo>; };\n"
    tree = tree_of(tmp_path, main, soc_dtsi='#include <board.h>\n/ { soc: soc { s = "q"; }; };\n')
    assert characters(tree, "/", "llc-colors") == ["board.h:3:17-3:18", "board.h:3:18-3:19", "board.h:3:19-3:20"]
    assert spot(tree.root.properties["llc-colors"].location) == "main.dts:4:3-4:13"
    assert tree.root.properties["#size-cells"].value == bytes([0, 0, 0, 1, 0, 0, 0, 2])
    assert spot(tree.root.properties["#size-cells"].location) == "main.dts:5:1-5:12"
    assert characters(tree, "/soc", "s") == ["soc.dtsi:2:21-2:22"]
    assert tree.node("/foo_x") is not None
    assert [Path(file).name for file in tree.files] == ["main.dts", "soc.dtsi", "board.h"]


def test_line_markers_lead_to_the_file_that_was_preprocessed(tmp_path: Path) -> None:
    board = '/ {\n\tsame = "x";\n\tchanged = <BASE>;\n};\n'
    main = '/dts-v1/;\n# 1 "board.dtsi" 1\n/ {\n same = "x";\n changed = <0x10>;\n};\n# 3 "gone.dtsi"\n/ { z; };\n'
    tree = tree_of(tmp_path, main, board_dtsi=board)
    assert characters(tree, "/", "same") == ["board.dtsi:2:10-2:11"]
    assert spot(tree.root.properties["changed"].location).startswith("board.dtsi:3:2-3:")
    assert spot(tree.root.properties["z"].location) == "main.dts:8:5-8:6"


def test_errors_in_included_files_name_them(tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        tree_of(tmp_path, '/dts-v1/;\n/include/ "part.dtsi"\n', part_dtsi="/ {\n p = <1\n};\n")
    assert [spot(problem.location) for problem in refused.value.problems] == ["part.dtsi:3:1-3:2"]
    assert "part.dtsi:3:1: syntax error: found '}'" in str(refused.value)
