"""The lowest boot region takes almost all memory, and no colored domain can be built.

What it checks: boots in which the uncolored heap gets more of the memory than all colors together, because everything
that is loaded or reserved is high in memory, and in which Xen then panics for lack of colored memory.

Why it matters: the lowest region goes to the buddy heap as a whole. Firmware that allocates from the top, as EDK2 does,
leaves nothing low in memory: 4.21 and 4.22 then panic with almost all memory free. 4.20 makes a bank of every entry of
the firmware's map, so an upgrade breaks a system that used to start.

What it cannot see: whether the firmware can load lower.

Source: `end_boot_allocator` (xen/common/page_alloc.c, 4.20 to 4.22); measured with EDK2: a reserved node of 2 MiB low
in memory helps, as does `-mapbs`; `/memreserve/` does not, because Xen's EFI loader deletes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import PAGE, size_of_pages
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.rules.example import Example
from colorcheck.rules.facts.memory import swallowed
from colorcheck.rules.facts.release_results import alike, panicking, place
from colorcheck.rules.facts.witnesses import LowestRegionTakesAll
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.subjects import RESERVE
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import FailureKind

_LOW = 1 << 20  # bytes above the start of memory, where a reserved node was measured to help
_SMALL = 2 << 20  # bytes of that node


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the region is larger than all colored memory and the boot ends for lack of it."""
    for boot, releases in alike(panicking(facts), swallowed):
        region, panic = swallowed(boot), boot.panic
        if panic is None or region is None or panic.kind is not FailureKind.DOMAIN_MEMORY:
            continue
        start, pages = region[0] * PAGE, region[1]
        if pages > sum(boot.free_initial):
            yield RULE.finding(
                f"{size_of_pages(pages)} from {start:#x} on go to the uncolored heap, because nothing is loaded or "
                f"reserved low in memory; the colors have {size_of_pages(sum(boot.free_initial))} together: Xen "
                f"panics{on(facts, releases)}",
                place(facts, facts.manifest.location("inputs.device-tree")),
                _help(start, by_uefi=facts.deployment.manifest.target.loader is Loader.UEFI),
                about=(RESERVE,),
                witness=LowestRegionTakesAll((start, start + pages * PAGE), pages, sum(boot.free_initial)),
            )


def _help(start: int, *, by_uefi: bool) -> str:
    at = start + _LOW
    cells = f"<{at >> 32:#x} {at & 0xFFFFFFFF:#x} 0x0 {_SMALL:#x}>"
    node = f"low@{at:x} {{ reg = {cells}; }}; in /reserved-memory"
    if not by_uefi:
        return f"load a boot module low in memory, or reserve a small range there: {node}"
    return (
        f"reserve a small range low in memory: {node} (not by /memreserve/, which Xen's EFI loader deletes); or "
        f"start Xen's "
        "EFI binary with -mapbs"
    )


RULE = Rule(
    "CC509",
    "lowest-region-takes-all",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        memory="<0x0 0x0 0x0 0x80000000>",
        kernel="""module@7c000000 {
            compatible = "multiboot,kernel", "multiboot,module";
            reg = <0x0 0x7c000000 0x0 0x1000000>;
        };""",
        device_tree_address=0x7D000000,
        xen_address=0x7D200000,
    ),
    good=Example(),
)
