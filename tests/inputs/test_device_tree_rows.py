"""Rows of properties and nodes are read as one word: with the same result, places included, as word by word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lark import UnexpectedInput

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.dts import integers, parse
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
WRITTEN = """/dts-v1/;
/memreserve/ 0x1000 0x2000;
/* what people write */
# 4 "board.dts" 1
/ {	// a { b; };
	a = <(1 << 3) (((2 + 3) * 4) & ~0xf) 010 1>, /* 7; */ <&l (1 ? 2 : 3) 0x1F>;
	b = /bits/ 16 <1 0xffff>, /bits/ 8 <255>, [de AD beef];	c = &l, "x", &{/leaf@1};
	d = k1: <1 k2: 2>, k3: "y" k4:;	e = <&l>, <&m 1>;	f = "http://x/*y*/", "(z)";
	g = <(0x7fffffffffffffff > 1) (5 / 2) (!0 || 0)>;	k5: h;	i = <>;
	l: leaf@1 { n = <1>; /* of the leaf */ };
	/omit-if-no-ref/ m: gone { };	k6: /omit-if-no-ref/ k7: gone2 { o; p { }; };
	// last
};
# 20 "board.dts"
&l {	n = <2>; q = <(-1) 0xffffffffffffffff>; }; /* between */ k8: &l { r; };
&m	{ };
/ { leaf@1 { s = "\r\n"; t = <'a' ('b' + 1)>; }; };
"""
Found = list[tuple[object, ...]]


def places(held: Property) -> tuple[Location, Location, tuple[Passage, ...]]:
    return held.location, held.value_location, held.strings


@contextmanager
def no_rows() -> Iterator[None]:
    """While the context is active, each word is one of its own."""

    def refuse(_text: str) -> None:
        raise UnexpectedInput

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "parse_rows", refuse)
        yield


def word_by_word(folder: Path, text: str) -> Found:
    with no_rows():
        return read(folder, text)


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


@pytest.mark.parametrize("text", [ROWS, WRITTEN])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_what_their_words_are(tmp_path: Path, text: str, end: str) -> None:
    text = text.replace("\n", end)
    found = read(tmp_path, text)
    assert len(found) > 18
    assert found == word_by_word(tmp_path, text)


def test_written_sources_need_no_second_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("it was read word by word")

    monkeypatch.setattr(parse, "parse", refuse)
    assert len(read(tmp_path, WRITTEN)) > 18


def test_rows_in_made_sources(tmp_path: Path) -> None:
    for seed in range(200):
        text = made(seed, broken=False)
        assert read(tmp_path, text) == word_by_word(tmp_path, text), text


@pytest.mark.parametrize("written", [ROWS, WRITTEN])
@pytest.mark.parametrize("at", range(20, 1000, 13))
def test_a_sign_too_few(tmp_path: Path, written: str, at: int) -> None:
    text = written[:at] + written[at + 1 :]
    assert read(tmp_path, text) == word_by_word(tmp_path, text), text


@pytest.mark.parametrize(
    "value",
    """<-1> | <(-1)> | [(10)] | /bits/ (8) <1> | /bits/ 8 <-1> | /bits/ 8 <256> | <0b1> | <1UU> | <1ULL> | <08> | <(1)2>
    <4294967296> | <0xffffffffffffffff> | <1(2)&l> | <(1 / 0)> | <( )> | (1) | &l(1) | "a\\"/*", "b*/" | "a", | <1> "a"
    <1>, , <2> | [0 1] | [012] | <&l&l> | <& l> | "é" /* ; */ | """.replace("\n", " | ").split(" | "),
)
def test_values_of_rows(tmp_path: Path, value: str) -> None:
    text = f"/dts-v1/;\n/ {{ a; p = {value}; l: leaf {{ }}; }};\n"
    assert read(tmp_path, text) == word_by_word(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("8 - 3 - 2", 3),
        ("1 << 2 + 1", 8),
        ("6 & 3 == 3", 0),
        ("1 | 2 ^ 3 & 2", 1),
        ("0 || 2 && 0", 0),
        ("1 ? 2 : 0 ? 3 : 4", 2),
        ("- - 1", 1),
        ("~0", (1 << 64) - 1),
        ("1 << 64", 0),
        ("0x10UL / 010", 2),
    ],
)
def test_expressions_without_the_grammar(text: str, value: int) -> None:
    assert integers.value_of(text) == value


@pytest.mark.parametrize(
    "text", ["", "1 2", "1 +", "* 1", "08", "1 / 0", "0b1", "1UU", "0x1ffffffffffffffff", "1 ? 2", "a", "1 ? 1 ? 2 : 3"]
)
def test_what_is_left_to_the_grammar(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        integers.value_of(text)


def test_a_label_before_a_name_at_the_top(tmp_path: Path) -> None:
    """Only a reference can be there; the name is what is wrong, not the label."""
    text = "/dts-v1/;\n/ { };\nl: node { };\n"
    ((_, where, message),) = read(tmp_path, text)
    assert (str(where)[-4:], message) == (":3:4", "syntax error: found 'node'")


@pytest.mark.parametrize("body", ["&l { };", "/ { };", "&l { n { }; };", "/ { n { m { }; }; };"])
@pytest.mark.parametrize("head", ["/dts-v1/;", "/dts-v1/ ; /plugin/;", "/dts-v1/;/dts-v1/;"])
def test_labels_before_bodies_at_the_top(tmp_path: Path, head: str, body: str) -> None:
    text = f"{head}\n/ {{ l: node {{ }}; }};\nk: {body}\n{body}\n"
    assert read(tmp_path, text) == word_by_word(tmp_path, text)


def test_nodes_of_a_row_that_are_too_deep(tmp_path: Path) -> None:
    text = "/dts-v1/;\n/ {\n" + "n {\n" * 256 + 'leaf { bad = "\\x"; };\n' + "};\n" * 257
    ((_, where, message),) = read(tmp_path, text)
    assert (str(where)[-6:], "256 levels" in str(message)) == (":259:6", True)
    assert word_by_word(tmp_path, text) == read(tmp_path, text)


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
