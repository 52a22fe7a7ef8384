"""The properties of a dom0less domain's node that each release of Xen reads; it ignores others in silence.

Source: what `create_domUs`, `construct_domU` and the functions that they call look up (xen/arch/arm/dom0less-build.c,
from 4.21 also xen/common/device-tree and xen/arch/arm/firmware/sci.c), RELEASE-4.20.4, 4.21.2 and 4.22.0. None of them
looks at `status`.
"""

from __future__ import annotations

DOMAIN_4_20: frozenset[str] = frozenset(
    [
        "cpus",
        "direct-map",
        "domain-cpupool",
        "llc-colors",
        "max_grant_frames",
        "max_grant_version",
        "max_maptrack_frames",
        "memory",
        "nr_spis",
        "passthrough",
        "sve",
        "vpl011",
        "xen,domain-p2m-mem-mb",
        "xen,enhanced",
        "xen,static-mem",
    ]
)

DOMAIN_4_21: frozenset[str] = DOMAIN_4_20 | {"capabilities", "trap-unmapped-accesses", "xen,sci_type"}

DOMAIN_4_22: frozenset[str] = DOMAIN_4_21 | {"v8r_el1_msa"}

ANY_NODE: frozenset[str] = frozenset(
    ["#address-cells", "#size-cells", "compatible", "linux,phandle", "name", "phandle", "ranges", "reg"]
)
"""Properties of nodes in general, which say how others are to be read or name the node."""
