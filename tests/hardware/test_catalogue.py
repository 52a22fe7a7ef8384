"""Every value of every built-in board is in its range, has a source, and fits the others."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.files.resources import data_folder
from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board import Board, Cache
from colorcheck.hardware.board_file import read_board, sources
from colorcheck.hardware.catalogue import Catalogue, UnknownBoardError
from colorcheck.hardware.cores import cores
from colorcheck.hardware.index import Linear, UnknownIndex
from colorcheck.hardware.table import BoardFileError
from colorcheck.plugins.manager import catalogue
from colorcheck.testing import check_board
from tests.hardware.safe_colors import safe_nr_colors

NAMES = catalogue().names()
HERE = Location("test")
BUILT_IN = sorted(path.stem for path in data_folder("boards").glob("*.toml"))
COLORS = {  # from the manuals; a change here needs a source
    "zcu102": 16,
    "kria-k26": 16,
    "rpi4": 16,
    "rpi3bp": 8,
    "imx8mp": 8,
    "imx8mq": 16,
    "ls1046a": 32,
    "am64x": 4,
    "rk3399": 8,
    "rcar-h3": 32,
    "jetson-nano": 32,
    "j784s4": 32,
    "qemu-virt-cortex-a53": 16,
    "qemu-virt-cortex-a57": 32,
    "qemu-virt-cortex-a72": 16,
    "qemu-virt-neoverse-n1": 32,
    "qemu-virt-a64fx": 128,
    "qemu-raspi3b": 16,
}


@pytest.fixture(params=NAMES)
def board(request: pytest.FixtureRequest) -> Board:
    return catalogue().board(request.param)


def test_there_are_enough() -> None:
    real = [name for name in BUILT_IN if not catalogue().board(name).virtual]
    assert len(real) >= 42
    assert set(BUILT_IN) <= set(NAMES)


@pytest.mark.parametrize(("name", "expected"), sorted(COLORS.items()))
def test_colors(name: str, expected: int) -> None:
    assert catalogue().board(name).nr_colors == expected


def test_values_fit_each_other(board: Board) -> None:
    assert check_board(board) == ()


def test_values_are_in_range(board: Board) -> None:
    assert board.colorable_reason
    assert board.pa_bits is None or 32 <= board.pa_bits <= 52
    for cluster in board.clusters:
        assert cluster.n_cores is None or 1 <= cluster.n_cores <= 16
        assert len(cluster.cpus) == (cluster.n_cores or 0 if board.boot_known else 0)
        for cache in cluster.caches:
            _check_cache(cache)
    for start, size in board.dram:
        assert start % PAGE == 0
        assert size % PAGE == 0
        assert board.pa_bits is None or start + size <= 1 << board.pa_bits
    if board.dram_map:
        assert len(board.dram_map.roles) == len(board.dram_map.select_masks)
        assert len(set(board.dram_map.select_masks)) == len(board.dram_map.select_masks)


def _check_cache(cache: Cache) -> None:
    assert 1 <= cache.level <= 4
    assert cache.line is None or cache.line in (32, 64, 128, 256)
    assert cache.ways is None or 1 <= cache.ways <= 16
    assert cache.sets is None or cache.sets & (cache.sets - 1) == 0
    if isinstance(cache.index, Linear):
        assert (cache.index.line, cache.index.sets) == (cache.line, cache.sets)
    elif isinstance(cache.index, UnknownIndex):
        assert cache.index.reason


def test_cpus_are_numbered_without_gaps(board: Board) -> None:
    listed = [cpu for cluster in board.clusters for cpu in cluster.cpus]
    assert sorted(listed) == list(range(len(listed)))
    assert bool(listed) is board.boot_known or board.virtual
    assert not board.boot_known or board.virtual or 0 in board.boot_cluster.cpus


def test_two_kinds_of_cores_have_a_documented_boot_cpu(board: Board) -> None:
    """Without it nothing could be said of such a board: neither the number of colors nor who runs where."""
    if len({cluster.cores for cluster in board.clusters}) > 1:
        assert board.boot_mpidr is not None
        assert board.boot_sources


def test_every_source_is_known(board: Board) -> None:
    named = {*board.sources, *board.dram_sources, *board.pa_bits_sources, *board.iommu_sources, *board.boot_sources}
    named |= set(board.dram_map.source.split(", ")) if board.dram_map else set()
    assert named <= set(sources())


def test_no_source_is_idle() -> None:
    text = "".join(path.read_text("utf-8") for path in data_folder("boards").rglob("*.toml") if path.stem != "sources")
    assert [key for key in sources() if f'"{key}"' not in text and f"({key}" not in text] == []


def test_what_is_colorable_is_known_to_be_linear(board: Board) -> None:
    llcs = [cluster.llc for cluster in board.clusters]
    linear = [llc is not None and isinstance(llc.index, Linear) for llc in llcs]
    if board.colorable == "yes":
        assert all(linear)
        assert board.system_cache is None
    if board.colorable == "partly":
        assert any(linear)
        assert board.system_cache is not None or not all(linear)
    if board.colorable in ("no", "unverified") and not board.virtual:
        assert not all(linear) or board.system_cache is not None


def test_every_board_takes_part_in_a_geometry_check(board: Board) -> None:
    least = safe_nr_colors(board)
    known = [group.cache.nr_colors for group in cache_groups(board) if group.cache]
    if None in known or not known:
        assert least is None
    else:
        assert least is not None
        assert board.nr_colors is not None
        assert all((own or 0) % least == 0 for own in known)
        assert board.nr_colors % least == 0


def test_caches_agree_with_the_manuals(board: Board) -> None:
    """The ways of silicon; QEMU's models differ from it in places, which is what makes them models."""
    if board.virtual:
        return
    for cluster in board.clusters:
        core = cores().get(cluster.cores)
        if core and cluster.llc and cluster.llc.ways and core.llc_ways:
            assert cluster.llc.ways in core.llc_ways
        if core and core.linear and cluster.llc and cluster.llc.sets:
            assert isinstance(cluster.llc.index, Linear)


