"""Locations and passages: every character of a text knows where it stands."""

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Lines, Location, Passage, passage


@given(st.text(alphabet="ab\n\r\té", max_size=60), st.data())
def test_an_offset_and_its_line_and_column_are_the_same_place(text: str, data: st.DataObject) -> None:
    lines = Lines("a", text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = lines.position(offset)
    split = text.split("\n")
    assert sum(len(part) + 1 for part in split[: line - 1]) + column - 1 == offset
    assert column <= len(split[line - 1]) + 1


@given(st.text(alphabet="abc", min_size=1, max_size=30), st.data())
def test_a_part_of_a_passage_stands_where_the_whole_says(text: str, data: st.DataObject) -> None:
    whole = passage(text, Location("f", 7, 5, 7, 5 + len(text)))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    part = whole.part(start, end)
    assert part.text == text[start:end]
    assert part.locate(0, len(part.text)) == whole.locate(start, end)


def test_pieces_on_several_lines() -> None:
    first, second = Location("f", 1, 10, 1, 12), Location("f", 2, 3, 2, 6)
    joined = Passage("abcde", Location("f", 1, 10, 2, 6), ((0, first), (2, second)))
    assert joined.locate(1, 2) == Location("f", 1, 11, 1, 12)
    assert joined.locate(2, 4) == Location("f", 2, 3, 2, 5)
    assert joined.locate(1, 5) == Location("f", 1, 11, 2, 6)
    assert joined.part(1, 5).locate(1, 2) == Location("f", 2, 3, 2, 4)


def test_a_text_without_place_of_its_own() -> None:
    value = Location("board.dtb", node="/chosen", property="bootargs")
    assert Passage("abc", value).locate(1, 2) == value
    assert str(value) == "board.dtb:/chosen:bootargs"
    assert str(Location("a.cfg", 3, 4, 3, 5)) == "a.cfg:3:4"
    assert str(Location("a.cfg")) == "a.cfg"
