"""Boards derived from device trees: the essential nodes of boards, wrong ones, and ones that hypothesis invents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from colorcheck.core.diagnostic import Problem
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.hardware.board_text import to_toml
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.hardware.index import Linear, UnknownIndex
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.plugins.manager import catalogue

TREES = Path(__file__).parent / "trees"
NAMES = sorted(path.stem for path in TREES.glob("*.dts"))
ANY = st.sampled_from([0, 1, 3, 64, 96, 128, 512, 1024, 3072, 2048, 1 << 16, 1 << 20, 3 << 20, (1 << 32) - 1])

SYSTEM, EMPTY, L1, WRONG = (
    "device-tree-system-cache",
    "device-tree-no-geometry",
    "device-tree-private-cache",
    "device-tree-geometry",
)
TABLE = {  # clusters as (core, CPUs, colors), and the kinds of problems
    "zcu102": ([("cortex-a53", 4, None)], {EMPTY}),
    "rpi4": ([("cortex-a72", 4, 16)], set()),
    "rpi5": ([("cortex-a76", 4, 32)], set()),
    "imx8qm": ([("cortex-a53", 4, 16)], set()),
    "lx2160a": ([("cortex-a72", 2, 16)] * 8, {L1}),
    "rcar-h3": ([("cortex-a57", 4, None), ("cortex-a53", 4, None)], {EMPTY}),
    "am64x": ([("cortex-a53", 2, 4)], set()),
    "j721e": ([("cortex-a72", 2, 16)], {SYSTEM}),
    "j784s4": ([("cortex-a72", 4, None)] * 2, {SYSTEM, WRONG}),
    "rk3399": ([("cortex-a53", 4, 8), ("cortex-a72", 2, 16)], set()),
    "rk3588": ([("cortex-a55", 4, 64), ("cortex-a76", 4, 64)], set()),
    "rk3568": ([("cortex-a55", 4, 8)], set()),
    "jetson-tx2": ([("nvidia-denver2", 2, 32), ("cortex-a57", 4, 32)], set()),
    "juno-r0": ([("cortex-a57", 2, 32), ("cortex-a53", 4, 16)], set()),
    "armada3720": ([("cortex-a53", 2, None)], {EMPTY}),
    "armada8040": ([("cortex-a72", 2, 8)] * 2, set()),
    "hikey960": ([("cortex-a53", 4, None), ("cortex-a73", 4, None)], {EMPTY}),
    "versal-net": ([("cortex-a78", 4, 32)] * 4, {SYSTEM}),
}


def parse(text: str, name: str = "board.dts") -> DeviceTree:
    read = read_source(name, text.encode())
    assert read.tree is not None, read.errors
    return read.tree


def derive(text: str) -> tuple[Board, tuple[Problem, ...]]:
    board, problems = board_from_device_tree(parse(text))
    assert board is not None
    return board, problems


def text_of(name: str) -> str:
    return (TREES / f"{name}.dts").read_text(encoding="utf-8")


def test_every_tree_is_in_the_table() -> None:
    assert sorted(TABLE) == NAMES
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_boards(name: str) -> None:
    clusters, kinds = TABLE[name]
    board, problems = derive(text_of(name))
    assert [(c.cores, c.n_cores, c.llc.nr_colors if c.llc else None) for c in board.clusters] == clusters
    assert {problem.kind for problem in problems} == kinds
    assert all(problem.location.line for problem in problems)
    cpus = [cpu for cluster in board.clusters for cpu in cluster.cpus]
    assert cpus == list(range(len(cpus)))


@pytest.mark.parametrize("name", NAMES)
def test_a_tree_agrees_with_the_catalogue_or_says_something(name: str) -> None:
    known = catalogue().board(name)
    board, problems = board_from_device_tree(parse(text_of(name)), known.boot_mpidr)
    assert board is not None
    for derived, listed in zip(board.clusters, known.clusters, strict=False):
        if derived.llc and derived.llc.sets and listed.llc:
            assert derived.llc.sets == listed.llc.sets
            assert isinstance(derived.llc.index, Linear) == isinstance(listed.llc.index, Linear)
        elif listed.llc and listed.llc.sets:
            assert {EMPTY, WRONG} & {problem.kind for problem in problems}


@pytest.mark.parametrize("name", NAMES)
def test_the_written_file_is_the_board_again(name: str) -> None:
    board, _ = derive(text_of(name))
    again = read_board(to_toml(board, ["a comment\nof two lines"]), board.name)
    assert (again.title, again.dram, again.pa_bits) == (board.title, board.dram, board.pa_bits)
    assert (again.iommu, again.iommu_usable) == (board.iommu or "none in the device tree", board.iommu_usable)
    for one, other in zip(board.clusters, again.clusters, strict=True):
        assert (one.cores, one.cpus, one.n_cores) == (other.cores, other.cpus, other.n_cores)
        for before, after in ((one.llc, other.llc), (one.l1d, other.l1d), (one.private_l2, other.private_l2)):
            assert (before is None) == (after is None)
            if before and after:
                assert (before.level, before.sets, before.line, before.ways, before.id) == (
                    after.level,
                    after.sets,
                    after.line,
                    after.ways,
                    after.id,
                )
                assert isinstance(before.index, UnknownIndex) == isinstance(after.index, UnknownIndex)


def test_cores_of_two_kinds_share_a_dynamiq_cache() -> None:
    board, _ = derive(text_of("rk3588"))
    ids = {cluster.llc.id for cluster in board.clusters if cluster.llc}
    assert len(ids) == 1
    assert "" not in ids


def test_a_system_cache_is_not_taken_for_the_llc() -> None:
    board, _ = derive(text_of("j721e"))
    assert board.boot_cluster.llc is not None
    assert board.boot_cluster.llc.level == 2
    assert board.system_cache is not None
    assert not board.system_cache.in_clidr
    assert board.colorable == "partly"


def test_an_l2_that_two_kinds_of_cores_claim_is_unknown() -> None:
    text = text_of("rk3399").replace("<&llc1>", "<&llc0>")
    board, problems = derive(text)
    assert "device-tree-sharing" in {problem.kind for problem in problems}
    assert [cluster.llc for cluster in board.clusters] == [None, None]


def test_missing_sets_follow_from_the_manual() -> None:
    board, problems = derive(text_of("rpi4").replace("cache-sets = <1024>;", "", 1))
    assert board.nr_colors == 16
    assert [problem.kind for problem in problems] == ["device-tree-completed"]


def test_a_private_l2_alone_is_not_the_last_level() -> None:
    text = re.sub(r"\t\t\tnext-level-cache = <&llc0>;\n\t\t\};", "\t\t};", text_of("rpi5"))
    board, problems = derive(text)
    assert board.nr_colors is None
    assert EMPTY in {problem.kind for problem in problems}


def test_a_cluster_with_two_l2_caches_concludes_nothing_from_pinning() -> None:
    """Four A53 of one cluster, two and two behind L2 nodes of their own: pinning must not count as separation."""
    text = text_of("am64x").replace("next-level-cache = <&llc0>;", "next-level-cache = <&other>;", 1)
    node = text[text.index("\t\tllc0: cache") : text.index("\t\t};", text.index("\t\tllc0: cache")) + 4]
    text = text.replace(node, node + "\n" + node.replace("llc0", "other"))
    board, problems = derive(text)
    assert [problem.kind for problem in problems] == ["device-tree-sharing"]
    assert all(cluster.cpus == () for cluster in board.clusters)


def test_the_boot_cpu_comes_first() -> None:
    board, _ = board_from_device_tree(parse(text_of("juno-r0")), 0x100)
    assert board is not None
    assert board.boot_known
    assert [(c.cores, c.cpus) for c in board.clusters] == [("cortex-a53", (0, 3, 4, 5)), ("cortex-a57", (1, 2))]
    assert board.nr_colors == 16


def test_memory_that_overlaps_is_one_range() -> None:
    text = text_of("rpi4").replace(
        "\tcpus {",
        """
        memory@0 { device_type = "memory"; reg = <0 0 0 0x8000>, <0 0x4000 0 0x8000>, <0 0x10000 0 0x1000>; };
        cpus {""",
        1,
    )
    board, _ = derive(re.sub(r"\n\tmemory@0 \{.*?\n\t\};", "", text, flags=re.DOTALL))
    assert board.dram == ((0, 0xC000), (0x10000, 0x1000))


def test_no_cpus_is_a_problem() -> None:
    board, problems = board_from_device_tree(parse("/dts-v1/; / { };"))
    assert board is None
    assert problems[0].kind == "device-tree-no-cpus"


def test_circles_of_caches_end() -> None:
    text = text_of("rpi4").replace("cache-line-size = <64>;\n\t\t};", "next-level-cache = <&llc0>;\n\t\t};")
    assert derive(text)[0].clusters


@settings(max_examples=60, deadline=None)
@example(0, 1, 0, "rk3588")
@given(ANY, ANY, ANY, st.sampled_from(["rpi4", "am64x", "rk3399", "rk3588", "jetson-tx2"]))
def test_wrong_geometry_never_goes_unsaid(size: int, sets: int, line: int, name: str) -> None:
    text = text_of(name)
    start = text.index("llc0: cache")
    for key, number in (("size", size), ("sets", sets), ("line-size", line)):
        text = text[:start] + re.sub(rf"cache-{key} = <\w+>", f"cache-{key} = <{number}>", text[start:], count=1)
    board, problems = derive(text)
    llc = board.boot_cluster.llc
    core_is_known = board.boot_cluster.cores.startswith("cortex")
    if llc and llc.sets and core_is_known:
        assert llc.line == 64
        assert not llc.sets & (llc.sets - 1)
        assert llc.ways in {"rk3588": (12, 16)}.get(name, (16,))
        assert llc.size == llc.sets * 64 * (llc.ways or 0)
    elif core_is_known:
        assert {EMPTY, WRONG} & {problem.kind for problem in problems}


@settings(max_examples=40)
@given(st.data())
def test_mutilated_trees_crash_nothing(data: st.DataObject) -> None:
    lines = text_of(data.draw(st.sampled_from(NAMES))).splitlines()
    removable = [i for i, line in enumerate(lines) if line.strip().endswith(";") and line.strip() != "};" and i > 3]
    gone = data.draw(st.sets(st.sampled_from(removable), max_size=12))
    board, _ = board_from_device_tree(parse("\n".join(line for i, line in enumerate(lines) if i not in gone)))
    if board is not None:
        read_board(to_toml(board), board.name)
