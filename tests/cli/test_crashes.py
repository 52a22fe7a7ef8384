"""A simulator of crashes: every command that writes, ended at each of its steps on the disk.

A run goes in a forked child. An audit hook of Python counts what it does to files (open for writing, rename, link,
remove, change mode, make a folder); at a chosen step the process is killed, or the step fails as on a full disk or on
one that is read-only; or all files end at a chosen length, as on a disk that fills while a file is written. Afterwards
each file has its old content or its new one; where the command lived on, all files together are old or new and nothing
else is there; and the same command, run again, gives what it would have given.
"""

from __future__ import annotations

import errno
import gc
import os
import random
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from colorcheck.cli import main
from colorcheck.files.child import ChildDied, in_child
from colorcheck.interference.simulation import simulate
from colorcheck.rules.example import GUEST, Example
from colorcheck.xen.memory.frame_run import FrameRun
from tests.interference.interference_lab import experiment

SEED = 16
PLACES = 4
"""So many steps of each command and fault are tried, the first, the last and others by chance."""
LOG = Path(__file__).parents[1] / "golden" / "logs" / "basic-4.20.log"
DUMP = '[{"domid": 0}, {"domid": 1, "config": {"c_info": {"name": "g"}, "b_info": {"max_memkb": 65536}}}]'
COMMANDS = (
    ["plan", "--write", "--timeout", "5"],
    ["plan", "--timeout", "5", "--out", "plan.json"],
    ["verify", "--fix"],
    ["verify", "--certify", "proofs"],
    ["verify", "--output", "gitlab=a.json", "--output", "sarif=b.sarif"],
    ["migrate", "--to", "4.22", "--write"],
    ["baseline", "create", "--baseline", "known.json"],
    ["baseline", "prune", "--baseline", "old.json"],
    ["certify", "--write", "proofs"],
    ["evidence", "evidence"],
    ["attest", "--log", "serial.log", "--share", "shared.json", "--yes"],
    ["init", "--force", "--ci", "github"],
    ["init", "--force", "--from", "dump"],
    ["interfere", "--accesses", "2000", "--coloring", "current", "--plot", "lab.svg"],
)
_NAMED = {"open": 0, "os.rename": 1, "os.link": 1, "os.remove": 0, "os.chmod": 0, "os.mkdir": 0, "os.symlink": 1}
_TEMPORARY = re.compile(r"\.colorcheck-[a-z0-9_]{8}$")
_SECONDS = re.compile(rb"\d+\.\d+(e-?\d+)?")
"""What differs from run to run in reports."""
Contents = dict[str, bytes]


def prepared(folder: Path, words: list[str]) -> Path:
    """A deployment that leaves something to every command: sharing to be mended, an option of another release."""
    folder.mkdir()
    second = GUEST.replace('"rt"', '"b"')
    if "--fix" in words:
        second = second.replace('["11-14"]', '"11-14"')
    Example(
        guests=(
            ("rt.cfg", GUEST.replace("11-14", "9-14")),
            ("b.cfg", second),
        )
    ).write(folder)
    tree = folder / "system.dts"
    tree.write_text(tree.read_text("utf-8").replace("llc-coloring=on", "llc-coloring"), "utf-8")
    shutil.copy(LOG, folder / "serial.log")
    (folder / "dump").mkdir()
    (folder / "dump" / "xl-list-l").write_text(DUMP, "utf-8")
    (folder / "old.json").write_text('{"schema": "colorcheck/baseline/1", "findings": []}', "utf-8")
    for name in ("a.json", "known.json", "shared.json", "plan.json", "lab.svg"):
        (folder / name).write_text("old", "utf-8")
    return folder


