from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location, passage
from colorcheck.xen.options.color_lists import ColorList, ColorListRejected, parse_color_list, read_colors
from colorcheck.xen.options.spelling import written_colors
from colorcheck.xen.release.releases import RELEASES, release_of


def read(text: str, release: str = "4.20", room: int = 128) -> ColorList:
    return read_colors(passage(text, Location("f", 1, 1, 1, len(text) + 1)), release_of(release), room)


@pytest.mark.parametrize(
    ("text", "version", "kind", "place"),
    [
        ("4,,6", "4.22", "missing-number", "f:1:3"),
        ("4-", "4.22", "missing-number", "f:1:1"),
        ("1,4-", "4.20", "reversed", "f:1:3"),
        ("1,128", "4.20", "too-large", "f:1:3"),
        ("0-3;", "4.20", "stray-text", "f:1:4"),
        ("1-2-3", "4.20", "stray-text", "f:1:4"),
        ("0-3,7", "x20", "no-range", "f:1:5"),
    ],
)
def test_errors_say_what_and_where(text: str, version: str, kind: str, place: str) -> None:
    found = read(text, version)
    assert found.error
    assert (found.error.kind, str(found.error_location)) == (kind, place)


def test_room_and_limit() -> None:
    assert read("0-3", room=4).error is None
    full = read("0-3,5", room=4)
    assert full.error
    assert (full.error.kind, full.colors) == ("too-many", (0, 1, 2, 3))


def test_missing_numbers_are_marked() -> None:
    found = read(",4")
    assert [(i.first, i.last, i.missing) for i in found.items] == [(0, 0, True), (4, 4, False)]


def test_rejected_lists_raise_one_declared_exception() -> None:
    with pytest.raises(ColorListRejected) as caught:
        parse_color_list("4-7;", 16)
    assert caught.value.color_list.colors == (4, 5, 6, 7)


@pytest.mark.parametrize(
    "huge", ["0-4294967295", "4294967295-3", "2147483648-4294967295", "9" * 10_000, "0-" + "9" * 99]
)
@pytest.mark.parametrize("release", [release.name for release in RELEASES])
def test_huge_numbers_take_no_time(huge: str, release: str) -> None:
    assert len(read(huge, release).colors) <= 160


@given(st.lists(st.integers(0, 127), max_size=20), st.sampled_from(["4.20", "4.21", "4.22"]))
def test_upstream_reads_what_is_written(colors: list[int], version: str) -> None:
    assert parse_color_list(written_colors(colors, release_of(version)), 128, version) == tuple(colors)


@given(st.sets(st.integers(0, 30)), st.sampled_from(["x19", "x20", "x17"]))
def test_the_forks_read_what_is_written(colors: set[int], version: str) -> None:
    found = read(written_colors(colors, release_of(version)), version)
    assert (found.error, found.colors) == (None, tuple(sorted(colors)))


@given(st.text(st.sampled_from("0123456789,-xaf; ４"), max_size=12), st.sampled_from(RELEASES))
def test_any_text_is_read(text: str, release: object) -> None:
    found = read(text, getattr(release, "name", ""))
    assert "".join(piece.text for piece in found.written.pieces) == text
    if release is release_of("4.22"):
        loose = read(text, "4.20")
        assert found.colors == (() if found.error else loose.colors)
        assert bool(found.error) or not loose.error
