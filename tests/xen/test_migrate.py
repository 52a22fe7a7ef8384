from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.diagnostic import Edit
from colorcheck.core.source import Location, Passage, passage
from colorcheck.inputs.boot.image_builder import read_image_builder
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.migrate.migrate import (
    migrate_boot_arguments,
    migrate_image_builder,
    migrate_tree,
    migrate_xl,
    release_of_arguments,
)
from colorcheck.xen.options.options import boot_arguments
from colorcheck.xen.release.releases import RELEASES, release_of


def here(text: str) -> Passage:
    return passage(text, Location("f", 1, 1, 1, len(text) + 1))


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.location, reverse=True):
        place = edit.location
        line = lines[place.line - 1]
        lines[place.line - 1] = line[: place.column - 1] + edit.new_text + line[place.end_column - 1 :]
    return "\n".join(lines)


def migrated(text: str, target: str, source: str | None = None) -> str:
    found = migrate_boot_arguments(here(text), release_of(target), release_of(source) if source else None)
    assert found.problems == ()
    return apply(text, found.edits)


@pytest.mark.parametrize(
    ("source", "written", "target", "expected"),
    [
        (
            "x20",
            "console=dtuart way_size=65536 xen_colors=0-1 dom0_colors=2-6,7-7 buddy_size=67108864",
            "4.22",
            "llc-coloring=on console=dtuart llc-size=64K llc-nr-ways=1 xen-llc-colors=0-1 dom0-llc-colors=2-6,7-7"
            " buddy-alloc-size=64M",
        ),
        ("x20", "dom0_colors=0-8,3-8", "4.22", "llc-coloring=on dom0-llc-colors=0-8"),
        ("x17", "xen_colors=0 dom0_colors=1", "4.22", "llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1"),
        ("x17", "llc-coloring=on llc-way-size=64K", "4.22", "llc-coloring=on llc-size=64K llc-nr-ways=1"),
        (
            "4.22",
            "llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0 dom0-llc-colors=5,1-3 buddy-alloc-size=8M",
            "x20",
            "way_size=65536 xen_colors=0-0 dom0_colors=1-3,5-5 buddy_size=8388608",
        ),
        ("4.22", "llc-nr-ways=16 llc-size=1M", "x17", "llc-way-size=64K"),
        ("4.22", "llc-nr-ways=16 llc-size=1M sched=null", "x17m", "llc-way-size=65536 sched=null"),
        ("4.20", "dom0-llc-colors=,1", "4.22", "dom0-llc-colors=0-1"),
        ("4.20", "dom0-llc-colors=1 dom0-llc-colors=2", "x20", "dom0_colors=2-2"),
        ("4.20", "llc-coloring=on", "4.22", "llc-coloring=on"),
    ],
)
def test_boot_arguments(source: str, written: str, target: str, expected: str) -> None:
    assert migrated(written, target, source) == expected


def test_what_cannot_be_said_is_a_problem() -> None:
    def problems(text: str, target: str, source: str) -> list[str]:
        found = migrate_boot_arguments(here(text), release_of(target), release_of(source))
        assert found.edits == ()
        return [problem.message for problem in found.problems]

    assert "cannot switch coloring off" in problems("llc-coloring=off", "x20", "4.22")[0]
    assert "refuses it" in problems("dom0-llc-colors=4-7;", "4.22", "4.20")[0]
    assert "on its own" in problems("llc-size=1M", "x20", "4.22")[0]
    assert "no such option" in problems("buddy-alloc-size=1M", "x17m", "4.22")[0]
    colors = ",".join(str(color) for color in range(0, 84, 2))  # 125 characters with the name, longer as ranges
    assert "longer than 127" in problems(f"xen-colors={colors}", "x20", "x17m")[0]


def test_arguments_without_places_give_the_new_text() -> None:
    found = migrate_boot_arguments(Passage("xen_colors=5-5", Location("a.dtb")), release_of("4.22"), release_of("x20"))
    assert found.edits == ()
    assert found.problems[0].help == "write llc-coloring=on xen-llc-colors=5-5"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("xen_colors=0-1 way_size=65536", "xilinx-4.13"),
        ("xen-llc-colors=0 llc-way-size=64K", "xilinx-4.17"),
        ("xen-colors=0", "xilinx-4.17-mpu"),
        ("no-llc-coloring", "4.22"),
        ("", "4.22"),
    ],
)
def test_release_of_arguments(text: str, name: str) -> None:
    assert release_of_arguments(here(text)).name == name


COLORS = st.sets(st.integers(0, 127), min_size=1, max_size=12).map(sorted)


