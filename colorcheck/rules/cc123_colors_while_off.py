"""A domain has colors while coloring is off.

What it checks: `llc-colors` in the nodes of domains while nothing switches coloring on.

Why it matters: Xen panics: "'llc-colors' found, but LLC coloring is disabled". The forks of Xilinx only warn.

What it cannot see: nothing; the files alone decide this.

Source: `llc_coloring_set_domu` callers (xen/arch/arm/dom0less-build.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from colorcheck.diagnostic import Severity
from colorcheck.rules.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.rules.told import told

RULE = told(
    "CC123",
    "colors-while-off",
    Severity.ERROR,
    __doc__,
    ("coloring-off-but-colors",),
    "write llc-coloring=on among Xen's boot arguments, or delete llc-colors",
    bad=Example(boot_arguments="dom0_mem=1G", chosen=DOMAIN.format(more="cpus = <1>;")),
    good=Example(chosen=DOMAIN.format(more="cpus = <1>;")),
)
