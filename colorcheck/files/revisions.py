"""A revision of a git repository as a folder of its own, without touching the working tree."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class RevisionError(Exception):
    """The revision or the path in it does not exist, or git cannot be asked; the text says which."""


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise RevisionError("git is not installed; give two folders instead of revisions") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RevisionError(said[-1].removeprefix("fatal: ") if said else f"git {words[0]} failed")
    return done.stdout


def repository(folder: Path) -> Path:
    """The top folder of the repository that `folder` belongs to. Raises RevisionError outside of one."""
    return Path(_git(folder, "rev-parse", "--show-toplevel").decode().strip())


def is_revision(folder: Path, name: str) -> bool:
    """Whether `name` is a commit of the repository at `folder`."""
    try:
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except RevisionError:
        return False
    return True


def _inside(tar: tarfile.TarFile, folder: str) -> Iterator[tarfile.TarInfo]:
    """The members that stay below the folder; a link that leads out of the repository is left out."""
    top = Path(folder).resolve()
    for member in tar:
        target = Path(folder, member.name).parent / member.linkname if member.issym() else Path(folder, member.name)
        if target.resolve().is_relative_to(top):
            yield member


@contextmanager
def checked_out(top: Path, revision: str) -> Iterator[Path]:
    """All files of a revision below a temporary folder that lives as long as the context."""
    commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    archive = _git(top, "archive", "--format=tar", commit)
    with TemporaryDirectory(prefix="colorcheck-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, members=_inside(tar, folder))
        yield Path(folder)


def changed_files(top: Path, revision: str) -> tuple[Path, ...]:
    """Files that differ between a revision and the working tree, untracked ones included."""
    differing = _git(top, "diff", "--name-only", "-z", "--no-renames", revision, "--").split(b"\0")
    untracked = _git(top, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
    return tuple(top / name.decode(errors="surrogateescape") for name in (*differing, *untracked) if name)
