"""Honest branches stay green: repositories of every kind, with a real git, in which nothing changed for the worse.

`diff`, `diff --recursive` and `verify --recursive --changed-since` all end with 0, and say what they looked at.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example

NARROWER = GUEST.replace("11-14", "11-13")
SHARING = GUEST.replace("11-14", "9-14")
FILES = ("-c", "protocol.file.allow=always")


def git(folder: Path, *words: str, **more: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", *FILES]
    environment = {**os.environ, **more}
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--allow-empty")


def deployment(folder: Path, guest: str = GUEST) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Example(guests=(("rt.cfg", guest),)).write(folder)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class Case:
    """A repository `top` with a branch, and from where to where a CI job compares."""

    def __init__(self, top: Path, base: str = "main", head: str | None = None, below: str = "one") -> None:
        self.top, self.base, self.head, self.below = top, base, head, below


def started(tmp_path: Path, *init: str) -> Path:
    """Two deployments on main, and a branch."""
    top = tmp_path / "repo"
    deployment(top / "one")
    deployment(top / "two")
    git(tmp_path, "init", "-q", "-b", "main", *init, "repo")
    commit(top)
    git(top, "checkout", "-q", "-b", "branch")
    return top


def plain(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "README", "text")
    commit(top)
    return Case(top)


def better(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "one" / "rt.cfg", NARROWER.replace('"rt"', '"rt"  # real time'))
    write(top / "one" / "rt.cfg", GUEST + "\n# a comment\n")
    commit(top)
    return Case(top)


def renamed_guest(tmp_path: Path) -> Case:
    top = started(tmp_path)
    git(top, "mv", "one/rt.cfg", "one/real-time.cfg")
    edit(top / "one" / "colorcheck.toml", "rt.cfg", "real-time.cfg")
    commit(top)
    return Case(top)


def renamed_folder(tmp_path: Path) -> Case:
    top = started(tmp_path)
    git(top, "mv", "two", "three")
    edit(top / "three" / "colorcheck.toml", "[inputs]", "# moved\n[inputs]")
    commit(top)
    return Case(top)


def copied_deployment(tmp_path: Path) -> Case:
    top = started(tmp_path)
    deployment(top / "three")
    commit(top)
    return Case(top)


def behind_main(tmp_path: Path) -> Case:
    """Meanwhile main got another deployment, and changed one."""
    top = started(tmp_path)
    write(top / "README", "text")
    commit(top)
    git(top, "checkout", "-q", "main")
    deployment(top / "three")
    write(top / "two" / "rt.cfg", NARROWER)
    commit(top)
    git(top, "checkout", "-q", "branch")
    return Case(top)


def merged_main(tmp_path: Path) -> Case:
    case = behind_main(tmp_path)
    git(case.top, "merge", "-q", "--no-edit", "main")
    return case


def octopus(tmp_path: Path) -> Case:
    top = started(tmp_path)
    for name in ("a", "b"):
        git(top, "checkout", "-q", "-b", name, "main")
        write(top / name, "x")
        commit(top)
    git(top, "checkout", "-q", "branch")
    git(top, "merge", "-q", "--no-edit", "a", "b")
    return Case(top)


def merge_queue(tmp_path: Path) -> Case:
    """GitHub and GitLab check two branches at once, merged one after the other, with nothing checked out by name."""
    top = started(tmp_path)
    write(top / "one" / "rt.cfg", GUEST + "\n# first\n")
    commit(top)
    git(top, "checkout", "-q", "-b", "second", "main")
    write(top / "two" / "rt.cfg", GUEST + "\n# second\n")
    commit(top)
    git(top, "checkout", "-q", "--detach", "main")
    for name in ("branch", "second"):
        git(top, "merge", "-q", "--no-ff", "--no-edit", name)
    return Case(top, base=git(top, "rev-parse", "main").strip(), head="HEAD")


def pull_request_of_a_fork(tmp_path: Path) -> Case:
    """The merge commit that GitHub makes, in a clone whose remote needs a token that is not there."""
    top = started(tmp_path)
    write(top / "README", "text")
    commit(top)
    git(top, "checkout", "-q", "main")
    git(top, "merge", "-q", "--no-ff", "--no-edit", "branch")
    git(tmp_path, "clone", "-q", "--bare", str(top), "hub")
    git(tmp_path, "clone", "-q", str(tmp_path / "hub"), "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "-q", "--detach", "HEAD")
    git(clone, "remote", "set-url", "origin", "https://token.invalid/x.git")
    return Case(clone, base="HEAD^1", head="HEAD")


def submodule_with_inputs(tmp_path: Path) -> Case:
    top = started(tmp_path)
    inner = tmp_path / "inner"
    write(inner / "rt.cfg", GUEST)
    git(inner, "init", "-q")
    commit(inner)
    git(top, "checkout", "-q", "main")
    git(top, "submodule", "--quiet", "add", str(inner), "sub")
    edit(top / "one" / "colorcheck.toml", '"rt.cfg"', '"../sub/rt.cfg"')
    edit(top / "two" / "colorcheck.toml", '"rt.cfg"', '"../sub/*.cfg"')
    commit(top)
    git(top, "checkout", "-q", "-B", "branch")
    write(top / "sub" / "README", "text")
    commit(top / "sub")
    commit(top)
    return Case(top)


def submodule_that_nobody_needs(tmp_path: Path) -> Case:
    top = started(tmp_path)
    inner = tmp_path / "inner"
    deployment(inner, SHARING)
    git(inner, "init", "-q")
    commit(inner)
    git(top, "submodule", "--quiet", "add", str(inner), ".sub")
    commit(top)
    git(top, "submodule", "--quiet", "deinit", "-f", ".sub")
    return Case(top)


def linked_work_tree(tmp_path: Path) -> Case:
    top = started(tmp_path)
    git(top, "worktree", "add", "-q", "../other", "-b", "third")
    write(tmp_path / "other" / "README", "text")
    commit(tmp_path / "other")
    return Case(tmp_path / "other")


def sparse(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "one" / "rt.cfg", GUEST + "\n# a comment\n")
    commit(top)
    git(top, "sparse-checkout", "set", "one")
    assert not (top / "two").exists()
    return Case(top)


def shallow(tmp_path: Path) -> Case:
    """As deep as both are, which is what a clone needs to have."""
    top = started(tmp_path)
    for number in range(3):
        write(top / "README", str(number))
        commit(top)
    git(tmp_path, "clone", "-q", "--depth", "4", "--no-single-branch", f"file://{top}", "clone")
    return Case(tmp_path / "clone", base="origin/main")


def pointers_of_lfs(tmp_path: Path) -> Case:
    """The content was fetched: it lies in git's folder and in the work tree, the pointer in the commits."""
    top = started(tmp_path)
    tree = (top / "one" / "system.dts").read_bytes()
    name = hashlib.sha256(tree).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(tree)}\n"
    git(top, "checkout", "-q", "main")
    write(top / "one" / "system.dts", pointer)
    write(top / "one" / "Image", pointer)
    commit(top)
    git(top, "checkout", "-q", "-B", "branch")
    kept = top / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(tree)
    (top / "one" / "system.dts").write_bytes(tree)
    (top / "one" / "Image").write_bytes(tree)
    return Case(top)


