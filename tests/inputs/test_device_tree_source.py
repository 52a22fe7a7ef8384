"""What is special about reading source as dtc does; the bulk is in the golden cases and in the comparison with dtc."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcheck.inputs.device_tree.dtc import DTC_1_6
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from tests.shapes import present

Reader = Callable[..., DeviceTree]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def reader(text: str | bytes, **options: Any) -> DeviceTree:
        (tmp_path / "t.dts").write_bytes(text.encode() if isinstance(text, str) else text)
        return read_device_tree(str(tmp_path / "t.dts"), **{"dtc": DTC_1_6, **options})

    return reader


def problems(read: Reader, text: str | bytes) -> list[tuple[str, str, str]]:
    with pytest.raises(DeviceTreeError) as refused:
        read(text)
    return [(p.kind, f"{p.location.line}:{p.location.column}", p.message) for p in refused.value.problems]


def test_all_errors_are_told_at_once(read: Reader) -> None:
    found = problems(read, "/dts-v1/;\n/ { p = <(1/0)>;\n q = <0x100000000>;\n r = <&x>;\n r = <1>; };\n&y { };\n")
    assert [(kind, place) for kind, place, _ in found] == [
        ("syntax", "2:11"), ("syntax", "3:7"), ("syntax", "6:1"), ("semantic", "5:2"), ("semantic", "4:7"),
    ]  # fmt: skip


@pytest.mark.parametrize("rest", ["\0 junk {", "\x80 {", "é"])
def test_dtc_stops_at_a_byte_that_is_no_ascii(read: Reader, rest: str) -> None:
    tree = read("/dts-v1/; / { a; };\n" + rest)
    assert [problem.kind for problem in tree.problems] == ["unread-rest"]
    assert tree.problems[0].location.line == 2


def test_bytes_of_other_encodings_are_kept(read: Reader) -> None:
    tree = read(b'/dts-v1/; / { latin = "caf\xe9"; /* \xff */ utf = "caf\xc3\xa9"; };')
    assert tree.root.properties["latin"].value == b"caf\xe9\0"
    assert tree.root.properties["latin"].strings[0].text == "caf\xe9"
    assert tree.root.properties["utf"].value == b"caf\xc3\xa9\0"


def test_a_deletion_in_the_first_definition_deletes_nothing(read: Reader) -> None:
    assert list(read("/dts-v1/; / { p; /delete-property/ p; };").root.properties) == ["p"]
    assert problems(read, "/dts-v1/; / { n {}; /delete-node/ n; };")[0][2] == "/n: Duplicate node name"


def test_a_node_comes_back_to_its_old_place(read: Reader) -> None:
    tree = read("/dts-v1/; / { a {}; b {}; }; / { /delete-node/ a; }; / { a { x; }; };")
    assert [child.name for child in tree.root.children] == ["a", "b"]


def test_phandle_of_an_omitted_node_is_given_again(read: Reader) -> None:
    tree = read("/dts-v1/; / { /omit-if-no-ref/ o { phandle = <1>; }; a: a {}; };", symbols=True)
    assert tree.node("/o") is None
    assert present(tree.node("/a")).properties["phandle"].value == bytes([0, 0, 0, 1])


def test_reservations_end_with_the_first_of_size_zero(read: Reader) -> None:
    tree = read("/dts-v1/; /memreserve/ 1 2; /memreserve/ 3 0; /memreserve/ 4 5; / {};")
    assert tree.memory_reservations == ((1, 2),)
    assert tree.size == 40 + 4 * 16 + 16


def test_property_names_shared_at_their_ends_are_stored_once(read: Reader) -> None:
    shared = read("/dts-v1/; / { #size-cells; size-cells; cells; };").size
    assert read("/dts-v1/; / { #size-cells; };").size + 24 == shared


def test_boot_cpu(read: Reader) -> None:
    assert read("/dts-v1/; / { cpus { c@3 { reg = <3>; }; }; };").boot_cpu == 3


@pytest.mark.parametrize(
    "text",
    ["/ { #define-cells = <1>; };", "/ {\n#if = <1>;\n};", "/ {\n#include-x = <1>;\n};", "/ {\n#size-cells = <1>;\n};"],
)
def test_properties_that_look_like_directives(read: Reader, text: str) -> None:
    assert len(read("/dts-v1/; " + text).root.properties) == 1


def test_conditions_and_errors_of_the_preprocessor(read: Reader) -> None:
    tree = read("#if defined(X) || __DTS__ < 1\n#error no\n#else\n/dts-v1/;\n#endif\n/ { a = <__DTS__>; };")
    assert tree.root.properties["a"].value == bytes([0, 0, 0, 1])
    assert problems(read, "#error no such board\n/dts-v1/; / { };") == [("preprocessor", "1:2", "#error no such board")]
    assert problems(read, '/dts-v1/;\n #include "gone.h"\n/ { };')[0][:2] == ("unreadable", "2:3")


def test_blob_and_source_are_told_apart_by_content(tmp_path: Path) -> None:
    (tmp_path / "source.dtb").write_text("/dts-v1/; / { a; };")
    assert list(read_device_tree(str(tmp_path / "source.dtb")).root.properties) == ["a"]
