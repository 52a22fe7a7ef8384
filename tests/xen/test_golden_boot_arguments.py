"""Boot arguments and lists of colors, held against the answers of Xen's own parsing code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from colorcheck.core.source import Location, passage
from colorcheck.xen.options.color_lists import ColorListRejected, parse_color_list, read_colors
from colorcheck.xen.options.options import parse_boot_arguments
from colorcheck.xen.release.releases import release_of

GOLDEN = Path(__file__).parent.parent / "golden"
VERSIONS = ("4.20", "4.21", "4.22")


def load(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", VERSIONS)
def test_boot_arguments(version: str) -> None:
    for case in load("boot-arguments.json")["cmdlines"]:
        expected, found = case[version], parse_boot_arguments(case["cmdline"], version)
        assert found.to_dict() == {
            "llc_coloring": None if expected["llc_coloring"] == -1 else bool(expected["llc_coloring"]),
            "llc_size": expected["llc_size"],
            "llc_nr_ways": expected["llc_nr_ways"],
            "way_size": 0,
            "dom0_colors": expected["dom0_colors"],
            "xen_colors": expected["xen_colors"],
            "buddy_alloc_size": expected["buddy"],
            "dom0_mem": expected["dom0_mem"],
            "messages": [line for line in expected["log"].split("\n") if line],
        }, case["cmdline"]


@pytest.mark.parametrize("version", VERSIONS)
def test_color_lists(version: str) -> None:
    for case in load("boot-arguments.json")["color_strings"]:
        expected = case[version]
        try:
            found: list[int] | None = list(parse_color_list(case["text"], case["nr_colors"], version))
        except ColorListRejected:
            found = None
        assert found == (None if expected["rc"] else expected["colors"]), case["text"]


@pytest.mark.parametrize(
    ("reader", "release"),
    [("x19", "x19"), ("x20", "x20"), ("x17", "x17"), ("u20", "4.20"), ("u21", "4.21"), ("u22", "4.22")],
)
def test_color_lists_of_all_dialects(reader: str, release: str) -> None:
    for case in load("dialect-color-lists.json")["cases"]:
        expected = case[reader]
        found = read_colors(passage(case["text"], Location("")), release_of(release), 128)
        assert (bool(found.error), found.count, list(found.colors)) == (
            bool(expected["rc"]),
            expected["count"],
            expected["colors"],
        ), case["text"]
