"""Which board a deployment is for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.core.source import Location
from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board_text import to_toml
from colorcheck.hardware.choose import choose_board, silicon_differences
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.hardware.index import UnknownIndex
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.plugins.manager import catalogue

TREES = Path(__file__).parent / "trees"
HERE = Location("colorcheck.toml", 2, 9, 2, 17)
VIRT = """/dts-v1/;
/ { compatible = "linux,dummy-virt";
    cpus { #address-cells = <1>; #size-cells = <0>;
        cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; };
        cpu@1 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <1>; }; }; };"""


def tree_of(name: str) -> DeviceTree:
    return parse((TREES / f"{name}.dts").read_text(encoding="utf-8"))


def parse(text: str) -> DeviceTree:
    read = read_source("system.dts", text.encode())
    assert read.tree is not None
    return read.tree


def test_a_named_board() -> None:
    choice = choose_board("zcu102", HERE, tree_of("zcu102"), catalogue())
    assert choice.board is not None
    assert (choice.board.name, choice.how, choice.problems) == ("zcu102", "named", ())


def test_a_misspelled_board_is_not_replaced_by_something_that_fits() -> None:
    choice = choose_board("zcu-102", HERE, tree_of("zcu102"), catalogue())
    assert choice.board is None
    assert [problem.kind for problem in choice.problems] == ["unknown-board"]
    assert choice.problems[0].location == HERE


def test_a_board_left_out_is_found_by_its_compatible() -> None:
    choice = choose_board(None, HERE, tree_of("zcu102"), catalogue())
    assert choice.board is not None
    assert (choice.board.name, choice.how) == ("zcu102", "compatible")
    assert [problem.kind for problem in choice.problems] == ["board-by-compatible"]


def test_a_board_that_nobody_knows_comes_from_the_tree() -> None:
    text = (TREES / "rpi4.dts").read_text(encoding="utf-8").replace("raspberrypi,4-model-b", "acme,one")
    choice = choose_board(None, HERE, parse(text.replace("brcm,bcm2711", "acme,chip")), catalogue())
    assert choice.board is not None
    assert (choice.how, choice.board.nr_colors) == ("device-tree", 16)


def test_an_own_carrier_has_its_socs_caches_and_its_own_memory() -> None:
    text = (TREES / "zcu102.dts").read_text(encoding="utf-8")
    text = re.sub(r'compatible = "xlnx,zynqmp-zcu102[^;]*;', 'compatible = "acme,drive", "xlnx,zynqmp";', text)
    choice = choose_board(None, HERE, parse(text), catalogue())
    assert choice.board is not None
    assert (choice.board.name, choice.how, choice.problems) == ("zynqmp", "soc", ())
    assert choice.board.nr_colors == 16
    assert choice.board.dram_map is None
    no_memory = choose_board(None, HERE, parse(re.sub(r"memory@\w+ \{[^}]*\};", "", text)), catalogue()).board
    assert no_memory is not None
    assert no_memory.dram == ()


def test_a_soc_with_cores_that_it_does_not_have_is_not_taken_for_it() -> None:
    text = (TREES / "zcu102.dts").read_text(encoding="utf-8").replace("cortex-a53", "cortex-a57")
    assert choose_board(None, HERE, parse(text), catalogue()).how == "device-tree"


L3 = """cache-line-size = <64>; next-level-cache = <&l3>; };
    l3: l3-cache { compatible = "cache"; cache-level = <3>; cache-size = <0x400000>; cache-sets = <4096>; """


@pytest.mark.parametrize("name", ["rpi4", None])
def test_a_cache_that_only_the_tree_knows_is_there(name: str | None) -> None:
    """An attack: all pairs were proved on a board whose tree has an L3 behind the L2 that the colors part."""
    text = (TREES / "rpi4.dts").read_text(encoding="utf-8")
    place = text.index("llc0: cache")
    text = text[:place] + text[place:].replace("cache-line-size = <64>;", L3, 1)
    choice = choose_board(name, HERE, parse(text), catalogue())
    assert choice.board is not None
    assert choice.board.system_cache is not None
    assert choice.board.colorable == "partly"
    assert "device-tree-system-cache" in {problem.kind for problem in choice.problems}


def test_a_cluster_that_only_the_tree_has_is_there() -> None:
    """An attack: a board with one cluster named over a tree with two hid the second, smaller L2."""
    choice = choose_board("imx8mq", HERE, tree_of("rk3399"), catalogue())
    assert choice.board is not None
    assert [cluster.cores for cluster in choice.board.clusters] == ["cortex-a53", "cortex-a72"]
    assert "board-contradicts-tree" in {problem.kind for problem in choice.problems}


def test_numbers_that_contradict_each_other_prove_nothing() -> None:
    board = choose_board("imx8mq", HERE, four_a53_with_512_kib(), catalogue()).board
    assert board is not None
    assert board.boot_cluster.llc is not None
    assert isinstance(board.boot_cluster.llc.index, UnknownIndex)


@pytest.mark.parametrize(
    ("name", "board"), [("kv260", "kria-k26"), ("KR260", "kria-k26"), ("AMD ZCU104", "zcu104"), ("am625-sk", "am62x")]
)
def test_other_names_of_a_board(name: str, board: str) -> None:
    choice = choose_board(name, HERE, None, catalogue())
    assert choice.board is not None
    assert choice.board.name == board


@pytest.mark.parametrize(("named", "tree"), [("zcu102", "rpi4"), ("rpi4", "zcu102"), ("rpi3bp", "rk3399")])
def test_a_board_that_is_not_the_trees_is_said(named: str, tree: str) -> None:
    assert "board-contradicts-tree" in {
        problem.kind for problem in choose_board(named, HERE, tree_of(tree), catalogue()).problems
    }


def test_a_way_size_that_differs_is_said() -> None:
    choice = choose_board("imx8mq", HERE, four_a53_with_512_kib(), catalogue())
    assert [problem.kind for problem in choice.problems] == ["board-contradicts-tree"]
    assert "65536" in choice.problems[0].message
    assert "32768" in choice.problems[0].message


def four_a53_with_512_kib() -> DeviceTree:
    text = (TREES / "rpi4.dts").read_text(encoding="utf-8").replace("cortex-a72", "cortex-a53")
    text = text.replace("<0x100000>", "<0x80000>").replace("cache-sets = <1024>", "cache-sets = <512>")
    for old, new in (("d-cache-sets = <256>", "d-cache-sets = <128>"), ("<0xc000>", "<0x8000>")):
        text = text.replace(old, new)
    return parse(text)


def test_a_later_revision_with_other_cores_is_not_taken_for_the_board() -> None:
    text = (TREES / "juno-r0.dts").read_text(encoding="utf-8").replace("cortex-a57", "cortex-a72")
    choice = choose_board(None, HERE, parse(text), catalogue())
    assert choice.how == "device-tree"


def test_qemu_virt_goes_by_the_cpu() -> None:
    choice = choose_board(None, HERE, parse(VIRT), catalogue())
    assert choice.board is not None
    assert choice.board.name == "qemu-virt-cortex-a57"
    assert choice.board.boot_cluster.cpus == (0, 1)


def test_the_documented_boot_cpu_decides_the_order_of_clusters() -> None:
    """Juno r0 lists its A57 first; booted on an A53, Xen counts 16 colors and numbers that CPU 0."""
    board = choose_board("juno-r0", HERE, tree_of("juno-r0"), catalogue()).board
    assert board is not None
    assert board.nr_colors == 16
    assert [(c.cores, c.cpus) for c in board.clusters] == [("cortex-a53", (0, 3, 4, 5)), ("cortex-a57", (1, 2))]
    assert board.pa_bits == 40


def test_a_boot_cpu_of_the_manifest_goes_before_the_documented_one() -> None:
    board = choose_board("juno-r0", HERE, tree_of("juno-r0"), catalogue(), boot_cpu=0).board
    assert board is not None
    assert board.nr_colors == 32
    assert [(c.cores, c.cpus) for c in board.clusters] == [("cortex-a57", (0, 1)), ("cortex-a53", (2, 3, 4, 5))]


def test_boot_cpuid_phys_is_no_fact() -> None:
    """dtc writes the first node's reg there; a tree alone does not say where Xen starts."""
    tree = replace(tree_of("juno-r0"), boot_cpu=0x100)
    board, _ = board_from_device_tree(tree)
    assert board is not None
    assert (board.boot_known, board.nr_colors) == (False, None)
    assert all(cluster.cpus == () for cluster in board.clusters)


def test_clusters_that_do_not_fit_the_tree_have_no_numbers() -> None:
    text = (TREES / "rpi4.dts").read_text(encoding="utf-8").replace("cortex-a72", "cortex-a53")
    board = choose_board("rk3399", HERE, parse(text), catalogue()).board
    assert board is not None
    assert all(group.cpus is None for group in cache_groups(board))


def test_nothing_to_go_by() -> None:
    choice = choose_board(None, HERE, None, catalogue())
    assert (choice.board, choice.how) == (None, "none")
    assert [problem.kind for problem in choice.problems] == ["no-board"]


def test_a_board_file(tmp_path: Path) -> None:
    shipped = catalogue().board("rpi4")

    (tmp_path / "mine.toml").write_text(to_toml(shipped), encoding="utf-8")
    choice = choose_board("mine.toml", HERE, None, catalogue(), str(tmp_path))
    assert choice.board is not None
    assert (choice.board.name, choice.board.nr_colors) == ("mine", 16)
    (tmp_path / "mine.toml").write_text("[[clusters]]\ncore = 3\n", encoding="utf-8")
    assert choose_board("mine.toml", HERE, None, catalogue(), str(tmp_path)).problems[0].kind == "bad-board-file"
    assert choose_board("none.toml", HERE, None, catalogue(), str(tmp_path)).problems[0].kind == "unknown-board"


@pytest.mark.parametrize(
    ("name", "differs"),
    [("qemu-raspi3b", True), ("qemu-imx8mp-evk", True), ("qemu-raspi4b", False), ("qemu-xlnx-zcu102", False)],
)
def test_machines_that_are_not_their_silicon(name: str, differs: bool) -> None:
    assert bool(silicon_differences(catalogue().board(name), catalogue())) == differs
    kinds = [problem.kind for problem in choose_board(name, HERE, None, catalogue()).problems]
    assert kinds == ["board-not-silicon"] * differs