def other_line_ends(tmp_path: Path) -> Case:
    top = started(tmp_path)
    git(top, "checkout", "-q", "main")
    write(top / ".gitattributes", "*.dts text eol=crlf\n")
    commit(top)
    git(top, "checkout", "-q", "-B", "branch")
    (top / "one" / "system.dts").unlink()
    git(top, "checkout", "-q", "--", "one/system.dts")
    assert b"\r\n" in (top / "one" / "system.dts").read_bytes()
    return Case(top)


def hashes_of_sha256(tmp_path: Path) -> Case:
    top = started(tmp_path, "--object-format=sha256")
    commit(top)
    return Case(top)


def links_and_names(tmp_path: Path) -> Case:
    top = started(tmp_path)
    git(top, "checkout", "-q", "main")
    odd = top / 'bö se "x" [1]'
    deployment(odd)
    write(top / "common" / "guest.cfg", GUEST)
    (odd / "rt.cfg").unlink()
    (odd / "rt.cfg").symlink_to("../common/guest.cfg")
    commit(top)
    git(top, "checkout", "-q", "-B", "branch")
    commit(top)
    return Case(top, below=odd.name)


def changed_mode(tmp_path: Path) -> Case:
    top = started(tmp_path)
    (top / "one" / "rt.cfg").chmod(0o755)
    commit(top)
    return Case(top)


