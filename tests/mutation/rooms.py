"""What `make mutate` found, by room: how many mutants a test noticed, of those that were run.

`python -m tests.mutation.rooms` after `mutmut run`; it names the mutants that no test noticed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

MUTANTS = Path("mutants")
NOTICED = {1, 3, 24, 36, 152, 255, -24}
"""Exit statuses of a mutant's tests, as mutmut keeps them: a test failed, or did not end in time."""
NO_TESTS = {5, 33}
LEFT_OUT = {2, 34}
"""Interrupted or skipped."""


def statuses(folder: Path) -> dict[str, int]:
    """The mutants that were run, with the exit status of their tests."""
    found: dict[str, int] = {}
    for file in sorted(folder.rglob("*.meta")):
        given = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
        found |= {name: each for name, each in given.items() if each is not None and each not in LEFT_OUT}
    return found


def room(mutant: str) -> str:
    """`xen.memory` of a mutant in there, `proof` of one that lies in no room below it."""
    parts = mutant.split(".")[1:-1]
    return ".".join(parts[:-1][:2]) or parts[0]


def main() -> None:
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    alive = []
    for mutant, status in statuses(MUTANTS).items():
        counts[room(mutant)][status in NOTICED] += 1
        if status not in NOTICED:
            alive.append(f"{mutant}: {'no tests' if status in NO_TESTS else 'survived'}")
    print("\n".join(alive))
    for name, of in [*sorted(counts.items()), ("together", sum(counts.values(), Counter()))]:
        total = sum(of.values())
        print(f"{name:15} {of[True]:5} of {total:5} noticed ({of[True] / max(total, 1):.0%})")


if __name__ == "__main__":
    main()
