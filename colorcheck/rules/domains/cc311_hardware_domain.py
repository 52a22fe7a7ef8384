"""A domain of the device tree cannot be the hardware domain.

What it checks: `capabilities` of dom0less domains: bits that Xen does not know, a second hardware domain or one beside
dom0, a hardware domain without an IOMMU, and what it must not have: `passthrough`, a partial device tree, `nr_spis`.

Why it matters: Xen panics while it reads the domain's node.

What it cannot see: an IOMMU for which this Xen was built without a driver.

Source: `parse_dom0less_node` (xen/common/device-tree, 4.21.2, 4.22.0), measured on 52 boots.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.xen.notes.domains import HardwareDomainRefused

RULE = from_notes(
    "CC311",
    "hardware-domain",
    Severity.ERROR,
    __doc__,
    (HardwareDomainRefused,),
    bad=Example(xen="4.21", kernel="", chosen=DOMAIN.format(more="cpus = <1>; capabilities = <2>;")),
    good=Example(xen="4.21", chosen=DOMAIN.format(more="cpus = <1>; capabilities = <1>;")),
)
