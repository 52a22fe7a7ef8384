from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.device_tree.read import read_device_tree
from colorcheck.inputs.device_tree.tree_walk import (
    Ancestry,
    available,
    cell_sizes,
    cells_below,
    compatible,
    ranges_of,
    string,
)
from tests.shapes import present

SOURCE = """/dts-v1/; / { #address-cells = <2>; #size-cells = <1>; compatible = "Board,A", "board,b";
    aliases { serial0 = &uart; };
    soc: soc { #address-cells = <1>; #size-cells = <1>; ranges = <0x1000 0x8 0x80001000 0x1000>;
        uart: uart@1000 { reg = <0x1000 0x10 0x1800 0x10 0x9000 0x10 0x1>; status = "ok"; };
        same { ranges; dev@1ff0 { reg = <0x1ff0 4>; status = "disabled"; }; };
        closed { #address-cells = <1>; #size-cells = <0>; dev@0 { reg = <0>; }; };
    };
    user { uart = <&uart>; empty; half = <0x30310000>; }; };"""


@pytest.fixture
def ancestry(tmp_path: Path) -> Ancestry:
    (tmp_path / "t.dts").write_text(SOURCE)
    return Ancestry(read_device_tree(str(tmp_path / "t.dts")))


def test_reg_in_the_cells_of_the_parent(ancestry: Ancestry) -> None:
    tree = ancestry.tree
    pairs = ranges_of(present(tree.node("/soc/uart@1000")).properties["reg"], *cell_sizes(present(tree.node("/soc"))))
    assert pairs == ((0x1000, 0x10), (0x1800, 0x10), (0x9000, 0x10))
    assert cell_sizes(present(tree.node("/soc/same"))) == (2, 1)
    assert cells_below(tree, "/soc/same") == ancestry.cell_sizes(present(tree.node("/soc/same"))) == (1, 1)
    assert cells_below(tree, "/soc/closed") == (1, 0)
    assert cells_below(tree, "/") == (2, 1)


def test_addresses_through_ranges(ancestry: Ancestry) -> None:
    tree = ancestry.tree
    assert ancestry.regions(present(tree.node("/soc/uart@1000"))) == ((0x8_80001000, 0x10), (0x8_80001800, 0x10), None)
    assert ancestry.regions(present(tree.node("/soc/same/dev@1ff0"))) == ((0x8_80001FF0, 4),)
    assert ancestry.regions(present(tree.node("/soc/closed/dev@0"))) == ()
    assert ancestry.translate(0, present(tree.node("/soc/closed/dev@0"))) is None


def test_status_compatible_and_strings(ancestry: Ancestry) -> None:
    tree = ancestry.tree
    assert available(present(tree.node("/soc/uart@1000")))
    assert not available(present(tree.node("/soc/same/dev@1ff0")))
    assert compatible(tree.root, "board,a")
    assert not compatible(tree.root, "board")
    assert string(tree.root, "compatible") == "Board,A"
    assert [string(present(tree.node("/user")), name) for name in ("empty", "none", "half")] == [None, None, "01"]


def test_phandles_and_aliases(ancestry: Ancestry) -> None:
    uart = present(ancestry.tree.node("/soc/uart@1000"))
    number = int.from_bytes(present(ancestry.tree.node("/user")).properties["uart"].value, "big")
    assert ancestry.by_phandle(number) is uart
    assert ancestry.resolve("serial0:115200n8") is uart
    assert ancestry.resolve("/soc/uart@1000") is uart
    assert ancestry.resolve("serial1") is None
    assert [node.path for node in ancestry.ancestors(uart)] == ["/soc", "/"]