def test_emulated_machines_name_silicon_that_exists() -> None:
    named = {catalogue().board(name).silicon for name in NAMES} - {""}
    assert named
    assert named <= set(NAMES)


def test_compatible_strings_lead_to_one_board() -> None:
    seen: dict[str, str] = {}
    for board in catalogue().boards():
        for text in board.compatible:
            assert seen.setdefault(text, board.name) == board.name
            found = catalogue().by_compatible((text,))
            assert found is not None
            assert found.name == board.name


def test_soc_compatible_strings_and_aliases_lead_to_one_board() -> None:
    seen: dict[str, str] = {}
    for board in catalogue().boards():
        for text in (*board.soc_compatible, *board.aliases):
            assert seen.setdefault(text.casefold(), board.name) == board.name
        if not board.virtual:
            assert all(
                text in {other.soc for other in catalogue().boards() if other.soc_compatible}
                or "fvp" in board.name
                or "juno" in board.name
                for text in (board.soc,)
            )
    assert not set(seen) & set(NAMES)


def test_every_board_has_the_geometry_of_its_soc() -> None:
    socs = {board.soc: board for board in catalogue().boards() if board.soc_compatible}
    for board in catalogue().boards():
        if board.soc in socs and not board.virtual:
            assert board.clusters == socs[board.soc].clusters


def test_a_misspelled_name_is_answered_with_the_nearest() -> None:
    found = catalogue().find("zcu-102", HERE)
    assert isinstance(found, Problem)
    assert "zcu102" in found.message
    with pytest.raises(UnknownBoardError):
        catalogue().board("zcu-102")


def test_asking_for_one_board_parses_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = tomllib.loads

    def counted(text: str) -> dict[str, Any]:
        parsed.append(text)
        return real(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    Catalogue(catalogue().makers).board("kria-k26")
    assert len([text for text in parsed if "[[clusters]]" in text]) == 1


BOARD = """
title = "T"
[[clusters]]
core = "cortex-a53"
cores = 4
sources = ["A53"]
[clusters.llc]
level = 2
size = 1048576
ways = 16
line = 64
sets = 1024
index = "linear"
"""


def test_a_board_file() -> None:
    board = read_board(BOARD, "t")
    assert board.nr_colors == 16
    assert board.pa_bits == 40


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("size = 1048576", "size = 1048577", "is not 16 ways"),
        ("line = 64", "line = 65", "not a power of two"),
        ("ways = 16", "ways = 0", "integer"),
        ('title = "T"', 'geometry = "nothing"', "no SoC 'nothing'"),
        ('title = "T"', 'geometry = "zcu102"', "not a SoC"),
        ('index = "linear"', 'index = "liner"', "not one of linear"),
        ("sets = 1024", "setts = 1024", 'did you mean "sets"?'),
        ("cores = 4", "cores = true", "integer"),
        ("cores = 4", 'cores = "4"', "integer"),
        ('core = "cortex-a53"', "", "specify the core"),
        ("[[clusters]]", "[clusters]", "write [[clusters]]"),
        ('title = "T"', "title = 3", "write a string"),
        ('title = "T"', 'colorable = "maybe"', "not one of yes"),
        ('title = "T"', "dram = 3", "write a table"),
        ('title = "T"', "dram = {ranges = [[0, 8192], [4096, 8192]]}", "overlap"),
        ('title = "T"', "dram = {ranges = [[0]]}", "[start, size]"),
        ('title = "T"', "dram_map = {bank_bits = [99]}", "integers"),
        ('title = "T"', "title =", "not TOML"),
        ('index = "linear"', 'index = "xor"\nindex_bits = [[6], [7]]', "do not number"),
        (BOARD, "", "at least one"),
    ],
)
def test_a_wrong_board_file_says_what_is_wrong(old: str, new: str, said: str) -> None:
    with pytest.raises(BoardFileError) as caught:
        read_board(BOARD.replace(old, new), "t")
    assert said in str(caught.value)
