"""Edits of files: applied, shown, written all or none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Edit
from colorcheck.core.source import Lines, Location
from colorcheck.files.edits import OverlapError, diff, edited, originals, text_at, write

TEXT = "one two\r\nthree\n\nlast"


def edit(start: int, end: int, new: str, *, file: str = "a", text: str = TEXT) -> Edit:
    return Edit(Lines(file, text).location(start, end), new)


@pytest.mark.parametrize(
    ("start", "end", "new"),
    [(0, 3, "1"), (4, 7, ""), (7, 7, "!"), (0, 20, "all"), (20, 20, "\n"), (9, 15, "3\n"), (15, 16, "x")],
)
def test_one_edit_is_a_slice(start: int, end: int, new: str) -> None:
    assert edited(TEXT, [edit(start, end, new)]) == TEXT[:start] + new + TEXT[end:]


def test_several_edits_name_places_before_them() -> None:
    assert edited(TEXT, [edit(9, 14, "3"), edit(0, 3, "1"), edit(4, 7, "2")]) == "1 2\r\n3\n\nlast"


def test_overlaps_and_places_that_are_not_there_are_refused() -> None:
    with pytest.raises(OverlapError):
        edited(TEXT, [edit(0, 5, "x"), edit(3, 7, "y")])
    with pytest.raises(OverlapError):
        edited(TEXT, [Edit(Location("a", 9, 1, 9, 2), "x")])
    with pytest.raises(OverlapError):
        edited(TEXT, [Edit(Location("a"), "x")])


def test_text_at_a_place() -> None:
    assert text_at(TEXT, Lines("a", TEXT).location(9, 14)) == "three"


def test_writing_replaces_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(TEXT.encode() + b"\xff")
    path.chmod(0o640)
    wanted = [edit(0, 3, "1", file=str(path))]
    files, problems = originals(wanted)
    assert problems == ()
    assert b"GIT binary patch" in diff(files, wanted), "the file is no text"
    assert write(files, wanted) == ()
    assert path.read_bytes() == b"1 two\r\nthree\n\nlast\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text(TEXT, encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    wanted = [edit(0, 3, "1", file=str(tmp_path / "link"))]
    assert write(originals(wanted)[0], wanted) == ()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8").startswith("1 two")


def test_nothing_is_written_where_one_file_changed(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        path.write_bytes(TEXT.encode())
    wanted = [edit(0, 3, "1", file=str(path)) for path in (first, second)]
    files, _ = originals(wanted)
    second.write_bytes(b"changed meanwhile")
    assert [problem.kind for problem in write(files, wanted)] == ["changed"]
    assert first.read_bytes() == TEXT.encode()


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    wanted = [edit(0, 3, "1", file=str(tmp_path / "gone"))]
    files, problems = originals(wanted)
    assert files == {}
    assert [problem.kind for problem in problems] == ["unreadable"]
    assert [problem.kind for problem in write({}, wanted)] == ["unreadable"]
