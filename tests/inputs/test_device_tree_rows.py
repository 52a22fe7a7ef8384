"""Rows of plain properties and nodes are read as one word: with the same result, places included, as word by word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.tree import Node, Property
from tests.inputs.device_tree_texts import made

ROWS = """/dts-v1/;
/ {
	a = "x";  b;	c = <1 0x2 4294967295>, <>, "y", "";
	d = "p\\0q", "\\01", "\\x41\\\\", "é", "two
lines";
	l: m: leaf@1 {	e = <&l 3>;	f = "\\0"; };
	k: inner {
		g = "";	n: leaf { };	o { h; };
		p: deeper { i = <&{/leaf@1}>; j = [01]; };
	};
};
&k {	g = "new"; leaf {	q = <7>; };	};
"""
_SPACE = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/\*.*?\*/|//[^\n]*|^#[^\n]*)|[ \t]""", re.DOTALL | re.MULTILINE
)
Found = list[tuple[object, ...]]


def places(held: Property) -> tuple[Location, Location, tuple[Passage, ...]]:
    return held.location, held.value_location, held.strings


def read(folder: Path, text: str) -> Found:
    """All that is known of a tree, or all that is wrong with it."""
    path = folder / "m.dts"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        tree = read_device_tree(str(path))
    except DeviceTreeError as error:
        return [(problem.kind, problem.location, problem.message) for problem in error.problems]
    nodes: list[Node] = list(tree.root.walk())
    assert tree == read_device_tree(str(path))
    return [
        (tree.size, tree.boot_cpu, tree.problems),
        *((node.path, node.location, node.labels) for node in nodes),
        *((node.path, held.name, held.value, *places(held)) for node in nodes for held in node.properties.values()),
    ]


def word_by_word(text: str) -> str:
    """The text with another space, which no row holds, in place of each tab or space before a word or a sign."""
    return _SPACE.sub(lambda found: found[1] if found[1] is not None else "\f", text)


def test_rows_are_what_their_words_are(tmp_path: Path) -> None:
    found = read(tmp_path, ROWS)
    assert len(found) == 19
    assert found == read(tmp_path, word_by_word(ROWS))


def test_rows_in_made_sources(tmp_path: Path) -> None:
    for seed in range(200):
        text = made(seed, broken=False)
        assert read(tmp_path, text) == read(tmp_path, word_by_word(text)), text


@pytest.mark.parametrize("at", range(20, len(ROWS), 3))
def test_a_sign_too_few(tmp_path: Path, at: int) -> None:
    text = ROWS[:at] + ROWS[at + 1 :]
    if word_by_word(text).count("\f") == word_by_word(ROWS).count("\f"):
        assert read(tmp_path, text) == read(tmp_path, word_by_word(text)), text


def test_a_label_before_a_name_at_the_top(tmp_path: Path) -> None:
    """Only a reference can be there; the name is what is wrong, not the label."""
    text = "/dts-v1/;\n/ { };\nl: node { };\n"
    ((_, where, message),) = read(tmp_path, text)
    assert (str(where)[-4:], message) == (":3:4", "syntax error: found 'node'")


def test_nodes_of_a_row_that_are_too_deep(tmp_path: Path) -> None:
    text = "/dts-v1/;\n/ {\n" + "n {\n" * 256 + 'leaf { bad = "\\x"; };\n' + "};\n" * 257
    ((_, where, message),) = read(tmp_path, text)
    assert (str(where)[-6:], "256 levels" in str(message)) == (":259:6", True)
    assert read(tmp_path, text.replace(" ", "\f")) == read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("/ { a { };\n'; };", "reference"),  # what is only at the top is not expected in a node
        ("/ { a { b = <1 ';>; }; };", "?"),  # what is only in parentheses is not expected in cells
    ],
)
def test_only_what_can_be_there_is_expected(tmp_path: Path, text: str, missing: str) -> None:
    path = tmp_path / "m.dts"
    path.write_text(f"/dts-v1/;\n{text}\n")
    with pytest.raises(DeviceTreeError) as raised:
        read_device_tree(str(path))
    ((advice),) = [problem.help for problem in raised.value.problems]
    assert advice.startswith("expected ")
    assert missing not in advice
