"""Something needs a dom0, and there is none.

What it checks: xl guests, and dom0less domains with `xen,enhanced`, in a deployment without a dom0 kernel module.
From 4.21 on a domain of the device tree with `capabilities` may take dom0's role: bit 1 to run xl, bit 4 for Xenstore.

Why it matters: xl runs in dom0. `xen,enhanced` promises Xenstore, which lives there too; Xen panics.

What it cannot see: whether the control domain has xl.

Source: `create_domUs` (xen/arch/arm/dom0less-build.c, 4.20.4; xen/common/device-tree/dom0less-build.c, 4.21.2).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import EnhancedWithoutDom0, NoDom0ForXl


@says(EnhancedWithoutDom0)
def _enhanced_without_dom0(note: EnhancedWithoutDom0) -> str:
    others = " or a domain with capabilities 4" if note.other_domain_may else ""
    return f"{note.domain} is xen,enhanced, which needs dom0{others} for Xenstore: Xen panics"


@says(NoDom0ForXl)
def _no_dom0_for_xl(note: NoDom0ForXl) -> str:
    return f"{note.domain} cannot be created: there is no dom0 to run xl"


RULE = from_notes(
    "CC310",
    "needs-dom0",
    Severity.ERROR,
    __doc__,
    "add dom0's kernel as a boot module to /chosen",
    bad=Example(
        boot_arguments="llc-coloring=on xen-llc-colors=0-1",
        kernel="",
        chosen=DOMAIN.format(more="cpus = <1>;").replace("11-14", "15"),
        guests=(("rt.cfg", GUEST),),
    ),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
