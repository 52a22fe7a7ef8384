"""The lines that a fix makes, as reports show them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.diagnostic import Edit
from colorcheck.core.source import Location
from colorcheck.files.sources import Sources
from colorcheck.report.terminal.corrections import corrections


def _edit(start: int, end: int, new: str, line: int = 1) -> Edit:
    return Edit(Location("f", line, start, line, end), new)


def _shown(text: str, *fix: Edit, width: int = 60) -> list[str]:
    found = corrections(fix, Sources(texts={"f": text.split("\n")}), width)
    return ["".join(piece if isinstance(piece, str) else piece[0] for piece in each.pieces()) for each in found]


def test_the_whole_line_is_shown_as_it_becomes() -> None:
    assert _shown('llc_colors = ["4-8,10,11"]', _edit(16, 25, '4-8", "10", "11')) == [
        'llc_colors = ["4-8", "10", "11"]'
    ]
    assert _shown('  llc-colors = ["4"]', _edit(6, 7, "_")) == ['llc_colors = ["4"]']


def test_several_edits_of_one_line_are_shown_once() -> None:
    assert _shown("a=1;b=2", _edit(7, 8, "4"), _edit(3, 4, "3")) == ["a=3;b=4"]


def test_each_line_is_shown() -> None:
    assert _shown("a\nb", _edit(1, 2, "c"), _edit(1, 2, "d", line=2)) == ["c", "d"]


def test_a_line_that_goes_away_is_named() -> None:
    assert _shown("vcpus = 2", _edit(1, 10, "")) == ["(the line goes away)"]


def test_what_is_not_one_line_is_shown_as_text_to_write() -> None:
    assert _shown("a", _edit(1, 1, "b\n")) == ["write b "]
    assert _shown("a", Edit(Location("blob", node="/chosen"), "x")) == ["write x"]
    assert _shown("ab", _edit(1, 3, "x"), _edit(2, 3, "y")) == ["write x", "write y"]


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200),
    st.data(),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30),
)
def test_no_line_is_wider_than_asked_for(line: str, data: st.DataObject, new: str) -> None:
    start = data.draw(st.integers(1, len(line) + 1))
    end = data.draw(st.integers(start, len(line) + 1))
    (shown,) = _shown(line, _edit(start, end, new), width=40)
    assert len(shown) <= 42
    if len(line) + len(new) <= 20 and new.strip() and line[: start - 1].strip():
        assert shown == (line[: start - 1] + new + line[end - 1 :]).lstrip()
