"""All calls of git, hardened for untrusted checkouts: nothing in the repository is run or trusted.

git runs without the index, hooks, file system monitors, filters, external diffs and the network; what the environment
would change about the repository is left out. Options never come from a revision's name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

SECONDS = 120.0
_HARDENED = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.alternateRefsCommand=true",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "uploadpack.packObjectsHook=",
)
_KEPT = frozenset(
    (
        "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_COUNT",
    )
)
_FIXED = {
    "LC_ALL": "C",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitError(Exception):
    """git is not available or failed; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


def command(folder: Path | str, *words: str) -> list[str]:
    """The command line of a hardened call. Raises GitError without git."""
    options = [word for setting in _HARDENED for word in ("-c", setting)]
    return [_program(), "-C", str(folder), "--no-pager", "--literal-pathspecs", *options, *words]


def environment() -> dict[str, str]:
    """This process's environment without variables that redirect git."""
    return {**_plain(os.environ), **_FIXED}


def git(folder: Path | str, *words: str) -> bytes:
    """The output of git. Raises GitError with git's message and advice."""
    try:
        done = subprocess.run(
            command(folder, *words),
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git {words[0]} took longer than {SECONDS:g} s") from None
    except (OSError, ValueError) as error:
        raise GitError(f"git cannot be run: {error}") from None
    if done.returncode:
        raise _said(done.stderr.decode(errors="replace"), words[0])
    return done.stdout


def _program() -> str:
    """The path of git, only from absolute folders: a git in the current folder is not used."""
    path = os.pathsep.join(part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(part))
    found = shutil.which("git", path=path)
    if found is None:
        raise GitError("git is not installed", "install it, or compare two folders instead of revisions")
    return found


def _plain(given: Mapping[str, str]) -> dict[str, str]:
    kept = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
    return {k: v for k, v in given.items() if not k.startswith("GIT_") or k in _KEPT or k.startswith(kept)}


def _said(text: str, word: str) -> GitError:
    lines = [line.strip() for line in text.strip().splitlines()]
    last = next((line for line in lines if line.startswith("fatal: ")), lines[-1] if lines else f"git {word} failed")
    message = last.removeprefix("fatal: ").removeprefix("error: ")
    if "dubious ownership" in text:
        return GitError(
            f"{message}: git does not trust a work tree owned by another user",
            "if you trust it: git config --global --add safe.directory FOLDER, with the folder that git names",
        )
    if "not a git repository" in text:
        return GitError("this is not a git repository", "check it out with git, or compare two folders")
    return GitError(message)