@given(COLORS, COLORS, st.sampled_from(["4.20", "4.22", "x20", "x17"]), st.sampled_from(["4.20", "4.22", "x20", "x17"]))
def test_colors_mean_the_same_afterwards(xen: list[int], dom0: list[int], source: str, target: str) -> None:
    origin, wanted = release_of(source), release_of(target)
    names = [option.name for option in origin.options if option.kind == "colors"][:2]
    text = " ".join(
        f"{name}={','.join(f'{color}-{color}' for color in colors)}"
        for name, colors in zip(names, (xen, dom0), strict=True)
    )
    before = boot_arguments(here(text), origin)
    found = migrate_boot_arguments(here(text), wanted, origin)
    if found.problems:
        return
    after = boot_arguments(here(apply(text, found.edits)), wanted)
    assert (after.xen_colors, after.dom0_colors) == (before.xen_colors, before.dom0_colors)
    assert all(option.spec is None or option.fate == "accepted" for option in after.options)


def test_xl_files() -> None:
    text = 'name="a"\ncolors = ["5", 7, "1-2"]\n'
    upstream = apply(text, migrate_xl(read_xl(text), release_of("4.22")).edits)
    assert upstream == 'name="a"\nllc_colors = ["5", 7, "1-2"]\n'
    first = apply(upstream, migrate_xl(read_xl(upstream), release_of("x20")).edits)
    assert first == 'name="a"\ncolors = ["5-5", "7-7", "1-2"]\n'
    assert parse_xl(upstream).llc_colors == (5, 7, 1, 2)
    assert migrate_xl(read_xl("colors ["), release_of("4.22")).edits == ()


def tree(*properties: Property) -> DeviceTree:
    compatible = Property(
        "compatible", b"xen,domain\0", Location("a.dts", 3, 1, 3, 11), Location("a.dts", 3, 14, 3, 26)
    )
    domain = Node(
        "domU1", "/chosen/domU1", Location("a.dts", 2, 1, 2, 6), {p.name: p for p in (compatible, *properties)}
    )
    chosen = Node("chosen", "/chosen", Location("a.dts", 1, 1, 1, 7), {}, (domain,))
    return DeviceTree("a.dts", Node("", "/", Location("a.dts", 1, 1, 1, 2), {}, (chosen,)), (), ("a.dts",))


def test_domain_properties() -> None:
    name, value = Location("a.dts", 4, 1, 4, 7), Location("a.dts", 4, 10, 4, 23)
    mask = tree(Property("colors", bytes.fromhex("0000000000000f00"), name, value))
    (edit,) = migrate_tree(mask, release_of("4.22")).edits
    assert edit == Edit(Location("a.dts", 4, 1, 4, 23), 'llc-colors = "8-11"')
    assert migrate_tree(mask, release_of("x20")).edits == ()
    strings = (passage("8-11", value),)
    listed = tree(Property("llc-colors", b"8-11\0", name, value, strings))
    assert migrate_tree(listed, release_of("x20")).edits[0].new_text == "colors = <0x0 0xf00>"
    assert migrate_tree(listed, release_of("4.22")).edits == ()


def test_domains_without_places_or_colors_are_problems() -> None:
    blob = Location("a.dtb", node="/chosen/domU1", property="colors")
    found = migrate_tree(tree(Property("colors", b"\0\0\0\1", blob, blob)), release_of("4.22"))
    assert (found.edits, found.problems[0].help) == ((), 'write llc-colors = "0"')
    found = migrate_tree(tree(), release_of("x20"))
    assert "dom0's colors" in found.problems[0].message


def test_image_builder() -> None:
    text = 'XEN_CMD="sched=null xen_colors=1-1"\nDOM0_COLORS="2-5"\nDOMU_COLORS[0]="6-14"\n'
    found = migrate_image_builder(read_image_builder(text, "config"), release_of("4.22"))
    assert apply(text, found.edits).startswith('XEN_CMD="llc-coloring=on sched=null xen-llc-colors=1-1"\n')
    assert [(p.location.line, p.help) for p in found.problems] == [
        (2, "write dom0-llc-colors=2-5 into XEN_CMD"),
        (3, 'add llc-colors = "6-14" to the node /chosen/domU0'),
    ]
    assert migrate_image_builder(read_image_builder('DOMU_COLORS[0]="1"'), release_of("x20")).problems == ()


def test_every_pair_of_dialects_is_translated_without_a_fault() -> None:
    for origin in RELEASES:
        text = " ".join(f"{option.name}=1" for option in origin.options)
        for target in RELEASES:
            migrate_boot_arguments(here(text), target, origin)
