"""Releases are values: nothing asks for their names, a copy is as good as the original, and traits may be mixed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import colorcheck
from colorcheck.core.source import Location, passage
from colorcheck.core.units import GIB, MIB, PAGE
from colorcheck.xen.booted import Boot
from colorcheck.xen.effective import effective
from colorcheck.xen.machine.machine import Machine, Range
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.memory.boot_regions import BootAllocator, consume
from colorcheck.xen.memory.dom0_banks import free_pieces
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.options.options import BootArguments, boot_arguments
from colorcheck.xen.release.log_version import VersionKind, log_version
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import MODELLED, NAMES, RELEASES, SERIES, find_release, release_of, siblings
from colorcheck.xen.release.upstream import UPSTREAM
from tests.xen.golden_cases import GOLDEN, board_of, cases, deployment, load
from tests.xen.small import deployment as small_deployment

ROOT = Path(colorcheck.__file__).parent
MODULES = sorted(p for p in ROOT.rglob("*.py") if "xen/release/" not in p.as_posix())
COPY = replace(release_of("4.22"), name="fork-of-4.22", title="A fork", aliases=(), series="", stands_for="")

_TESTING = ("startswith", "endswith", "removeprefix", "removesuffix", "find", "index", "count", "fullmatch", "match")
_MAY_HOLD = {  # what may name releases in a container: the manifest's default
    "inputs/manifest/manifest.py"
}


def _names(node: ast.AST) -> bool:
    """Whether an expression is, or holds, the name of a release."""
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and (find_release(each.value.rstrip(".")) is not None or each.value in ("xilinx", "upstream", "xilinx-"))
        for each in ast.walk(node)
    )


def _asks(tree: ast.AST, *, may_hold: bool) -> Iterator[int]:
    """The lines that compare with a release's name, match it, look it up or keep a table by it."""
    in_examples = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Example"
        for inner in ast.walk(call)
    }
    for node in ast.walk(tree):
        if id(node) in in_examples:
            continue
        match node:
            case ast.Compare(left=left, comparators=right) if any(map(_names, (left, *right))):
                yield node.lineno
            case ast.MatchValue() if _names(node):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr in _TESTING and any(map(_names, args)):
                yield node.lineno
            case ast.Dict(keys=keys) if any(_names(key) for key in keys if key is not None):
                yield node.lineno
            case ast.Subscript(slice=key) if _names(key):
                yield node.lineno
            case ast.Tuple() | ast.List() | ast.Set() if not may_hold and any(
                isinstance(each, ast.Constant) and _names(each) for each in node.elts
            ):
                yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_asks_for_the_name_of_a_release(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert list(_asks(ast.parse(path.read_text(encoding="utf-8")), may_hold=name in _MAY_HOLD)) == []


@pytest.mark.parametrize(
    "text",
    [
        'version == "4.20"',
        'x in ("4.20", "4.21")',
        'x not in {"4.22.0"}',
        'x.startswith("4.20.")',
        'x.startswith(("4.20", "xilinx"))',
        'SIZES = {"4.20": 1}',
        'NO_NODES = ("4.20",)',
        'READERS["4.22"]',
        'match x:\n    case "4.22":\n        pass',
    ],
)
def test_asking_for_a_name_is_found(text: str) -> None:
    assert list(_asks(ast.parse(text), may_hold=False))


def _outcome(found: Boot | None) -> object:
    """A boot without the release's name in it: all but the notes' words."""
    assert found is not None
    notes = tuple((note.kind, note.domain, note.location) for note in (*found.system.notes, *found.notes))
    bare = replace(found.system, release=COPY, notes=(), arguments=None)
    return notes, replace(found, system=bare, notes=())


@pytest.mark.parametrize("path", [p for p in cases("boots") if p.stem.endswith("-4.22")], ids=lambda path: path.stem)
def test_a_copy_of_a_release_boots_alike(path: Path) -> None:
    case = load(path)
    board, what = board_of(case), deployment(path, case)
    original, copy = (boot(effective(what, board, each)) for each in (release_of("4.22"), COPY))
    assert _outcome(original) == _outcome(copy)


def _read(text: str, release: Release) -> BootArguments:
    return replace(boot_arguments(passage(text, Location("f", 1, 1, 1, len(text) + 1)), release), release=COPY)


def test_a_copy_of_a_release_reads_alike() -> None:
    vectors = json.loads((GOLDEN / "boot-arguments.json").read_text(encoding="utf-8"))
    for case in vectors["cmdlines"]:
        assert _read(case["cmdline"], COPY) == _read(case["cmdline"], release_of("4.22"))
    for case in vectors["color_strings"]:
        text = passage(case["text"], Location(""))
        both = [read_colors(text, each, case["nr_colors"]) for each in (COPY, release_of("4.22"))]
        assert both[0] == both[1]


def test_traits_may_be_mixed() -> None:
    """A list as 4.22 reads it, of which the rest stays as in 4.20; dom0's banks as in 4.20 with 4.22's minimum."""
    new, old = release_of("4.22"), release_of("4.20")
    mixed = replace(new, name="mixed", traits=replace(new.traits, rejected_list_remains=True))
    assert _read("dom0-llc-colors=4-7;", mixed).dom0_colors == (4, 5, 6, 7)
    assert _read("dom0-llc-colors=4-7;", new).dom0_colors == ()
    assert _read("dom0-llc-colors=4,,6", mixed).dom0_colors == (4,)
    assert _read("dom0-llc-colors=4,,6", old).dom0_colors == (4, 0, 6)
    case = load(GOLDEN / "boots" / "banks-a-4.20.json")
    board, what = board_of(case), deployment(GOLDEN / "boots" / "banks-a-4.20.json", case)
    whole = replace(old, name="mixed", traits=replace(old.traits, dom0_end_short_by_a_page=False))
    prepared = effective(what, board, whole).preparation
    assert prepared is not None
    short, full = (free_pieces(prepared.machine, 0, each.traits) for each in (old, whole))
    assert short != full
    done = boot(effective(what, board, whole))
    assert done is not None
    assert done.outcome == "boots"


def test_one_list_of_releases() -> None:
    assert [release.name for release in UPSTREAM] == ["4.20.0", "4.20.4", "4.21.0", "4.21.2", "4.22.0", "4.23-unstable"]
    assert {release.name: release.stands_for for release in SERIES} == {
        "4.20": "4.20.4",
        "4.21": "4.21.2",
        "4.22": "4.22.0",
    }
    assert len(set(NAMES)) == len(NAMES) == len(RELEASES)
    assert set(MODELLED) == {release.name for release in (*SERIES, *UPSTREAM)}
    assert [each.name for each in siblings("4.20")] == ["4.20.0", "4.20.4"]


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        ("4.20.0", ""),
        ("4.20.3", "4.20.0"),
        ("4.20.5", "4.20.4"),
        ("4.21.1", "4.21.0"),
        ("4.22.1", "4.22.0"),
        ("RELEASE-4.20.4", ""),
        ("v4.21.2", ""),
        ("xen-4.20", "4.20.4"),
        ("4.23-unstable", ""),
    ],
)
def test_names_that_are_understood(name: str, stands_for: str) -> None:
    assert release_of(name).stands_for == stands_for


