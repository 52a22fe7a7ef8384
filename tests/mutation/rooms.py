"""What `make mutate` found, by room: how many mutants a test noticed, of those that were run.

`python -m tests.mutation.rooms` after `mutmut run`; it names the mutants that no test noticed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

MUTANTS = Path("mutants")
KINDS = {0: "survived", 1: "killed", 3: "killed", 5: "survived", 33: "no tests", 36: "timeout", 24: "timeout"}
"""What mutmut's exit statuses of a mutant's tests mean; others are faults of the process, which is noticed too."""


def statuses(folder: Path) -> dict[str, int]:
    """The mutants that were run, with the exit status of their tests."""
    found: dict[str, int] = {}
    for file in sorted(folder.rglob("*.meta")):
        given = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
        found |= {name: status for name, status in given.items() if status is not None}
    return found


def room(mutant: str) -> str:
    """`xen.memory` of a mutant in there, `proof` of one that lies in no room below it."""
    parts = mutant.split(".")[1:-1]
    return ".".join(parts[:-1][:2]) or parts[0]


def main() -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    alive = []
    for mutant, status in statuses(MUTANTS).items():
        kind = KINDS.get(status, "killed")
        counts[room(mutant)][kind] += 1
        if kind in {"survived", "no tests"}:
            alive.append(f"{mutant}: {kind}")
    print("\n".join(alive))
    for name, of in [*sorted(counts.items()), ("together", sum(counts.values(), Counter()))]:
        noticed, total = of["killed"] + of["timeout"], sum(of.values())
        print(f"{name:15} {noticed:5} of {total:5} noticed ({noticed / max(total, 1):.0%})")


if __name__ == "__main__":
    main()
