from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.xen.domains.xl_guest import parse_xl


@pytest.mark.parametrize(
    ("element", "colors"),
    [
        ("4-8,10", (4, 5, 6, 7, 8)),
        ("+4- 6", (4, 5, 6)),
        pytest.param("\\t4-6", (4, 5, 6), id="tab"),
        ("4 -6", (4,)),
        ("4-x", (4,)),
        ("4294967297", (1,)),
        ("-1", (4294967295,)),
        ("18446744073709551616", (4294967295,)),
        ("-18446744073709551616", (4294967295,)),
        ("-4294967295", (1,)),
    ],
)
def test_elements_are_read_like_scanf(element: str, colors: tuple[int, ...]) -> None:
    assert parse_xl(f'llc_colors = ["{element}"]\n').llc_colors == colors


def test_dropped_text_has_a_place() -> None:
    (element,) = parse_xl('llc_colors = ["4-8,10"]\n', "a.cfg").elements
    assert (element.dropped, str(element.dropped_location)) == (",10", "a.cfg:1:19")


@pytest.mark.parametrize(
    ("value", "rejected"),
    [
        ('["8-4"]', "xl: Start LLC color is greater than end: 8-4"),
        ('["abc"]', "xl: Invalid LLC color range: abc"),
        ('["0", ["1"]]', "xl: Can't get element 1 in LLC color list"),
        ('["0-4294967295"]', "xl: no memory for a list of 4294967296 LLC colors: 0-4294967295"),
    ],
)
def test_lists_at_which_xl_stops(value: str, rejected: str) -> None:
    guest = parse_xl(f"llc_colors = {value}\n")
    assert (guest.ok, guest.llc_colors, guest.rejected) == (True, None, rejected)
    assert guest.messages == (rejected,)


@pytest.mark.parametrize(
    ("setting", "value", "warning"),
    [
        ('memory = " -0x10"', -16, None),
        ('memory = "010"', 8, None),
        ("memory = 08", None, "is not a valid number"),
        ('memory = ""', None, "is not a valid number"),
        ('memory = "9223372036854775807"', 2**63 - 1, None),
        ('memory = "9223372036854775808"', None, "Numerical result out of range"),
        ("memory = [1]", None, "is a list but should be a single value"),
        ("memory += 1", None, "can't use += with numbers"),
    ],
)
def test_numbers(setting: str, value: int | None, warning: str | None) -> None:
    guest = parse_xl(setting + "\n")
    assert guest.memory == value
    assert [warning in message for message in guest.messages if warning] == ([True] if warning else [])


def test_names_are_bytes_and_titles_are_text() -> None:
    guest = parse_xl('name = "é"\n')
    assert (guest.name, guest.title) == ("\xc3\xa9", "é")
    assert parse_xl("vcpus=1\n", "a.cfg").title == "a.cfg"


def test_to_dict_and_places() -> None:
    guest = parse_xl('memory = 64\ndtdev = [ "/a" ]\n', "a.cfg")
    assert guest.to_dict()["settings"] == [
        {"name": "memory", "operator": "=", "line": 1, "value": "64"},
        {"name": "dtdev", "operator": "=", "line": 2, "value": ["/a"]},
    ]
    assert (str(guest.location("memory")), str(guest.location("maxmem"))) == ("a.cfg:1:10", "a.cfg")


@given(st.text(st.sampled_from("0123456789-+ ,x\\\t"), max_size=30))
def test_any_element_is_understood(element: str) -> None:
    guest = parse_xl(f'llc_colors = ["{element}"]\n')
    if guest.ok and not guest.rejected:
        assert guest.llc_colors
