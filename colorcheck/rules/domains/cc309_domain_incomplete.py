"""A dom0less domain lacks something that Xen requires, or has a number that Xen does not take.

What it checks: `memory`, `cpus` and a kernel module in each node compatible with `xen,domain`; the values of `cpus`,
`nr_spis`, `max_grant_version`, `max_grant_frames`, `max_maptrack_frames`, `trap-unmapped-accesses`.

Why it matters: Xen panics at boot over a missing or refused property, and cannot start a domain without a kernel.

What it cannot see: whether the kernel boots.

Source: `create_domUs`, `construct_domU` and `kernel_probe` (xen/arch/arm/dom0less-build.c, from 4.21
xen/common/device-tree), measured on 4.20 to 4.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.index import Kind
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import DomainWithoutKernel, MissingProperty, PropertyRefused


@says(DomainWithoutKernel)
def _domain_without_kernel(note: DomainWithoutKernel) -> str:
    return f"{note.domain} has no kernel module: Xen cannot start it"


@says(MissingProperty)
def _missing_property(note: MissingProperty) -> str:
    return f"the node {note.domain} lacks a usable property '{note.property_}', which Xen requires"


@says(PropertyRefused)
def _property_refused(note: PropertyRefused) -> str:
    return f'{note.property_} of {note.domain} is {note.value}: Xen panics, "{note.panic}"'


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

_ADD = "add it to the domain's node"
_HELP: dict[Kind, str] = {
    MissingProperty: _ADD,
    DomainWithoutKernel: _ADD,
    PropertyRefused: "write a number that Xen takes, or leave the property out",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each property or kernel that is missing, and for each number that stops Xen."""
    for what in seen(facts, *_HELP):
        yield from_seen(RULE, facts, what, _HELP[what.kind])


RULE = Rule(
    "CC309",
    "domain-incomplete",
    Severity.ERROR,
    __doc__,
    check,
    kinds=tuple(_HELP),
    bad=Example(chosen=DOMAIN.format(more="")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