def reverted(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "one" / "rt.cfg", SHARING)
    commit(top)
    git(top, "revert", "--no-edit", "HEAD")
    return Case(top)


def untracked_files(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "one" / "build" / "out.o", "x")
    write(top / "one" / "notes.txt", "x")
    return Case(top)


def guest_of_the_same_kind_more(tmp_path: Path) -> Case:
    top = started(tmp_path)
    write(top / "one" / "more.cfg", GUEST.replace('"rt"', '"more"').replace("11-14", "15").replace("256", "64"))
    edit(top / "one" / "colorcheck.toml", '"rt.cfg"', '"rt.cfg", "more.cfg"')
    commit(top)
    return Case(top)


KINDS = (
    plain,
    better,
    renamed_guest,
    renamed_folder,
    copied_deployment,
    behind_main,
    merged_main,
    octopus,
    merge_queue,
    pull_request_of_a_fork,
    submodule_with_inputs,
    submodule_that_nobody_needs,
    linked_work_tree,
    sparse,
    shallow,
    pointers_of_lfs,
    other_line_ends,
    hashes_of_sha256,
    links_and_names,
    changed_mode,
    reverted,
    untracked_files,
    guest_of_the_same_kind_more,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_honest_branch_is_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: Callable[[Path], Case]
) -> None:
    case = kind(tmp_path)
    monkeypatch.chdir(case.top)
    sides = [case.base, case.head] if case.head else [case.base]
    alone = [["diff", *sides, "--path", case.below]] if case.below != "one" else []
    for words in (
        *alone,
        ["diff", *sides, "--recursive"],
        ["diff", case.base, "HEAD", "--recursive", "--format", "markdown"],
        ["verify", "--recursive", ".", "--changed-since", case.base, "--no-cache", "--jobs", "1"],
    ):
        status = main(words)
        told = capsys.readouterr()
        assert status == 0, (words, told.out, told.err)
        assert told.out.strip()
    assert "looked at " in told.out


@pytest.mark.parametrize("kind", [sparse, renamed_folder, submodule_with_inputs, pointers_of_lfs, behind_main])
def test_the_same_branch_with_something_worse_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Path], Case]
) -> None:
    """What keeps honest branches green hides nothing."""
    case = kind(tmp_path)
    monkeypatch.chdir(case.top)
    if kind is sparse:
        git(case.top, "sparse-checkout", "disable")
        write(case.top / "two" / "rt.cfg", SHARING)
        commit(case.top)
        git(case.top, "sparse-checkout", "set", "one")
        assert main(["diff", case.base, "HEAD", "--recursive"]) == 1
        assert main(["verify", "--recursive", ".", "--changed-since", case.base, "--no-cache"]) == 4
        return
    places: dict[Callable[[Path], Case], Path] = {
        renamed_folder: case.top / "three" / "rt.cfg",
        submodule_with_inputs: case.top / "sub" / "rt.cfg",
        pointers_of_lfs: case.top / "one" / "rt.cfg",
        behind_main: case.top / "one" / "rt.cfg",
    }
    write(places[kind], SHARING)
    if kind is submodule_with_inputs:
        commit(case.top / "sub")
    commit(case.top)
    assert main(["diff", case.base, "--recursive"]) == 1
    assert main(["diff", case.base, "HEAD", "--recursive"]) == 1
    assert main(["verify", "--recursive", ".", "--changed-since", case.base, "--no-cache"]) == 1


def test_in_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git gives its hooks an environment that points at an index and a folder."""
    case = plain(tmp_path)
    monkeypatch.chdir(case.top)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", "/")
    assert main(["diff", case.base, "--recursive"]) == 0


def test_a_shallow_clone_that_lacks_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the commit is there, but not what both have in common: what to do is said, and --no-merge-base works."""
    top = started(tmp_path)
    write(top / "README", "text")
    commit(top)
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{top}", "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert main(["diff", "origin/main"]) == 2
    assert "fetch-depth: 0" in capsys.readouterr().err
    assert main(["diff", "origin/main", "--no-merge-base", "--recursive"]) == 0
    assert main(["verify", "--recursive", ".", "--changed-since", "origin/main", "--no-cache"]) == 0
