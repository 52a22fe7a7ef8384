from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Passage
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.inputs.xl.xl_values import XlList, XlValue, is_bare

TEXTS = [
    case["text"]
    for case in json.loads((Path(__file__).parent.parent / "golden" / "xl.json").read_text(encoding="utf-8"))["cases"]
]
PIECES = ["a", "b1", "=", "+=", "[", "]", ",", ";", "\n", " ", "\t", "#", "# c\n", '"x"', "'y'", '"\\n"', '"\\q"']
PIECES += ['"\\12 "', '"\\123"', "5", "0x1f", "-", "M", '"', "'", "\\", "é", "+", "(", "a=1\n", "a+=[1]\n", "\r", "\0"]


def strings(value: XlValue) -> list[Passage]:
    if isinstance(value, XlList):
        return [passage for item in value.items for passage in strings(item)]
    return [value]


def test_places_of_settings_and_elements() -> None:
    text = "name = 'it\\'s'\n  llc_colors = [ \"0-3\",\n 7 ]\n"
    name, colors = read_xl(text, "a.cfg").settings
    assert (str(name.name_location), str(name.value_location)) == ("a.cfg:1:1", "a.cfg:1:9")
    assert isinstance(name.written, Passage)
    assert name.written.text == "it's"
    assert str(name.written.locate(3, 4)) == "a.cfg:1:13"
    assert (str(colors.name_location), str(colors.value_location)) == ("a.cfg:2:3", "a.cfg:2:16")
    quoted, bare = strings(colors.written)
    assert (str(quoted.locate(2, 3)), str(bare.locate(0, 1))) == ("a.cfg:2:21", "a.cfg:3:2")
    assert (is_bare(quoted), is_bare(bare)) == (False, True)
    assert (colors.value_location.end_line, colors.value_location.end_column) == (3, 5)


def test_added_values_keep_their_places() -> None:
    first, second, joined = read_xl('a = ["1"]\nb = "x"\na += ["2"]\n').settings
    assert (first.value, second.value, joined.value) == ([], "x", ["1", "2"])
    assert [str(item.whole) for item in strings(joined.written)] == ["guest.cfg:1:7", "guest.cfg:3:8"]
    (_, text) = read_xl('b = "x"\nb += "yz"\n').settings
    assert isinstance(text.written, Passage)
    assert (text.value, str(text.written.locate(0, 1)), str(text.written.locate(2, 3))) == (
        "xyz",
        "guest.cfg:1:6",
        "guest.cfg:2:8",
    )


@pytest.mark.parametrize(
    ("text", "log"),
    [
        (
            'a = "b"\na += ["c"] $$\n',
            "guest.cfg:2: config parsing error near `]': can't add [list] to \"string\" or vice versa",
        ),
        (
            'x="\\q"\n',
            'guest.cfg:1: config parsing error near `"\\q"\': invalid character after backlash in quoted string',
        ),
        (
            "a=",
            "guest.cfg:1: config parsing error near `':"
            " syntax error, unexpected $end, expecting STRING or NUMBER or '['",
        ),
        (
            "a\n",
            "guest.cfg:0: config parsing error near <newline>: syntax error, unexpected NEWLINE, expecting += or '='",
        ),
        ("a=" + "[" * 5000, "guest.cfg:1: config parsing error near `[': memory exhausted"),
    ],
)
def test_errors(text: str, log: str) -> None:
    read = read_xl(text)
    assert not read.accepted
    assert read.log == (log,)


@pytest.mark.parametrize("text", ["memory=128M", "memory=128#", 'a="x" +'])
def test_a_stray_character_at_the_end_of_the_file_goes_unnoticed(text: str) -> None:
    assert read_xl(text).accepted


def test_further_errors_are_silent_until_three_tokens_fit() -> None:
    assert [e.location.line for e in read_xl("a b\nc d\n").errors] == [1]
    assert [e.location.line for e in read_xl("a b\nc = 1\nd e\n").errors] == [1, 3]
    assert [e.location.line for e in read_xl("a = 1 b\nc d\n").errors] == [1]


@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.text(max_size=40)))
def test_any_text_is_read_and_places_are_true(text: str) -> None:
    lines = text.split("\n")
    read = read_xl(text)
    for setting in read.settings:
        place = setting.name_location
        assert lines[place.line - 1][place.column - 1 :].startswith(setting.name)
        for string in strings(setting.written):
            for index, character in enumerate(string.text):
                at = string.locate(index, index + 1)
                written = lines[at.line - 1][at.column - 1]
                assert written in (character, "\\")
    for error in read.errors:
        assert 1 <= error.location.line <= len(lines)


@given(st.sampled_from(TEXTS), st.integers(0, 200), st.integers(0, 5), st.sampled_from(PIECES))
def test_mutated_files_are_read(text: str, position: int, removed: int, added: str) -> None:
    read = read_xl(text[:position] + added + text[position + removed :])
    assert bool(read.log) != read.accepted


def test_deep_lists_are_no_trouble() -> None:
    depth = 2000
    (setting,) = read_xl("a=" + "[" * depth + "]" * depth + "\n").settings
    value = setting.value
    for _ in range(depth - 1):
        assert isinstance(value, list)
        (value,) = value
    assert value == []
