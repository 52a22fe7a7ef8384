"""What the Xilinx lines make of a deployment: colors only, never a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.rules.example import Example
from colorcheck.xen.options.options import parse_boot_arguments
from tests.shapes import rows

OLD = "way_size=65536 xen_colors=0-1 dom0_colors=2-6"
NEW = "llc-coloring=on llc-way-size=64K xen-llc-colors=0-1 dom0-llc-colors=2-6"
DOMAIN = 'domU{0} {{ compatible = "xen,domain"; memory = <0 0x10000>; cpus = <1>; {1} }};'
ALL = list(range(16))


def colors(folder: Path, xen: str, arguments: str, *domains: str, guest: str = "") -> dict[str, list[int]]:
    nodes = "".join(DOMAIN.format(number, text) for number, text in enumerate(domains))
    guests = (("rt.cfg", f'name = "rt"\nmemory = 64\n{guest}\n'),) if guest else ()
    Example(xen=xen, boot_arguments=arguments, chosen=nodes, guests=guests).write(folder)
    found = api.verify(folder)
    assert found.faults == ()
    assert found.theorems == ()
    assert found.skipped
    assert found.exit_status() in (1, 4)
    return {each["name"]: each["colors"] for each in rows(api.effective(folder).to_dict()["domains"])}


@pytest.mark.parametrize("xen", ["xilinx-4.11", "xilinx-4.13"])
def test_first_lines_read_masks_and_give_dom0s_colors(xen: str, tmp_path: Path) -> None:
    found = colors(
        tmp_path, xen, OLD, "colors = <0x0 0x0f00>;", "colors = <0x80>;", 'llc-colors = "4-5";', "colors = <0 0>;"
    )
    assert found == {
        "dom0": [2, 3, 4, 5, 6],
        "domU0": [8, 9, 10, 11],
        "domU1": [7],
        "domU2": [2, 3, 4, 5, 6],
        "domU3": [2, 3, 4, 5, 6],
    }


def test_first_lines_cannot_do_without_dom0s_colors(tmp_path: Path) -> None:
    found = colors(tmp_path, "xilinx-4.13", "way_size=65536 xen_colors=0-1", "")
    assert found == {"dom0": [], "domU0": []}


def test_4_17_reads_the_string_or_in_legacy_mode_the_mask(tmp_path: Path) -> None:
    both = 'llc-colors = "8-9"; colors = <0x0 0x0c00>;'
    assert colors(tmp_path, "xilinx-4.17", NEW, both)["domU0"] == [8, 9]
    assert colors(tmp_path, "xilinx-4.17", OLD, both)["domU0"] == [10, 11]


def test_4_17_gives_the_list_of_the_domain_before(tmp_path: Path) -> None:
    found = colors(tmp_path, "xilinx-4.17", NEW, "", 'llc-colors = "8-9";', "", 'llc-colors = "";')
    assert [found[f"domU{number}"] for number in range(4)] == [ALL, [8, 9], [8, 9], ALL]


@pytest.mark.parametrize(
    ("xen", "guest", "expected"),
    [
        ("xilinx-4.13", 'colors = ["8-9", "11-11"]', [8, 9, 11]),
        ("xilinx-4.13", 'colors = ["8"]', []),
        ("xilinx-4.13", 'colors = ["8-9", "9-10"]', []),
        ("xilinx-4.13", 'llc_colors = ["8-9"]', [2, 3, 4, 5, 6]),
        ("xilinx-4.17", 'colors = ["8-9", "11"]', [8, 9, 11]),
        ("xilinx-4.17", 'llc_colors = ["8-9"]', [8, 9]),
        ("xilinx-4.17", "vcpus = 1", ALL),
    ],
)
def test_guests_of_xl(xen: str, guest: str, expected: list[int], tmp_path: Path) -> None:
    arguments = OLD if xen == "xilinx-4.13" else NEW
    assert colors(tmp_path, xen, arguments, guest=guest)["rt"] == expected


def test_4_17_refuses_what_does_not_ascend(tmp_path: Path) -> None:
    Example(xen="xilinx-4.17", boot_arguments=NEW.replace("2-6", "4-6,2")).write(tmp_path)
    assert api.verify(tmp_path).exit_status() == 1


@pytest.mark.parametrize(
    ("xen", "arguments", "expected"),
    [
        ("xilinx-4.13", "way_size=49152 dom0_colors=1-2", 16),
        ("xilinx-4.13", "way_size=64 dom0_colors=1-2", None),
        ("xilinx-4.17", "way_size=65535 xen_colors=0", 16),
        ("xilinx-4.17", "way_size=8191 xen_colors=0", 2),
        ("xilinx-4.17", "llc-way-size=65536 llc-coloring=on", None),
        ("xilinx-4.17", "llc-way-size=48K llc-coloring=on", 12),
        ("xilinx-4.17", "way_size=32768 llc-way-size=64K llc-coloring=on", 8),
        ("xilinx-4.17", "way_size=0 llc-way-size=64K llc-coloring=on", 16),
    ],
)
def test_number_of_colors(xen: str, arguments: str, expected: int | None, tmp_path: Path) -> None:
    Example(xen=xen, boot_arguments=arguments).write(tmp_path)
    assert api.effective(tmp_path).to_dict()["nr_colors"] == expected


def test_way_size_wins_wherever_it_stands() -> None:
    for text in ("way_size=32768 llc-way-size=64K", "llc-way-size=64K way_size=32768"):
        assert parse_boot_arguments(text, "xilinx-4.17").way_size == 32768
    assert parse_boot_arguments("way_size=1 way_size=0 llc-way-size=64K", "xilinx-4.17").way_size == 65536


def test_huge_list_ends_soon(tmp_path: Path) -> None:
    guest = ("rt.cfg", 'name = "rt"\nmemory = 64\nllc_colors = ["0-40000"]\n')
    Example(guests=(guest,)).write(tmp_path)
    assert api.verify(tmp_path).exit_status() == 1


def test_absurd_kconfig_is_no_bomb(tmp_path: Path) -> None:
    config = (".config", "CONFIG_ARM_64=y\nCONFIG_LLC_COLORING=y\nCONFIG_LLC_COLORS_ORDER=99999999999\n")
    Example(target='kconfig = ".config"', files=(config,)).write(tmp_path)
    assert api.effective(tmp_path).to_dict()["nr_colors"] == 16
