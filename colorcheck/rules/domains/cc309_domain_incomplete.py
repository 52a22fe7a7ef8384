"""A dom0less domain lacks something that Xen requires.

What it checks: `memory`, `cpus` and a kernel module in each node compatible with `xen,domain`.

Why it matters: Xen panics at boot over a missing property, and cannot start a domain without a kernel.

What it cannot see: whether the kernel boots.

Source: `construct_domU` and `kernel_probe` (xen/arch/arm/dom0less-build.c, 4.20.4).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.notes.domains import DomainWithoutKernel, MissingProperty


@says(DomainWithoutKernel)
def _domain_without_kernel(note: DomainWithoutKernel) -> str:
    return f"{note.domain} has no kernel module: Xen cannot start it"


@says(MissingProperty)
def _missing_property(note: MissingProperty) -> str:
    return f"the node {note.domain} lacks a usable property '{note.property_}', which Xen requires"


DOMAIN_PLAIN = """domU1 {{
            compatible = "xen,domain";
            #address-cells = <2>;
            #size-cells = <2>;
            memory = <0x0 0x20000>;
            {more}
            module@3000000 {{
                compatible = "multiboot,kernel", "multiboot,module";
                reg = <0x0 0x3000000 0x0 0x1000000>;
            }};
        }};"""
DOMAIN = DOMAIN_PLAIN.replace("{more}", 'llc-colors = "11-14"; {more}')

RULE = from_notes(
    "CC309",
    "domain-incomplete",
    Severity.ERROR,
    __doc__,
    (MissingProperty, DomainWithoutKernel),
    "add it to the domain's node",
    bad=Example(chosen=DOMAIN.format(more="")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
