"""A boot of this very binary differed from the model.

What it checks: the differences in the evidence that the manifest names as `xen-attested`.

Why it matters: what is proved is proved about the model. If this binary was seen to behave differently, a proof that
depends on that part of the model may be wrong.

What it cannot see: whether the difference affects this deployment; it may be in a part that is not used here.

Source: `colorcheck boot` under QEMU.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts

_IMAGE = "0123456789abcdef\0\0\x20\0\0\0\0\0".ljust(56, "\0") + "ARMd\0\0\0\0"  # the header of a Xen of 2 MiB
_HASH = "fa197b28fc8447948c7570f25e61e2e56adbfeb068038c7b516c2da77ccc995e"
_EVIDENCE = f"""{{"schema": "colorcheck/xen-attested/1", "sha256": "{_HASH}", "version": "4.20.4",
"release": "4.20.4", "kconfig": "", "qemu": "7.2", "tool_version": "", "boots": [{{"name": "0/1",
"system": "cortex-a53", "result": "%s", "reason": "", "release": "4.20.4", "compared": [], "differences": []}}]}}"""


def _example(result: str) -> Example:
    files = (("xen", _IMAGE), ("xen-attested.json", _EVIDENCE % result))
    return Example(target='xen-image = "xen"\nxen-attested = "xen-attested.json"', files=files)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for all differences of the evidence."""
    evidence = facts.deployment.xen_attested
    if evidence is None or not evidence.differing:
        return
    first = evidence.differing[0]
    what = first.differences[0] if first.differences else first.reason
    yield RULE.finding(
        f"{len(evidence.differing)} of {len(evidence.boots)} boots of this Xen differ from the model, e.g. {what}",
        facts.manifest.location("target.xen-attested"),
        "read the smallest cases in the file; report them if this Xen is an unpatched release",
    )


RULE = Rule(
    "CC703",
    "xen-differs",
    Severity.ERROR,
    __doc__,
    check,
    bad=_example("differs"),
    good=_example("agrees"),
)
