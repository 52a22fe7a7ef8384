"""A boot log differs from the model.

What it checks: each statement of the boot log that the manifest names or that is given to `colorcheck attest --log`:
version, command line, probed cache, colors of Xen and of each domain, the place of Xen, frames per color, a panic.

Why it matters: what is proved is proved about the model. A log that differs means that the board boots other files
or another Xen, or that the model is wrong.

What it cannot see: what the log does not say; `attest` reports when it says too little.

Source: boot messages of Xen 4.20 to 4.22 and the dumps of its debug keys m, H and q, compared with real logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts

if TYPE_CHECKING:
    from colorcheck.evidence.attest import LogCheck

_LOG = """(XEN) Checking for initrd in /chosen
(XEN) RAM: 0000000000000000 - 000000007fffffff
(XEN) RAM: 0000000800000000 - 000000087fffffff
(XEN)
(XEN) MODULE[0]: 0000000000200000 - 0000000000373fff Xen
(XEN) MODULE[1]: 0000000000100000 - 0000000000107fff Device Tree
(XEN) MODULE[2]: 0000000001000000 - 0000000001ffffff Kernel
(XEN) LLC coloring information:
(XEN)     Number of LLC colors supported: {}
"""


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each statement of the manifest's own log that differs from the model."""
    if facts.deployment.boot_log is None:
        return iter(())
    from colorcheck.evidence.attested import contradictions

    return findings(contradictions(facts))


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
    check,
    bad=Example(inputs='boot-log = "serial.txt"', files=(("serial.txt", _LOG.format(32)),)),
    good=Example(inputs='boot-log = "serial.txt"', files=(("serial.txt", _LOG.format(16)),)),
)