@pytest.mark.parametrize("name", ["4.20.4-pre", "4.20-rc2", "4.22.0-xt0.1", "4.23", "4.19.1", "4.2", "4.20.", ""])
def test_names_of_no_release(name: str) -> None:
    assert find_release(name) is None


@pytest.mark.parametrize(
    ("text", "kind", "base"),
    [
        ("4.20.4", VersionKind.RELEASE, "4.20.4"),
        ("4.20.4-pre", VersionKind.BEFORE_RELEASE, "4.20.4"),
        ("4.20-rc2", VersionKind.CANDIDATE, "4.20"),
        ("4.22.0-rc1", VersionKind.CANDIDATE, "4.22.0"),
        ("4.22.0-xt0.1", VersionKind.PATCHED, "4.22.0"),
        ("4.23-unstable", VersionKind.DEVELOPMENT, "4.23"),
        ("whatever", VersionKind.UNREADABLE, ""),
    ],
)
def test_versions_in_logs(text: str, kind: VersionKind, base: str) -> None:
    found = log_version(text)
    assert (found.kind, found.base) == (kind, base)
    assert bool(found.caution) == (kind is not VersionKind.RELEASE)


def test_what_a_version_agrees_with() -> None:
    assert log_version("4.20.4").agrees(release_of("4.20"))
    assert not log_version("4.20.0").agrees(release_of("4.20"))
    assert log_version("4.20.3").agrees(release_of("4.20.0"))
    assert not log_version("4.20.4-pre").agrees(release_of("4.20"))
    assert log_version("4.23-unstable").agrees(release_of("4.23-unstable"))


@given(st.text(max_size=20))
def test_any_version_is_read(text: str) -> None:
    assert log_version(text).text == text
    find_release(text)


def test_compression_may_be_switched_off() -> None:
    arguments = "llc-coloring=on dom0_mem=256M dom0-llc-colors=2-6"
    found = []
    for more in ("", " pdx-compress=off"):
        what = small_deployment(arguments + more)
        prepared = effective(what, None, "4.21").preparation
        found.append(prepared and prepared.machine.compresses)
    assert found == [True, False]
    assert "unknown" in _read("pdx-compress=off", release_of("4.20")).options[0].message


def test_the_frame_table_spans_holes_without_compression() -> None:
    """Two banks of 1 GiB, 32 GiB apart: uncompressed, the table of 4.21 covers the hole as well."""
    banks = (Range(0x40000000, GIB, "memory", Location("")), Range(0x40000000 + 32 * GIB, GIB, "memory", Location("")))
    sizes = []
    for compresses in (True, False):
        pages = BootAllocator([(bank.start >> 12, bank.end >> 12) for bank in banks])
        consume(pages, Machine(banks, compresses=compresses), release_of("4.21").traits)
        sizes.append(sum(taken.end - taken.start for taken in pages.taken if taken.purpose == "frame table"))
    assert sizes[0] < sizes[1] == -(-33 * GIB // PAGE * 56 // (32 * MIB)) * 32 * MIB // PAGE