def contents(folder: Path) -> Contents:
    return {
        path.relative_to(folder).as_posix(): _compared(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def _compared(path: Path) -> bytes:
    data = path.read_bytes()
    return data if path.suffix == ".toml" else _SECONDS.sub(b"#", data)


def ran(folder: Path, words: list[str], hook: Callable[[int, str], None] | None = None) -> list[object]:
    """Status and steps of a run in a child; raises ChildDied where it is killed."""

    def run() -> list[object]:
        os.chdir(folder)
        steps: list[str] = []

        def watching(event: str, given: tuple[object, ...]) -> None:
            place = _NAMED.get(event)
            if place is None or isinstance(given[place], int) or (event == "open" and not _writes(given)):
                return
            name = os.path.abspath(os.fsdecode(str(given[place])))
            if name.startswith(f"{folder}/"):
                steps.append(event)
                if hook is not None:
                    hook(len(steps) - 1, event)

        sys.addaudithook(watching)
        said = StringIO()
        with redirect_stdout(StringIO()), redirect_stderr(said):
            status = int(main(words))
        return [status, len(steps), said.getvalue()]

    return in_child(run, 300)  # type: ignore[return-value]


def _writes(given: tuple[object, ...]) -> bool:
    flags = given[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def killing(at: int) -> Callable[[int, str], None]:
    def hook(step: int, _: str) -> None:
        if step == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def failing(at: int, number: int) -> Callable[[int, str], None]:
    """From a step on; removing still works, as it does on a full disk."""

    def hook(step: int, event: str) -> None:
        if step >= at and event != "os.remove":
            raise OSError(number, os.strerror(number))

    return hook


def chosen(chance: random.Random, steps: int) -> Iterable[int]:
    inner = range(1, max(1, steps - 1))
    return sorted({0, max(0, steps - 1), *chance.sample(inner, min(len(inner), PLACES - 2))})


def assert_old_or_new(now: Contents, old: Contents, new: Contents) -> None:
    for name, data in now.items():
        if _TEMPORARY.search(name):
            continue
        assert data in (old.get(name), new.get(name)), f"{name} is neither old nor new"
    assert not [name for name in old if name in new and name not in now], "a file is gone"


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    """The lab is compiled once for all forked children, whose garbage collection leaves alone what they inherit."""
    simulate(experiment(((FrameRun(0, 1, 512),), "bomb"), accesses=1000))
    gc.freeze()
    yield
    gc.unfreeze()


class Whole(NamedTuple):
    """What a run without faults does: its status, steps, and the files before and after."""

    status: object
    steps: int
    old: Contents
    new: Contents


@cache
def undisturbed(folder: Path, words: tuple[str, ...]) -> Whole:
    shutil.rmtree(folder, ignore_errors=True)
    prepared(folder, [*words])
    old = contents(folder)
    status, steps, said = ran(folder, [*words])
    assert status in (0, 1, 4), said
    new = contents(folder)
    assert new != old, "it writes something"
    return Whole(status, int(str(steps)), old, new)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all runs, because some of the files say where they are."""
    return tmp_path_factory.mktemp("crashes") / "x"


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("fault", ["killed", "full", "read-only", "cut"])
def test_a_crash_leaves_files_whole(whole: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], fault: str) -> None:
    monkeypatch.setenv("COLORCHECK_CACHE", "off")
    chance = random.Random(f"{SEED} {words} {fault}")
    good, steps, old, new = undisturbed(whole, tuple(words))
    lengths = sorted({len(data) for name, data in new.items() if old.get(name) != data})
    places = [chance.randrange(max(lengths)) for _ in range(2)] if fault == "cut" else chosen(chance, steps)
    for place in places:
        shutil.rmtree(whole, ignore_errors=True)
        prepared(whole, words)
        if fault == "killed":
            with pytest.raises(ChildDied):
                ran(whole, words, killing(place))
            assert_old_or_new(contents(whole), old, new)
        else:
            status, _, said = _with_fault(whole, words, fault, place)
            now = contents(whole)
            assert status in (1, 2, 4) or now == new, (status, said)
            assert status != 5, said
            assert now in (old, new) or words[0] in _SEVERAL, f"some files only, at {place}: {said}"
            assert_old_or_new(now, old, new)
            assert not [name for name in now if _TEMPORARY.search(name)], "left over"
        again, _, said = ran(whole, words)
        assert again in (good, 0), said
        left = {name: data for name, data in contents(whole).items() if not _TEMPORARY.search(name)}
        assert left.keys() == new.keys()


_SEVERAL = ("verify", "init", "plan")
"""Commands with outputs that have nothing to do with each other: a report each, the manifest and a CI job, the plan and
its undo. Each is whole, and a later one may be missing, which the status tells."""


def _with_fault(folder: Path, words: list[str], fault: str, place: int) -> list[object]:
    if fault != "cut":
        return ran(folder, words, failing(place, errno.ENOSPC if fault == "full" else errno.EROFS))

    def limited() -> list[object]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (place, place))
        os.chdir(folder)
        said = StringIO()
        with redirect_stdout(StringIO()), redirect_stderr(said):
            status = int(main(words))
        return [status, 0, said.getvalue()]

    return in_child(limited, 300)  # type: ignore[return-value]
