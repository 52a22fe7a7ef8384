"""A pytest plugin: whether the tests that run a function notice its mutants, for `tests.mutation.run`.

All tests are collected once, with the program as it is. Each mutant then gets a process forked from there: no start, no
import, no collection, and nothing that another mutant left behind.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import mutmut.mutation.trampoline
import pytest

from tests.mutation.covering import Caches

MEMORY = 6 << 30
"""Bytes. A mutant that fills the memory fails."""


WARM_UP = 60
"""Tests that run without a mutant first, so that grammars and boards are read once and not for each mutant."""


class Asked(TypedDict):
    """A mutant, what identifies its function and its tests, these tests, and the seconds that they take without it.

    `importing`: its function already runs when the program is imported.
    """

    mutant: str
    function: str
    importing: bool
    tests_are: str
    tests: list[str]
    seconds: float


class Judging:
    """In place of pytest's loop over the tests: a loop over mutants, which writes a line of JSON for each."""

    def __init__(self, asked: Path, to: Path) -> None:
        self._asked: list[Asked] = json.loads(asked.read_text(encoding="utf-8"))
        self._to = to
        self._caches = Caches()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("not everything can be imported")
        items = {item.nodeid: item for item in session.items}
        if not any(asked["importing"] for asked in self._asked):
            longest = max((asked["tests"] for asked in self._asked), key=len, default=[])
            for test in longest[:WARM_UP]:
                items[test].config.hook.pytest_runtest_protocol(item=items[test], nextitem=None)
        self._caches.forget()
        gc.freeze()  # what a child does not touch stays shared with it
        noticing = Counter(self._noticed_before())  # tests that noticed other mutants come first
        for asked in self._asked:
            named = sorted(asked["tests"], key=lambda test: -noticing[test])
            tests = [items[test] for test in named if test in items]  # a mutant that is imported may change their names
            began = time.monotonic()
            answer, by = self._judged(session, asked["mutant"], tests, asked["seconds"])
            took = round(time.monotonic() - began, 1)
            noticing[by or ""] += 1
            line = asked | {"answer": answer, "by": by, "tests": len(tests), "took": took}
            with self._to.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        return True

    def _noticed_before(self) -> Iterator[str]:
        if self._to.exists():
            for line in self._to.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)["by"] or ""

    def _judged(
        self, session: pytest.Session, mutant: str, tests: list[pytest.Item], seconds: float
    ) -> tuple[str, str | None]:
        """What came out, and the test that noticed."""
        if not tests:
            return "no tests", None
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            self._in_child(session, mutant, tests, seconds, writing)
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return "stopped", said or None
        return ("noticed", said) if os.WEXITSTATUS(status) else ("survived", None)

    def _in_child(
        self, session: pytest.Session, mutant: str, tests: list[pytest.Item], seconds: float, writing: int
    ) -> None:
        limit = math.ceil(3 * seconds + 20)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        status = 0
        try:
            self._caches.forget()
            mutmut.mutation.trampoline.set_mutant_under_test(mutant)
            for at, item in enumerate(tests):
                following = tests[at + 1] if at + 1 < len(tests) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    os.write(writing, item.nodeid.encode())
                    status = 1
                    break
        except BaseException as error:
            os.write(writing, f"{type(error).__name__} outside of a test".encode())
            status = 1
        finally:
            os._exit(status)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Judging(Path(os.environ["ASKED"]), Path(os.environ["ANSWERS"])))
