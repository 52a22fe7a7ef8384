"""Which mutants are judged, and by which tests."""

from __future__ import annotations

import fnmatch
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Covered(NamedTuple):
    """A test that passes without a mutant; its file is named by its contents. Seconds are the processor's."""

    test: str
    file: str
    seconds: float
    functions: frozenset[str]


class Covering(NamedTuple):
    """What the tests run; `importing` are functions that already run when the program is imported."""

    tests: tuple[Covered, ...]
    importing: frozenset[str]


def read_covering(path: Path) -> Covering:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = {line["test"]: line for line in lines if "test" in line}
    tests = (
        Covered(name, line["file"], line["seconds"], frozenset(map(sys.intern, line["functions"])))
        for name, line in last.items()
        if line["passed"]
    )
    importing = (name for line in lines for name in line.get("importing", ()))
    return Covering(tuple(tests), frozenset(importing))


def only_importing(function: str, covering: Covering) -> bool:
    """Whether a function runs when the program or the tests are imported, and in no test."""
    return function in covering.importing and not any(function in each.functions for each in covering.tests)


def judges(function: str, covering: Covering, seconds: float) -> list[Covered]:
    """The tests that run a function, as many as these seconds allow: one case of each, then another, cheap first.

    Any test may depend on what runs only when the program is imported.
    """
    every = only_importing(function, covering)
    rounds: dict[str, int] = defaultdict(int)
    order = []
    for each in covering.tests:
        if every or function in each.functions:
            test = each.test.partition("[")[0]
            order.append((rounds[test], each.seconds, each))
            rounds[test] += 1
    chosen: list[Covered] = []
    left = seconds
    for _, cost, each in sorted(order, key=lambda one: one[:2]):
        if cost <= left or not chosen:
            chosen.append(each)
            left -= cost
    return chosen


def drawn(mutants: Iterable[str], patterns: Sequence[str], sample: int | None, seed: int) -> list[str]:
    """The mutants that are asked for. A larger sample of the same seed begins with the smaller one."""
    wanted = sorted(name for name in mutants if not patterns or any(fnmatch.fnmatch(name, each) for each in patterns))
    random.Random(seed).shuffle(wanted)
    return wanted[:sample]
