"""Runs a function in a forked child with limits and returns only JSON: a failure there does not affect this process."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

MEMORY = 8 << 30  # bytes of address space beyond what the parent has
LARGEST = 256 << 20  # bytes of an answer


class ChildDied(Exception):
    """The child ended, or was ended, without an answer; the message says how."""


class ChildFailed(Exception):
    """The function raised in the child; the message is the exception's."""


def in_child(function: Callable[[], object], seconds: float, memory: int = MEMORY) -> object:
    """What the function returns, which must be JSON. Raises ChildFailed if it raises, ChildDied for everything
    else."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(function, writing, seconds, memory)
    os.close(writing)
    try:
        said, in_time = _heard(reading, seconds)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    try:
        document = json.loads(said)
        good, value = document["good"], document["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ChildDied(_how(status) if in_time else f"took longer than {seconds:g} s") from None
    if not good:
        raise ChildFailed(str(value))
    return value


def _heard(reading: int, seconds: float) -> tuple[bytes, bool]:
    """The output of the child until it ends, and whether it ended in time."""
    parts: list[bytes] = []
    length, end = 0, time.monotonic() + seconds
    while length <= LARGEST:
        ready, _, _ = select.select([reading], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return b"", False
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        length += len(part)
    return b"", False


def _answer(function: Callable[[], object], writing: int, seconds: float, memory: int) -> NoReturn:
    """The body of the child. Its output goes to standard error, where it is not mistaken for a verdict."""
    import resource

    status = 1
    try:
        os.dup2(2, 1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        wanted = (
            (resource.RLIMIT_AS, held_memory() + memory),
            (resource.RLIMIT_CPU, int(seconds) + 2),
            (resource.RLIMIT_CORE, 0),
        )
        for kind, most in wanted:
            hard = resource.getrlimit(kind)[1]  # a CI job, or a parent that is a child, may have set a lower one
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (limit, limit))
        try:
            document = json.dumps({"good": True, "value": function()})
        except BaseException as error:
            document = json.dumps({"good": False, "value": f"{type(error).__name__}: {error}"[:4000]})
        data = memoryview(document.encode())
        while data:
            data = data[os.write(writing, data) :]
        status = 0
    finally:
        os._exit(status)


def held_memory() -> int:
    """The bytes of address space that this process has."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 16 << 30


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"ended by signal {os.WTERMSIG(status)} without an answer"
    return f"ended the process with status {os.waitstatus_to_exitcode(status)} without an answer"
