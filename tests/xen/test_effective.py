"""The effective system: coloring, colors and their sources, panics before any memory, notes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from colorcheck.core.source import Location, Passage
from colorcheck.hardware.board import Board, Cache, CacheKind
from colorcheck.hardware.index import Linear
from colorcheck.inputs.manifest.manifest import Loader, Target
from colorcheck.xen.effective import effective
from colorcheck.xen.kinds import ColorSource, DomainKind
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.notes.colors import DuplicateColors, UnsortedXenColors
from colorcheck.xen.options.geometry import probed_cache
from colorcheck.xen.release.releases import NAMES
from colorcheck.xen.release.traits import CacheProbe
from colorcheck.xen.system import System
from tests.xen.small import KERNEL, a53, deployment, domain, kinds, system

ALL = tuple(range(16))


def by_name(found: System) -> dict[str, tuple[tuple[int, ...], ColorSource]]:
    return {domain.name: (domain.colors, domain.source) for domain in found.domains}


@pytest.mark.parametrize("version", ["4.20", "4.21", "4.22"])
def test_defaults(version: str) -> None:
    found = system(deployment("llc-coloring=on"), version)
    assert (found.coloring, found.nr_colors, found.way_size) == (True, 16, 65536)
    assert (found.xen_colors, found.xen_source) == ((0,), ColorSource.DEFAULT)
    assert by_name(found) == {"dom0": (ALL, ColorSource.DEFAULT)}
    assert found.domains[0].pages == 131072
    assert {"dom0-memory-default", "xen-default-colors", "default-colors"} <= kinds(found)


def test_coloring_off_means_no_colors() -> None:
    found = system(deployment("dom0-llc-colors=1-3 xen-llc-colors=0"))
    assert (found.coloring, found.nr_colors, found.panic) == (False, None, None)
    assert found.domains[0].colors == ()
    assert "coloring-off-but-colors" in kinds(found)


def test_coloring_that_is_not_built_in() -> None:
    assert not system(deployment(kconfig={"LLC_COLORING": "n"})).coloring


@pytest.mark.parametrize(
    ("arguments", "nr_colors", "panic"),
    [
        ("llc-size=1M llc-nr-ways=16", 16, None),
        ("llc-size=1M llc-nr-ways=16 llc-coloring=off", None, None),
        ("llc-coloring=on llc-size=1M", 16, None),
        ("llc-size=3M llc-nr-ways=16", None, "Number of LLC colors (48) isn't a power of 2"),
        ("llc-size=64K llc-nr-ways=16", None, "Number of LLC colors 1 < 2"),
        ("llc-size=1000K llc-nr-ways=16", None, "LLC way size must be a multiple of PAGE_SIZE"),
        ("llc-size=32M llc-nr-ways=16", 128, None),
    ],
)
def test_geometry(arguments: str, nr_colors: int | None, panic: str | None) -> None:
    found = system(deployment(arguments))
    assert found.nr_colors == nr_colors
    assert (found.panic and found.panic.message) == panic
    assert not found.panic or found.panic.kind == "geometry"


def test_a_smaller_limit_cuts_the_colors() -> None:
    found = system(deployment("llc-coloring=on xen-llc-colors=0-9", kconfig={"LLC_COLORS_ORDER": "3"}))
    assert found.nr_colors == 8
    assert "colors-cut" in kinds(found)


def test_without_a_board_only_the_options_tell() -> None:
    given = deployment("llc-coloring=on")
    assert effective(given, None, "4.20").nr_colors is None
    assert "geometry-unknown" in kinds(effective(given, None, "4.20"))
    assert effective(deployment("llc-size=1M llc-nr-ways=16"), None, "4.20").nr_colors == 16


def cache(level: int, sets: int, kind: CacheKind = CacheKind.UNIFIED) -> Cache:
    return Cache(level, sets * 64 * 16, 16, 64, sets, Linear(64, sets), kind)


def cluster_board(**caches: Cache | None) -> Board:
    found = a53()
    return replace(found, clusters=(replace(found.boot_cluster, l1d=cache(1, 64, CacheKind.DATA), l1i=None, **caches),))


def test_the_probe_goes_down_on_420_and_up_on_422() -> None:
    both = cluster_board(private_l2=cache(2, 512), llc=cache(3, 2048))
    assert [(probed_cache(both, probe) or cache(9, 1)).level for probe in CacheProbe] == [3, 3]
    gap = cluster_board(private_l2=None, llc=cache(3, 2048))
    assert probed_cache(gap, CacheProbe.DOWNWARDS) == gap.boot_cluster.llc
    assert probed_cache(gap, CacheProbe.UPWARDS) is None
    found = effective(deployment("llc-coloring=on"), gap, "4.22")
    assert found.panic is not None
    assert found.panic.message == "LLC probing failed and 'llc-size' or 'llc-nr-ways' missing"


def test_xens_colors_out_of_range() -> None:
    found = system(deployment("llc-coloring=on xen-llc-colors=15-16"))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.message) == ("xen-colors", "Bad LLC color config for Xen")
    assert "color-out-of-range" in kinds(found)


def test_unsorted_xen_colors_are_not_all_used() -> None:
    found = system(deployment("llc-coloring=on xen-llc-colors=5,2,7,7"))
    assert [note.used for note in found.notes if isinstance(note, UnsortedXenColors)] == [(5, 7)]
    assert {note.colors for note in found.notes if isinstance(note, DuplicateColors)} == {(7,)}


def test_inheritance_ends_with_420() -> None:
    given = deployment("llc-coloring=on", KERNEL + domain("a", 'llc-colors = "3-4";') + domain("b"))
    assert by_name(system(given))["b"] == ((3, 4), ColorSource.INHERITED)
    assert "inherited-colors" in kinds(system(given))
    assert by_name(system(given, "4.21"))["b"] == (ALL, ColorSource.DEFAULT)


def test_remains_of_a_rejected_list() -> None:
    given = deployment("llc-coloring=on dom0-llc-colors=4-7;")
    assert by_name(system(given))["dom0"] == ((4, 5, 6, 7), ColorSource.REMAINS)
    assert "list-remains" in kinds(system(given))
    assert by_name(system(given, "4.22"))["dom0"] == (ALL, ColorSource.DEFAULT)
    assert "list-dropped" in kinds(system(given, "4.22"))


def test_a_missing_number_counts_as_zero() -> None:
    given = deployment("llc-coloring=on dom0-llc-colors=4,,6")
    assert by_name(system(given))["dom0"][0] == (4, 0, 6)
    assert "list-means-else" in kinds(system(given))


def test_a_long_option_is_cut() -> None:
    listed = ",".join(str(color) for color in range(10, 60))
    found = system(deployment(f"llc-size=4M llc-nr-ways=8 dom0-llc-colors={listed}"))
    assert len(found.domains[0].colors) < 50
    assert "option-cut" in kinds(found)


@pytest.mark.parametrize(
    ("extra", "kind", "message", "noted"),
    [
        (
            'llc-colors = "16";',
            "domain-colors",
            "Error initializing LLC coloring for domain u (rc = -22)",
            "color-out-of-range",
        ),
        ('llc-colors = "3-";', "domain-colors", "Error initializing LLC coloring for domain u (rc = -22)", None),
        (
            "xen,static-mem = <0x0 0x60000000 0x0 0x4000000>;",
            "static-memory",
            "LLC coloring and static memory are incompatible",
            "static-memory",
        ),
        ("direct-map;", "direct-map", "direct-map is not valid for domain u without static allocation.", "direct-map"),
    ],
)
def test_what_xen_refuses(extra: str, kind: str, message: str, noted: str | None) -> None:
    found = system(deployment("llc-coloring=on", KERNEL + domain("u", extra)))
    failure = found.domains[1].failure
    assert failure is not None
    assert (failure.kind, failure.message) == (kind, message)
    assert noted is None or noted in kinds(found)


def test_enhanced_needs_dom0_and_takes_a_page_from_421_on() -> None:
    found = system(deployment("llc-coloring=on", domain("u", "xen,enhanced;")))
    assert found.domains[0].failure is not None
    assert found.domains[0].id == 1
    given = deployment("llc-coloring=on", KERNEL + domain("u", 'xen,enhanced = "enabled";'))
    assert [system(given, v).domains[1].extra_pages for v in ("4.20", "4.21", "4.22")] == [0, 1, 1]
    given = deployment("llc-coloring=on", KERNEL + domain("u", 'xen,enhanced = "no-xenstore";'))
    assert system(given, "4.22").domains[1].extra_pages == 0


def test_missing_properties() -> None:
    node = 'u { compatible = "xen,domain"; cpus = <1>; };'
    found = system(deployment("llc-coloring=on", KERNEL + node, target=Target(loader=Loader.NONE)))
    assert {"missing-property", "domain-without-kernel"} <= kinds(found)


def test_boot_arguments_of_dom0_are_not_xens() -> None:
    shared = 'bootargs = "llc-coloring=on";'
    assert not system(deployment(None, shared + KERNEL)).coloring
    assert system(deployment(None, shared + 'xen,dom0-bootargs = "quiet";' + KERNEL)).coloring
    own = KERNEL.replace("reg =", 'bootargs = "quiet"; reg =')
    assert system(deployment(None, shared + own)).coloring


def test_the_manifest_overrides_the_tree() -> None:
    given = deployment("llc-coloring=off")
    manifest = replace(given.manifest, boot_arguments=Passage("llc-coloring=on", Location("colorcheck.toml", 3, 1)))
    assert system(replace(given, manifest=manifest)).coloring


def test_built_in_arguments_come_first() -> None:
    found = system(deployment("dom0_mem=64M", kconfig={"CMDLINE": "llc-coloring=on dom0_mem=1G"}))
    assert found.coloring
    assert found.domains[0].pages == 64 * 256


GUEST = 'name = "{name}"\nkernel = "Image"\nmemory = {memory}\n{colors}\n'


def test_ids_of_guests_go_on_and_a_refused_file_uses_none_up() -> None:
    guests = (
        GUEST.format(name="a", memory=32, colors='llc_colors = ["8-"]'),
        GUEST.format(name="b", memory=32, colors='llc_colors = ["9-8"]'),
        GUEST.format(name="c", memory=32, colors='llc_colors = "8"'),
    )
    found = system(deployment("llc-coloring=on", KERNEL + domain("u"), guests=guests))
    xl = [d for d in found.domains if d.kind is DomainKind.XL]
    assert [(d.name, d.id) for d in xl] == [("a", 2), ("b", 3), ("c", 3)]
    assert [d.failure and d.failure.kind for d in xl] == [None, "xl-rejects", None]
    assert xl[0].colors == (8,)
    assert xl[2].colors == ALL
    assert {"list-means-else", "guest-rejected"} <= kinds(found)


@pytest.mark.parametrize(
    ("version", "kind"), [("4.20", "host-panic"), ("4.21", "domain-colors"), ("4.22", "domain-colors")]
)
def test_a_guest_with_an_unknown_color(version: str, kind: str) -> None:
    guest = GUEST.format(name="g", memory=32, colors='llc_colors = ["16"]')
    found = system(deployment("llc-coloring=on", guests=(guest,)), version)
    assert found.domains[-1].failure is not None
    assert found.domains[-1].failure.kind == kind
    assert ("defect-4.20-host-crash" in kinds(found)) == (version == "4.20")
    assert ("defect-4.22.0-populate" in kinds(found)) == (version == "4.22")


def test_needs_of_guests() -> None:
    guests = (
        'name = "a"\nmemory = 24\nvcpus = 3\n',
        'name = "b"\nmemory = 24\nmaxmem = 48\nmaxvcpus = 2\n',
        'name = "c"\nmaxmem = 64\n',
        'name = "d"\n',
    )
    found = system(deployment("llc-coloring=on", guests=guests))
    needs = [(d.pages, d.p2m_pages, d.extra_pages) for d in found.domains[1:]]
    assert needs == [
        (24 * 256, 256 * 3 + 24 + 128, 4),
        (48 * 256, 256 * 2 + 48 + 128, 4),
        (64 * 256, 256 + 64 + 128, 4),
        (0, 256 + 128, 4),
    ]


def test_guests_need_dom0() -> None:
    found = system(deployment("llc-coloring=on", domain("u"), guests=('name = "a"\n',)))
    assert found.domains[-1].failure is not None
    assert "no-dom0-for-xl" in kinds(found)


def test_dom0_is_assumed_where_no_module_is_known() -> None:
    """A tree that a boot loader has yet to fill, or none at all, with guests of xl or options for dom0."""
    guest = 'name = "a"\nllc_colors = ["3"]\n'
    for given in (deployment("llc-coloring=on", "", guests=(guest,)), deployment("llc-coloring=on dom0_mem=1G", "")):
        assert system(given).domains[0].name == "dom0"
        assert "dom0-kernel" in system(given).memory_reads
    assert system(deployment("llc-coloring=on", "")).domains == ()
    without = replace(deployment(guests=(guest,)), tree=None)
    assert [d.name for d in system(without).domains] == ["dom0", "a"]


@pytest.mark.parametrize("version", NAMES)
def test_no_line_of_xen_raises(version: str) -> None:
    given = deployment(
        "llc-coloring=on way_size=65536 xen_colors=0-1 dom0_colors=2-3 xen-llc-colors=0 dom0-llc-colors=1-2",
        KERNEL + domain("u", 'colors = <0x0 0xf0>; llc-colors = "4-5";'),
        guests=('name = "g"\ncolors = ["7-8"]\n',),
    )
    found = system(given, version)
    assert found.release.name == version
    booted = boot(found)
    assert (booted is not None) == found.release.modelled
