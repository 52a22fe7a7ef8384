"""What the model needs to be exact is not given.

What it checks: whether the manifest says how large Xen's image is and where the boot loader puts Xen and the device
tree, and whether the board says how many address bits its CPU has.

Why it matters: these decide where Xen moves to and which frames are left for the colors. Without them usual values
stand in, and the frames per color may differ from the board's by some MiB.

What it cannot see: what the boot loader really does.

Source: `get_xen_paddr` and `setup_virt_paging` (xen/arch/arm, 4.20.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Kind, Rule, on, seen
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import Dom0Assumed
from colorcheck.xen.notes.machine import (
    DeviceTreeAddressUnknown,
    ImageSizeAssumed,
    PhysicalAddressBitsAssumed,
    XenAddressUnknown,
)

_ASKS: dict[Kind, str] = {
    Dom0Assumed: "dom0's kernel as a boot module",
    ImageSizeAssumed: "xen-image-size (or xen-image)",
    XenAddressUnknown: "xen-address",
    DeviceTreeAddressUnknown: "device-tree-address",
    PhysicalAddressBitsAssumed: "the board's pa_bits",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for all that is missing."""
    asks = [kind for kind in _ASKS if facts.board is not None or kind is not PhysicalAddressBitsAssumed]
    found = list(seen(facts, *asks))
    if found:
        asked = ", ".join(dict.fromkeys(_ASKS[what.kind] for what in found))
        releases = [release for what in found for release in what.releases]
        yield RULE.finding(
            f"usual values stand in for {asked}: the frames of each color are not exact{on(facts, releases)}",
            found[0].location,
            f"give {asked} (keys of [target], boot modules in the device tree)",
        )


RULE = Rule(
    "CC517",
    "placement-assumed",
    Severity.INFO,
    __doc__,
    check,
    bad=Example(placed=False),
    good=Example(),
    kinds=tuple(_ASKS),
)
