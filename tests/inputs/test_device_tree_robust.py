"""Whatever the input: a tree or `DeviceTreeError` with places, soon, and without much memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorcheck.core.diagnostic import Problem
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from tests.inputs.device_tree_texts import BROKEN, made

HEAD = "/dts-v1/; / {"
NOT_ERRORS = ("unread-rest", "warning")
SECONDS = 60  # generous: a machine may be busy; what hangs takes longer than any test run


def kinds(folder: Path, text: str | bytes) -> set[str]:
    """The kinds of the problems with a source."""
    path = folder / "t.dts"
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    start = time.monotonic()
    found: tuple[Problem, ...] = ()
    told = ""
    try:
        found = read_device_tree(str(path)).problems
    except DeviceTreeError as error:
        found, told = error.problems, str(error)
    assert time.monotonic() - start < SECONDS
    assert bool(told) == any(problem.kind not in NOT_ERRORS for problem in found)
    assert all(str(problem.location) for problem in found)
    return {problem.kind for problem in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "n{" * 10_000 + "};" * 10_001, {"too-deep"}),
        (HEAD + "n{" * 200 + "};" * 201, set()),
        (HEAD + "p = <" + "(" * 10_000 + "1" + ")" * 10_000 + ">; };", set()),
        (HEAD + "p = <(" + "- " * 10_000 + "1)>; };", set()),
        (HEAD + "p = <(" + "1 ? 1 : " * 10_000 + "1)>; };", set()),
        (HEAD + "p = <" + "9" * 1_000_000 + ">; };", {"syntax"}),
        (HEAD + "p = <(1 << 0xffffffffffffffff)>; };", set()),
        (HEAD + "p = <" + "&a " * 20_000 + ">; a: b { }; };", set()),
        (HEAD + "p = " + "&a, " * 20_000 + "&a; a: b { }; };", set()),
        (HEAD + "a: n { }; };" + "&a { p; };" * 5_000, set()),
        (HEAD + 's = "' + "\\n" * 200_000 + '"; };', set()),
        (HEAD + 's = "' + "a\\" * 1_000_000, {"syntax"}),
        (HEAD + "p = <'" + "\\'" * 1_000_000, {"syntax"}),
        ("/dts-v1/; /*" + "* " * 1_000_000, {"syntax"}),
        (b"\0" * 1_000_000, {"syntax"}),
        (b"/dts-v1/;" * 6_000_000, {"too-large"}),
        (b"", {"syntax"}),
        (bytes(range(256)) * 100, {"syntax"}),
        ("/dts-v1/; / { };".encode("utf-16"), {"syntax"}),
        ("".join(f"#define A{i} A{i + 1} A{i + 1}\n" for i in range(60)) + HEAD + "p = <A0>; };", {"macro-bomb"}),
        ("".join(f"#define A{i} A{i + 1}\n" for i in range(3000)) + HEAD + "p = <A0>; };", {"preprocessor"}),
        ("#if (1 << 10000000000)\n#endif\n" + HEAD + "};", {"preprocessor"}),
        ("#define\n" + HEAD + "};", {"preprocessor"}),
        ('#include "t.dts"\n' + HEAD + "};", {"include-cycle"}),
        ('/include/ "t.dts"\n' + HEAD + "};", {"include-cycle"}),
        (HEAD + 'p = /incbin/("/dev/zero"); };', {"unreadable"}),
        (HEAD + "a: a { p = <&b>; q = &b; }; b: b { p = <&a>; q = &a; }; };", set()),
    ],
)  # fmt: skip
def test_bombs(tmp_path: Path, text: str | bytes, expected: set[str]) -> None:
    assert kinds(tmp_path, text) == expected


def test_include_bomb(tmp_path: Path) -> None:
    for i in range(40):
        (tmp_path / f"x{i}").write_text(f'/include/ "x{i + 1}"\n' * 2)
    (tmp_path / "x40").write_text(" ")
    assert kinds(tmp_path, '/dts-v1/; /include/ "x0" / { };') == {"too-large"}


@pytest.mark.parametrize("path", ["nothing.dts", "", "\0", "."])
def test_files_that_cannot_be_read(path: str) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        read_device_tree(path)
    assert [problem.kind for problem in refused.value.problems] == ["unreadable"]


quietly = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)


@quietly
@given(seed=st.integers(0, 1 << 32))
def test_broken_sources(tmp_path: Path, seed: int) -> None:
    kinds(tmp_path, made(seed, broken=True))


@quietly
@given(pieces=st.lists(st.sampled_from([*BROKEN, "/ {", "};", "p = ", "n {", "#if ", "#define F(x) x\n", "\n", "F("])))
def test_pieces_in_any_order(tmp_path: Path, pieces: list[str]) -> None:
    kinds(tmp_path, "/dts-v1/; / { " + "".join(pieces))


@quietly
@given(data=st.binary(max_size=60))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    kinds(tmp_path, data)
    kinds(tmp_path, b'/dts-v1/; / { s = "' + data + b'"; };')
    kinds(tmp_path, b"#define A " + data + b"\n/dts-v1/; / { p = <A>; };")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x89PNG", "the byte 0x89, which is not UTF-8 text"),
        (b"\xef\xbb\xbf/dts-v1/; / { };", "a byte order mark"),
        (b"/dts-v1/;\x00/ { };", "a byte of value 0"),
    ],
)
def test_what_cannot_be_printed_is_named(tmp_path: Path, data: bytes, found: str) -> None:
    (tmp_path / "a.dts").write_bytes(data)
    with pytest.raises(DeviceTreeError) as error:
        read_device_tree(str(tmp_path / "a.dts"))
    assert error.value.problems[0].message == f"syntax error: found {found}"
