"""Places of TOML keys: they agree with what tomllib reads, whatever the file looks like."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.inputs.manifest.toml_places import places

TEXT = '''\
# [not a table]
a.b = "x # no comment" # comment
"quoted key" = 'lit"eral'
[table]   # why not
list = ["one", 'two', # inside
  ["three", 4.5], ]
inline = { x = 1, "y z" = [ true ] }
multi = """
[no] = table"""
date = 1979-05-27 07:32:00
[[items]]
n = 1
[[items]]
n = 2
[items.sub]
m = 0x10
'''


def leaves(value: object, at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(value, dict):
        return set().union(*(leaves(v, (*at, k)) for k, v in value.items())) if value else {at}
    if isinstance(value, list) and value:
        return set().union(*(leaves(v, (*at, str(i))) for i, v in enumerate(value)))
    return {at}


def cut(text: str, place: Location) -> str:
    lines = text.split("\n")
    line, column, end_line, end_column = place.line, place.column, place.end_line, place.end_column
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    inner = lines[line : end_line - 1]
    return "\n".join([lines[line - 1][column - 1 :], *inner, lines[end_line - 1][: end_column - 1]])


def test_every_value_has_its_place() -> None:
    found = places("f", TEXT)
    assert leaves(tomllib.loads(TEXT)) <= found.keys()
    shown = {".".join(path): cut(TEXT, place.value) for path, place in found.items()}
    assert shown["a.b"] == '"x # no comment"'
    assert shown["quoted key"] == "'lit\"eral'"
    assert shown["table.list.2.1"] == "4.5"
    assert shown["table.inline.y z.0"] == "true"
    assert shown["table.multi"] == '"""\n[no] = table"""'
    assert shown["items.1.n"] == "2"
    assert shown["items.1.sub.m"] == "0x10"
    assert shown["items.0"] == "[[items]]"


def test_a_plain_string_is_a_passage_and_an_escaped_one_is_not() -> None:
    found = places("f", 'a = "plain"\nb = "esc\\n"\n')
    passage = found["a",].passage
    assert passage is not None
    assert (passage.text, passage.locate(1, 2).column) == ("plain", 7)
    assert found["b",].passage is None


@given(st.lists(st.sampled_from([*TEXT.split("\n"), "", "[t.u]", "k = []", "k = {}", "a = 'é'"]), max_size=12))
def test_places_of_whatever_tomllib_accepts(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        places("f", text)  # must end, whatever it gives
        return
    found = places("f", text)
    assert {leaf for leaf in leaves(document) if leaf} <= found.keys()
