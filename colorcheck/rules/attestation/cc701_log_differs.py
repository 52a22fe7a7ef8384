"""A boot log differs from the model.

What it checks: with `colorcheck attest --log`, each statement of a real boot log: version, command line, probed cache,
colors of Xen and of each domain, the place of Xen, frames per color, a panic.

Why it matters: what is proved is proved of the model. A log that differs means that the board boots other files,
another Xen, or that the model is wrong.

What it cannot see: what the log does not say; `attest` reports when it says too little.

Source: boot messages of Xen 4.20 to 4.22 and the dumps of its debug keys m, H and q, held against real logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.rule import Rule, nothing

if TYPE_CHECKING:
    from colorcheck.evidence.attest import LogCheck


def findings(checks: Iterable[LogCheck]) -> Iterator[Finding]:
    """A finding for each comparison that does not agree."""
    for check in checks:
        if check.agrees is False:
            yield RULE.finding(
                f"{check.subject}: the log says {check.found}, the model {check.expected}",
                check.location,
                "make sure that the log was recorded with these files and this Xen; if it was, the model is wrong",
            )


RULE = Rule(
    "CC701",
    "log-differs",
    Severity.ERROR,
    __doc__,
    nothing,
    untestable="needs a boot log, which `verify` does not read; the tests of attest compare real logs with the model",
)
