"""What takes long to make and is only read, made once for all workers of a run of the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A new folder that `make` fills. Workers of pytest-xdist share it; those that come second wait for the first.

    Where `make` fails or skips, each worker that asks tries it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = factory.mktemp(name)
        make(folder)
        return folder
    top = factory.getbasetemp().parent / f"once-{name}"  # the workers' folders are next to each other in it
    with top.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = top.with_suffix(".done")
        if not done.exists():
            shutil.rmtree(top, ignore_errors=True)
            top.mkdir()
            make(top)
            done.touch()
    return top
