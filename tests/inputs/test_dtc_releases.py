"""What releases of dtc read differently. Measured on dtc's own test sources (v1.6.1: 134 files, v1.7.2: 150, v1.8.1:
151, each with and without -@): verdict and every property agree with dtc of that release on all of them."""

from pathlib import Path

import pytest

from colorcheck.inputs.device_tree.dtc import DTC_1_6, DTC_1_7, DTC_1_8, NEWEST, Dtc
from colorcheck.inputs.device_tree.read import DeviceTreeError, parse_device_tree, read_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from tests.shapes import present

BELOW = """/dts-v1/;
/ { top: top { one { two { }; }; gone { }; }; user { path = &{top/one/two}; cell = <&{top/one}>; }; };
/delete-node/ &{top/gone};
&{top/} { more = "yes"; };
"""
CELLS = "/dts-v1/;\n/ { a = <0x123456789>; b = /bits/ 8 <0x1ff>; c = <(0 - 1)>; };\n"
PATH_FIXUP = "/dts-v1/;\n/plugin/;\n/ { a = <&{/nowhere}>; };\n"
FIXUPS = """/dts-v1/;
/plugin/;
/ { n { a = <&other>; b = <&l>; l: m { }; };
 __fixups__ { other = "/n:a:0"; }; __local_fixups__ { n { b = <0>; }; }; };
"""


def read(folder: Path, text: str, dtc: Dtc) -> DeviceTree:
    (folder / "t.dts").write_text(text)
    return read_device_tree(str(folder / "t.dts"), dtc=dtc)


def test_the_newest_is_the_default() -> None:
    assert NEWEST is DTC_1_8


@pytest.mark.parametrize("dtc", [DTC_1_7, DTC_1_8])
def test_a_path_below_a_label(tmp_path: Path, dtc: Dtc) -> None:
    tree = read(tmp_path, BELOW, dtc)
    user, one = present(tree.node("/user")), present(tree.node("/top/one"))
    assert user.properties["path"].value == b"/top/one/two\0"
    assert user.properties["cell"].value == one.properties["phandle"].value
    assert present(tree.node("/top")).properties["more"].value == b"yes\0"
    assert tree.node("/top/gone") is None


def test_dtc_1_6_knows_no_path_below_a_label(tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        read(tmp_path, BELOW, DTC_1_6)
    assert {problem.location.line for problem in refused.value.problems} == {2, 3, 4}


def test_a_label_that_nobody_has_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError, match="non-existent node or label"):
        read(tmp_path, "/dts-v1/;\n/ { n { }; a = <&{nobody/n}>; };\n", DTC_1_8)


@pytest.mark.parametrize("dtc", [DTC_1_7, DTC_1_8])
def test_cells_that_do_not_fit_are_cut_with_a_warning(tmp_path: Path, dtc: Dtc) -> None:
    tree = read(tmp_path, CELLS, dtc)
    values = {name: held.value for name, held in tree.root.properties.items()}
    assert values == {"a": b"\x23\x45\x67\x89", "b": b"\xff", "c": b"\xff" * 4}
    assert [problem.location.line for problem in tree.problems] == [2, 2]
    assert "cuts it to 0x23456789" in tree.problems[0].message


def test_dtc_1_6_refuses_them(tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError, match="does not fit"):
        read(tmp_path, CELLS, DTC_1_6)
    with pytest.raises(DeviceTreeError, match="does not fit"):
        parse_device_tree(str(tmp_path / "t.dts"))  # the library's function is that of 1.6.1, as measured


def test_an_overlays_reference_to_a_path_becomes_a_fixup_in_1_6_only(tmp_path: Path) -> None:
    assert "/nowhere" in present(read(tmp_path, PATH_FIXUP, DTC_1_6).node("/__fixups__")).properties
    for dtc in (DTC_1_7, DTC_1_8):
        with pytest.raises(DeviceTreeError, match="a fixup cannot refer to a path"):
            read(tmp_path, PATH_FIXUP, dtc)


@pytest.mark.parametrize(("dtc", "times"), [(DTC_1_6, 2), (DTC_1_7, 2), (DTC_1_8, 1)])
def test_fixups_that_are_there(tmp_path: Path, dtc: Dtc, times: int) -> None:
    tree = read(tmp_path, FIXUPS, dtc)
    assert present(tree.node("/__fixups__")).properties["other"].value == b"/n:a:0\0" * times
    assert present(tree.node("/__local_fixups__/n")).properties["b"].value == bytes(4) * times
