"""A fact that a theorem depends on is open.

What it checks: whether the inputs provide every fact that the theorems use: the size and the place of Xen and of the
device tree, the banks of memory, dom0's kernel, Xen's arguments, how Xen was built. A fact that they do not give is
open.

Why it matters: an open fact may have any value. A theorem is proved only if it holds for every value; if it does not,
or if that is not known, the theorem is unknown, and the run ends undecided.

What it cannot see: what the boot loader really does; a boot script, a boot log or keys of the manifest can say so.

Source: the rules for facts in `docs/facts.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.loader.facts import OpenFact
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.facts.keys import FILE_SIZES
from colorcheck.xen.facts.met import BUDDY_HEAP


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each open fact on which a verdict depends."""
    for name, fact in _open(facts).items():
        if name in (FILE_SIZES.name, BUDDY_HEAP):
            continue  # CC218 and CC528 report them
        reading = [theorem for _, theorem in facts.theorems() if name in theorem.facts]
        waiting = dict.fromkeys(theorem.id for theorem in reading if theorem.verdict is Verdict.UNKNOWN)
        if waiting:
            listed = ", ".join(list(waiting)[:3]) + (", …" if len(waiting) > 3 else "")
            settle = "; ".join(fact.settle)
            yield RULE.finding(f"{fact.why}: undecided because of it: {listed}", fact.location, f"settle it: {settle}")


def _open(facts: Facts) -> dict[str, OpenFact]:
    found: dict[str, OpenFact] = {}
    for result in facts.results:
        if result.worlds is not None:
            found |= result.worlds.open
    return found


RULE = Rule(
    "CC517",
    "open-fact",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(placed=False, boot_arguments=BOOT_ARGUMENTS.replace("1G", "2160M")),
    good=Example(),
)
