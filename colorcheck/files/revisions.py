"""Revisions of a git repository: raw objects, without a work tree, an index, filters or attributes."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from colorcheck.files.git import GitError, command, environment, git
from colorcheck.files.reading import is_pointer

RevisionError = GitError
LARGEST = 64 << 20  # bytes; larger than any input that colorcheck reads
MOST_LINKS = 40
_SHALLOW = "fetch the whole history: actions/checkout with fetch-depth: 0, GIT_DEPTH: 0 under GitLab"


class RevisionEntry(Struct, frozen=True):
    """An entry of a revision: its mode as in git, and its object."""

    mode: str
    oid: str

    @property
    def link(self) -> bool:
        return self.mode == "120000"

    @property
    def file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def submodule(self) -> bool:
        return self.mode == "160000"


class RevisionTree(Struct, frozen=True):
    """All names of a revision, relative to the top of the repository at `top`, with their entries; and its folders."""

    top: Path
    commit: str
    entries: Mapping[str, RevisionEntry]
    folders: frozenset[str]


def repository(folder: Path) -> Path:
    """The top folder of the repository that `folder` belongs to. Raises GitError outside of one."""
    return Path(os.fsdecode(git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))


def commit_of(folder: Path, name: str) -> str:
    """The hash of a commit. Raises GitError if the repository does not have it, and says why it may not."""
    if not name or name.startswith("-"):
        raise GitError(f"{name or 'an empty name'} is not a revision", "is a variable of the CI job not set?")
    try:
        found = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError as error:
        if error.advice:
            raise
        shallow = is_shallow(folder)
        why = " in this shallow clone" if shallow else ""
        raise GitError(f"there is no revision {name}{why}", _SHALLOW if shallow else "") from None
    _refuse_two_meanings(folder, name)
    return found.decode().strip()


def _refuse_two_meanings(folder: Path, name: str) -> None:
    """Raises GitError for a tag with the name of a branch: git would use the tag, which anyone with push access may
    create.
    """
    plain = re.split(r"[~^:@]", name)[0]
    wanted = [
        f"refs/{rest}" for rest in (f"tags/{plain}", f"heads/{plain}", f"remotes/{plain}", f"remotes/{plain}/HEAD")
    ]
    found = git(folder, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "--", *wanted)
    held = [line.split() for line in found.decode("utf-8", "surrogateescape").splitlines()]
    exact = {words[0]: words[-1] for words in held if words[0] in wanted}
    if f"refs/tags/{plain}" in exact and len(set(exact.values())) > 1:
        branch = next(each for each in wanted[1:] if each in exact)
        raise GitError(f"{plain} is a tag and a branch, of different commits", f"write {branch}, or delete the tag")


def is_revision(folder: Path, name: str) -> bool:
    """Whether `name` is a commit of the repository at `folder`."""
    try:
        commit_of(folder, name)
    except GitError:
        return False
    return True


def is_shallow(folder: Path) -> bool:
    """Whether the history of the repository is cut off somewhere."""
    try:
        return git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitError:
        return False


def merge_base(folder: Path, base: str, head: str) -> str:
    """The newest commit that both have. Raises GitError if there is none, or none in a shallow clone."""
    one, other = commit_of(folder, base), commit_of(folder, head)
    try:
        return git(folder, "merge-base", one, other).decode().split()[0]
    except (GitError, IndexError):
        shallow = is_shallow(folder)
        why = "this clone is shallow" if shallow else "their histories are unrelated"
        advice = _SHALLOW if shallow else "--no-merge-base compares them directly"
        raise GitError(f"{base} and {head} have no merge base: {why}", advice) from None


def tree_of(top: Path, revision: str) -> RevisionTree:
    """The names of a revision. Raises GitError."""
    commit = commit_of(top, revision)
    entries: dict[str, RevisionEntry] = {}
    folders: set[str] = {""}
    for line in git(top, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        head, _, raw = line.partition(b"\t")
        name = os.fsdecode(raw)
        if name and not {"", ".", "..", ".git"} & set(name.split("/")):
            mode, _, oid = head.decode().split()
            entries[name] = RevisionEntry(mode, oid)
            while (name := os.path.dirname(name)) not in folders:
                folders.add(name)
    return RevisionTree(top, commit, entries, frozenset(folders))


class Objects:
    """Reads objects one by one from two git processes that run while the context is active."""

    def __init__(self, top: Path) -> None:
        self._running = [self._start(top, option) for option in ("--batch-check", "--batch")]

    @staticmethod
    def _start(top: Path, option: str) -> subprocess.Popen[bytes]:
        words = command(top, "cat-file", option)
        pipe = subprocess.PIPE
        return subprocess.Popen(words, env=environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            with process:
                process.kill()

    def size(self, oid: str) -> int | None:
        """The bytes of a blob; None if the repository lacks it (a partial clone)."""
        words = self._ask(0, oid)
        return int(words[2]) if len(words) == 3 and words[1] == b"blob" else None

    def read(self, oid: str, largest: int = LARGEST) -> bytes | None:
        """The content of a blob; None if the repository lacks it, or where it is larger than `largest` bytes."""
        known = self.size(oid)
        if known is None or known > largest:
            return None
        words = self._ask(1, oid)
        if len(words) != 3:
            return None
        stdout = self._running[1].stdout
        assert stdout is not None  # noqa: S101
        content = stdout.read(int(words[2]))
        stdout.read(1)
        return content

    def _ask(self, which: int, oid: str) -> list[bytes]:
        process = self._running[which]
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(oid.encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise GitError("git cat-file ended early") from None
        return process.stdout.readline().split()


@contextmanager
def objects(top: Path) -> Iterator[Objects]:
    """A reader of the objects of a repository."""
    with Objects(top) as found:
        yield found


class Vouched:
    """Decides which files of a work tree are the same as in a revision.

    Only contents count. What git would say about the work tree does not: it trusts flags in the index, and does not see
    files that are ignored, outside of the work tree, or in a submodule.
    """

    def __init__(self, tree: RevisionTree, source: Objects) -> None:
        self.tree = tree
        self._source = source
        self._top = os.path.realpath(tree.top)

    def unchanged(self, path: str) -> bool:
        """Whether the file is the same as in the revision, including links in its path, or exists in neither."""
        left, here = os.path.abspath(path).split("/")[1:], "/"
        for _ in range(MOST_LINKS * 100):
            if not left:
                return False
            part, left = left[0], left[1:]
            if part in ("", "."):
                continue
            here = os.path.dirname(here) if part == ".." else os.path.join(here, part)
            try:
                mode = os.lstat(here).st_mode
            except OSError:
                return self._absent(os.path.join(here, *left))
            if stat.S_ISLNK(mode):
                target = os.readlink(here)
                name = self._name(here)
                if name is not None and not self._same(name, os.fsencode(target), link=True):
                    return False
                here = "/" if target.startswith("/") else os.path.dirname(here)
                left = [*target.split("/"), *left]
            elif not stat.S_ISDIR(mode):
                return not left and stat.S_ISREG(mode) and self._same_file(here)
        return False

    def _name(self, path: str) -> str | None:
        relative = os.path.relpath(path, self._top)
        return None if relative == ".." or relative.startswith("../") else relative

    def _absent(self, path: str) -> bool:
        name = self._name(os.path.normpath(path))
        if name is None:
            return False
        above = [name]
        while above[-1]:
            above.append(os.path.dirname(above[-1]))
        return name not in self.tree.folders and not any(each in self.tree.entries for each in above)

    def _same(self, name: str, content: bytes, *, link: bool) -> bool:
        entry = self.tree.entries.get(name)
        if entry is None or not (entry.link if link else entry.file):
            return False
        return _blob_hash(entry.oid, len(content), (content,)) == entry.oid

    def _same_file(self, path: str) -> bool:
        name = self._name(path)
        entry = self.tree.entries.get(name) if name is not None else None
        if entry is None or not entry.file:
            return False
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if _blob_hash(entry.oid, size, iter(lambda: file.read(1 << 20), b"")) == entry.oid:
                    return True
                file.seek(0)
                pointer = self._source.read(entry.oid, 1024)
                if pointer is None or not is_pointer(pointer):
                    return False
                return f"oid sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode() in pointer
        except OSError:
            return False


def _blob_hash(like: str, size: int, blocks: Iterator[bytes] | tuple[bytes, ...]) -> str:
    found = hashlib.new("sha256" if len(like) == 64 else "sha1", b"blob %d\0" % size, usedforsecurity=False)
    for block in blocks:
        found.update(block)
    return found.hexdigest()
