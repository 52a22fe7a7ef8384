"""A domain of the device tree cannot be the hardware domain.

What it checks: `capabilities` of dom0less domains: bits that Xen does not know, a second hardware domain or one in
addition to dom0, a hardware domain without an IOMMU, and what it must not have: `passthrough`, a partial device tree,
`nr_spis`.

Why it matters: Xen panics while it reads the domain's node.

What it cannot see: an IOMMU for which this Xen was built without a driver.

Source: `parse_dom0less_node` (xen/common/device-tree, 4.21.2, 4.22.0), measured on 52 boots.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import HardwareDomainFault, HardwareDomainRefused

_ADVICE = {
    HardwareDomainFault.UNKNOWN_CAPABILITIES: "use 1 (control), 2 (hardware) and 4 (xenstore)",
    HardwareDomainFault.SECOND: "delete one of the two",
    HardwareDomainFault.SECOND_XENSTORE: "delete one of the two",
    HardwareDomainFault.NO_IOMMU: "enable an IOMMU that Xen drives in the device tree, or start dom0 instead",
}
KINDS = (HardwareDomainRefused,)


@says(HardwareDomainRefused)
def _hardware_domain_refused(note: HardwareDomainRefused) -> str:
    if note.fault is HardwareDomainFault.SECOND_XENSTORE:
        return f'{note.domain} is a second xenstore domain: Xen panics, "{note.panic}"'
    return f'{note.domain} cannot have the role given by its capabilities: Xen panics, "{note.panic}"'


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note, with what to write instead."""
    for what in seen(facts, *KINDS):
        if isinstance(what.source, HardwareDomainRefused):
            yield from_seen(RULE, facts, what, _ADVICE.get(what.source.fault, "delete it"))


RULE = Rule(
    "CC311",
    "hardware-domain",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(xen="4.21", kernel="", chosen=DOMAIN.format(more="cpus = <1>; capabilities = <2>;")),
    good=Example(xen="4.21", chosen=DOMAIN.format(more="cpus = <1>; capabilities = <1>;")),
    kinds=KINDS,
)
