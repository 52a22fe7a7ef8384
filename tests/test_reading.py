"""The guarded reader: plain files of a limited size, inside of the boundary, without waiting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.files.boundary import Boundary, boundary_of, restricted
from colorcheck.files.patterns import matches
from colorcheck.files.reading import Unreadable, contents
from colorcheck.rules.example import GUEST, Example


def kind_of(path: object, largest: int = 100) -> str:
    with pytest.raises(Unreadable) as caught:
        contents(str(path), largest)
    return caught.value.kind


def test_only_plain_files_of_the_right_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "large").write_bytes(bytes(101))
    assert [kind_of(tmp_path / name) for name in ("pipe", "loop", "", "gone", "a\0b")] == ["unreadable"] * 5
    assert kind_of("/dev/zero") == kind_of("/dev/tty") == "unreadable"
    assert kind_of(tmp_path / "large") == "too-large"
    assert kind_of("/proc/self/maps") == "too-large", "a file that says nothing of its size"


def test_a_pointer_of_lfs_is_not_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", encoding="utf-8")
    assert kind_of(tmp_path / "a", 1000) == "lfs-pointer"


def test_the_boundary(tmp_path: Path) -> None:
    top, other = tmp_path / "top", tmp_path / "other"
    for folder in (top / ".git", top / "sub" / ".git", other):
        folder.mkdir(parents=True)
        (folder / "config").write_text("secret", encoding="utf-8")
    (top / "a").write_text("a", encoding="utf-8")
    (top / "link").symlink_to(other / "config")
    with restricted(boundary_of(str(top))):
        assert contents(top / "a") == b"a"
        for name in (".git/config", "sub/.git/config", "link", "../other/config", "/etc/passwd"):
            assert kind_of(top / name) == "outside"
        assert contents(other / "config", named=True) == b"secret"
    with restricted(boundary_of(str(top), [str(other)])):
        assert contents(top / "link") == b"secret"
    assert not Boundary("/a").holds("/ab")


def test_patterns_follow_no_circles(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    for n in range(12):
        (tmp_path / "d" / f"l{n}").symlink_to("..")
    (tmp_path / "d" / "e" / "a.cfg").touch()
    (tmp_path / "b.cfg").touch()
    assert matches(f"{tmp_path}/**/*.cfg") == (f"{tmp_path}/b.cfg", f"{tmp_path}/d/e/a.cfg")
    assert matches(f"{tmp_path}/d/?/*.cfg") == (f"{tmp_path}/d/e/a.cfg",)
    assert matches(f"{tmp_path}/[x]") == ()


SECRET = "token = hunter2"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A deployment in a work tree, beside a file of secrets."""
    folder = tmp_path / "repo" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / ".git" / "config").write_text(f"[url]\n{SECRET}\n", encoding="utf-8")
    (tmp_path / "secrets").write_text(f"{SECRET}\n" * 99, encoding="utf-8")
    Example(guests=(("rt.cfg", GUEST),)).write(folder)
    return folder


def test_no_line_marker_prints_a_file(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = checkout / "system.dts"
    text = tree.read_text(encoding="utf-8")
    for name in ("../.git/config", "../../secrets"):
        tree.write_text(text.replace("/dts-v1/;", f'/dts-v1/;\n# 2 "{name}"\n'), encoding="utf-8")
        for form in ("text", "html", "sarif", "markdown", "github", "json"):
            main(["verify", str(checkout), "--format", form])
            assert "hunter2" not in "".join(capsys.readouterr())


def test_inputs_outside_need_leave(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = checkout / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8")
    for name in ("../../secrets", "../.git/config"):
        manifest.write_text(text.replace('"rt.cfg"', f'"{name}"'), encoding="utf-8")
        assert main(["verify", str(checkout)]) == 1
        said = "".join(capsys.readouterr())
        assert "hunter2" not in said
        assert "--allow-outside" in said
    main(["verify", str(checkout), "--allow-outside"])
    assert "--allow-outside" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [["attest", "--log"], ["baseline", "check", "--baseline"], ["verify", "--board"]])
def test_no_command_waits_for_a_pipe(checkout: Path, tmp_path: Path, words: list[str]) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    assert main([*words[:1], *words[1:-1], *([str(checkout)] if words[0] != "nothing" else []), words[-1], str(pipe)])
