"""Revisions of a git repository: their objects, brought into being when they are asked for."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from colorcheck.files.git import GitError
from colorcheck.files.git import git as hardened
from colorcheck.files.patterns import matches
from colorcheck.files.reading import Unreadable, contents, size_of
from colorcheck.files.revisions import (
    Vouched,
    commit_of,
    is_revision,
    merge_base,
    objects,
    repository,
    tree_of,
)
from colorcheck.files.snapshots import Snapshot
from colorcheck.files.watching import watched


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q")
    (top / "a.cfg").write_text("first\n")
    (top / "out").symlink_to("/etc/passwd")
    (top / "in").symlink_to("a.cfg")
    (top / ".gitattributes").write_text("a.cfg export-ignore\nb.cfg export-subst\n")
    (top / "b.cfg").write_text("$Format:%H$\n")
    (top / "deep").mkdir()
    (top / "deep" / "ö.cfg").write_text("x")
    (top / "folder").symlink_to("deep")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    (top / "a.cfg").write_text("second\n")
    git(top, "commit", "-qam", "second")
    return top


@pytest.fixture
def snapshot(repo: Path, tmp_path: Path) -> Iterator[Snapshot]:
    (tmp_path / "snapshot").mkdir()
    with objects(repo) as source:
        made = Snapshot(tree_of(repo, "HEAD~1"), tmp_path / "snapshot", source)
        with watched(made):
            yield made


def test_files_come_when_they_are_asked_for_as_they_were_written(snapshot: Snapshot) -> None:
    here = snapshot.folder
    assert os.listdir(here) == []
    assert contents(here / "a.cfg") == b"first\n", "whatever export-ignore says"
    assert contents(here / "b.cfg") == b"$Format:%H$\n", "whatever export-subst says"
    assert contents(here / "in") == b"first\n"
    assert contents(here / "folder" / "ö.cfg") == b"x"
    assert size_of(str(here / "deep" / "ö.cfg")) == 1
    for name in ("out", "nowhere", "../repo/a.cfg/x", "a.cfg/x"):
        with pytest.raises(Unreadable):
            contents(here / name)
    assert not os.path.lexists(here / "out")


def test_patterns_bring_what_they_match(snapshot: Snapshot) -> None:
    assert [os.path.basename(name) for name in matches(f"{snapshot.folder}/**/*.cfg")] == ["a.cfg", "b.cfg", "ö.cfg"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/*.cfg", ["a.cfg", "b.cfg", "deep/ö.cfg", "inner/one.cfg", "inner/sub/two.cfg"]),
        ("inner/*.cfg", ["inner/one.cfg"]),
        ("inner/sub/*.cfg", ["inner/sub/two.cfg"]),
        ("inner/**/*.cfg", ["inner/one.cfg", "inner/sub/two.cfg"]),
        ("folder/*.cfg", ["folder/ö.cfg"]),
        ("nowhere/*.cfg", []),
        ("../*.cfg", []),
        ("out/*", []),
    ],
)
def test_patterns_reach_into_submodules_and_not_outside(
    repo: Path, tmp_path: Path, pattern: str, found: list[str]
) -> None:
    inner = tmp_path / "inner"
    (inner / "sub").mkdir(parents=True)
    git(inner, "init", "-q")
    (inner / "one.cfg").write_text("1")
    (inner / "sub" / "two.cfg").write_text("2")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "inner")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "inner")
    git(repo, "commit", "-qm", "with a submodule")
    here = tmp_path / "here"
    here.mkdir()
    with objects(repo) as source, closing(Snapshot(tree_of(repo, "HEAD"), here, source)) as made, watched(made):
        names = [os.path.relpath(name, made.folder) for name in matches(f"{made.folder}/{pattern}")]
        assert sorted(names) == sorted(found)
        if not found:
            brought = {path.name for path in here.rglob("*") if path.is_file() and not path.is_symlink()}
            assert brought <= {"a.cfg"}, "what a link leads to"


def test_large_objects_are_not_read(repo: Path, tmp_path: Path) -> None:
    (repo / "large").write_bytes(bytes(80 << 20))
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
    with objects(repo) as source, watched(Snapshot(tree_of(repo, "HEAD"), tmp_path, source)):
        assert size_of(str(tmp_path / "large")) == 80 << 20
        assert os.stat(tmp_path / "large").st_blocks == 0
        with pytest.raises(Unreadable, match="larger than"):
            contents(tmp_path / "large")


def test_what_git_vouches_for(repo: Path) -> None:
    with objects(repo) as source:
        now = Vouched(tree_of(repo, "HEAD"), source)
        assert all(now.unchanged(str(repo / name)) for name in ("a.cfg", "in", "folder/ö.cfg", "nowhere", "deep/no"))
        assert not any(now.unchanged(str(repo / name)) for name in ("out", "../x", "deep"))
        assert not Vouched(tree_of(repo, "HEAD~1"), source).unchanged(str(repo / "in"))
        (repo / "in").unlink()
        assert not now.unchanged(str(repo / "in"))


def test_a_file_of_lfs_is_known_by_its_pointer(repo: Path) -> None:
    content = b"large\n"
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    (repo / "l").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "lfs")
    (repo / "l").write_bytes(content)
    with objects(repo) as source:
        assert Vouched(tree_of(repo, "HEAD"), source).unchanged(str(repo / "l"))
        (repo / "l").write_bytes(b"other\n")
        assert not Vouched(tree_of(repo, "HEAD"), source).unchanged(str(repo / "l"))


def test_a_folder_below_belongs_to_the_repository(repo: Path) -> None:
    assert repository(repo / "deep") == repo.resolve()


@pytest.mark.parametrize("name", ["nowhere", "--help", "--output=x", "-", ""])
def test_no_such_revision(repo: Path, name: str) -> None:
    assert not is_revision(repo, name)
    with pytest.raises(GitError):
        tree_of(repo, name)


def test_outside_of_a_repository_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        repository(tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="not installed"):
        repository(tmp_path)


def test_a_shallow_clone_says_what_to_do(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    with pytest.raises(GitError, match="shallow") as caught:
        commit_of(tmp_path / "shallow", "HEAD~1")
    assert "fetch-depth: 0" in caught.value.advice


def test_a_merge_base(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "branch", "HEAD~1")
    git(repo, "commit", "-q", "--allow-empty", "-m", "of the branch")
    assert merge_base(repo, "HEAD", "HEAD~1") == commit_of(repo, "HEAD~1")


def test_a_program_of_the_checkout_is_not_git(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "git").write_text("#!/bin/sh\ntouch ran\n")
    (repo / "git").chmod(0o755)
    monkeypatch.chdir(repo)
    monkeypatch.setenv("PATH", f".:{os.pathsep}{os.environ['PATH']}")
    hardened(repo, "rev-parse", "HEAD")
    assert not (repo / "ran").exists()


def test_a_bare_repository_in_the_checkout_is_none(repo: Path) -> None:
    bare = repo / "bare"
    git(repo, "init", "-q", "--bare", "bare")
    with pytest.raises(GitError):
        hardened(bare, "rev-parse", "--git-dir")


def test_a_tag_with_the_name_of_a_branch_is_refused(repo: Path) -> None:
    """git would take the tag, and a branch could so choose what it is compared with."""
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "one", "--allow-empty")
    git(repo, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(repo, "tag", "origin/main")
    first = commit_of(repo, "origin/main")
    git(repo, "commit", "-qm", "two", "--allow-empty")
    git(repo, "tag", "-f", "-a", "-m", "x", "origin/main")
    for name in ("origin/main", "origin/main~0"):
        with pytest.raises(GitError, match="a tag and a branch"):
            commit_of(repo, name)
    assert commit_of(repo, "refs/remotes/origin/main") == first
