"""A domain is given other domains' memory by address.

What it checks: the ranges of `iomem` in xl files, of `xen,reg` in partial device trees, and of `reg` of the devices
that Xen gives to dom0, that are in memory which Xen hands out: the color heap, Xen's own region and heap, boot modules.

Why it matters: Xen and xl map such a range as it is. The domain can read and write these frames regardless of their
owner: no isolation is left, of caches or of anything else.

What it cannot see: a partial device tree whose content is not known; ranges in /reserved-memory belong to no other
domain, and are reported as CC521.

Source: `handle_passthrough_prop` (xen/arch/arm, from 4.21 xen/common/device-tree), measured on 4.20 to 4.22: 16 MiB of
the color heap in a guest; `iomem` in xl.cfg(5); `map_range_to_domain` (xen/arch/arm/device.c), measured on 4.20 and
4.22: dom0 gets the range, whether the device is disabled or not.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.core.witness import PairWitness, Witness
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts


def is_given(witness: Witness | None) -> bool:
    """Whether a pair is refuted by memory that one of the two is given by address."""
    return isinstance(witness, PairWitness) and witness.given is not None


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each range that refutes a separation."""
    reported: dict[str, tuple[list[str], Theorem]] = {}
    for release, theorem in facts.theorems():
        if theorem.kind != TheoremKind.PAIR_SEPARATION or theorem.verdict is not Verdict.REFUTED:
            continue
        if is_given(theorem.witness) and theorem.core:
            reported.setdefault(theorem.reason, ([], theorem))[0].append(release)
    for reason, (releases, theorem) in reported.items():
        yield RULE.finding(
            f"{reason}: it can read and write the frames of every domain there" + on(facts, dict.fromkeys(releases)),
            theorem.core[0].location,
            "share memory through grants or static shared memory, and give only device registers by address; "
            "memory of a device, such as a frame buffer, belongs into /reserved-memory",
            related=theorem.core[1:],
            witness=theorem.witness,
        )


RULE = Rule(
    "CC406",
    "memory-given",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST + 'iomem = ["70000,100"]\n'),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
