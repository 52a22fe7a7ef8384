"""A pytest plugin: which functions each test runs, for `tests.mutation.run`.

It works in the copy of the program that mutmut wrote, where each function reports that it was called. What a fixture of
a whole module runs counts for every test that uses it; what another test left in a cache is forgotten.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mutmut.mutation.trampoline
import pytest

SECONDS = 60
"""A test that takes longer fails, and judges no mutant."""
_called: set[str] = set()


def _record(name: str, caller: str | None = None) -> None:
    _called.add(name)


mutmut.mutation.trampoline.record_trampoline_hit = _record  # now, to see also what runs while tests are imported


_ROOMS = ("xen", "replay", "proof", "verification", "plan", "rules", "workflows")
RUNS_THE_MODEL = ("tests", *(f"colorcheck.{room}" for room in _ROOMS))
"""Packages that may keep results of a function with mutants. Files that were read stay read."""


class Caches:
    """The caches of functions that may keep what a mutant changes. Looked for again when more modules are there."""

    def __init__(self) -> None:
        self._modules = 0
        self._caches: list[functools._lru_cache_wrapper[object]] = []

    def forget(self) -> None:
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            found = (each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper))
            self._caches = [each for each in found if each.__module__.startswith(RUNS_THE_MODEL)]
        for each in self._caches:
            each.cache_clear()


class Covering:
    """Writes a line of JSON for each test: its name, the processor's seconds, whether it passed, the functions."""

    def __init__(self, to: Path, known: frozenset[tuple[str, str]]) -> None:
        self._to = to
        self._known = known
        self._caches = Caches()
        self._of_fixtures: dict[object, frozenset[str]] = {}
        self._passed = True
        signal.signal(signal.SIGALRM, _too_long)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept = [item for item in items if (item.nodeid, _contents(item.path)) not in self._known]
        config.hook.pytest_deselected(items=list(set(items) - set(kept)))
        items[:] = kept

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._write({"importing": sorted(_called)})

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        before = _called.copy()
        _called.clear()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._of_fixtures[fixturedef] = frozenset(_called)
            _called.update(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Iterator[None]:
        self._caches.forget()
        _called.clear()
        self._passed = True
        before = time.process_time()
        signal.alarm(SECONDS)
        try:
            return (yield)
        finally:
            signal.alarm(0)
            fixtures = [each for of in item._fixtureinfo.name2fixturedefs.values() for each in of]
            functions = _called.union(*(self._of_fixtures.get(each, frozenset()) for each in fixtures))
            self._write(
                {
                    "test": item.nodeid,
                    "file": _contents(item.path),
                    "seconds": round(time.process_time() - before, 4),
                    "passed": self._passed,
                    "functions": sorted(functions),
                }
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._passed &= report.passed

    def _write(self, line: dict[str, object]) -> None:
        with self._to.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@functools.cache
def _contents(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _too_long(*_: object) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


def pytest_configure(config: pytest.Config) -> None:
    to = Path(os.environ["COVERING"])
    lines = [json.loads(line) for line in to.read_text(encoding="utf-8").splitlines()] if to.exists() else []
    known = frozenset((line["test"], line["file"]) for line in lines if "test" in line)
    config.pluginmanager.register(Covering(to, known))
