"""The lowest boot region goes to the uncolored heap as a whole.

What it checks: how much memory is below the first boot module or reservation. That region goes to the buddy heap as a
whole, whatever its size, in addition to `buddy-alloc-size`.

Why it matters: with the first module 128 MiB above the start of memory, 128 MiB are lost for all colors. Loading one
module near the start of memory recovers them.

What it cannot see: whether the boot loader can load lower.

Source: `end_boot_allocator` (xen/common/page_alloc.c, 4.20 to 4.22); measured: 192 MiB instead of 64 with the blob
128 MiB above the start of memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.units import MIB_PAGES, PAGE, size_of_pages
from colorcheck.replay.changes import builds, moved_module
from colorcheck.rules.example import Example
from colorcheck.rules.facts.memory import swallowed
from colorcheck.rules.facts.release_results import alike, boots, place
from colorcheck.rules.facts.repairs import moved, told_change, won
from colorcheck.rules.facts.witnesses import LowestRegion
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot

LARGE = 64 * MIB_PAGES  # pages; as much as the default reserve
SHARE = 32  # regions below 1 / SHARE of all colored memory are not reported


def check(facts: Facts) -> Iterator[Finding]:
    """A finding if the region is large, both absolutely and relative to the memory of the colors."""
    for boot, releases in alike(boots(facts), swallowed):
        region = swallowed(boot)
        if boot.panic is None and region and region[1] > LARGE and region[1] * SHARE > sum(boot.free_initial):
            yield _finding(facts, boot, region, releases)


def _finding(facts: Facts, boot: Boot, region: tuple[int, int], releases: tuple[str, ...]) -> Finding:
    first, pages = region
    end = (first + pages) * PAGE
    found = moved_module(boot, lambda after: builds(boot, after))
    if found:
        each = won(found, boot) // (boot.system.nr_colors or 1)
        help_text = f"{moved(found)}: that gives each color {size_of_pages(each)} more (booted in the model)"
    else:
        help_text = f"place something small near {first * PAGE:#x}: a boot module or a reserved page"
    return RULE.finding(
        f"{size_of_pages(pages)} from {first * PAGE:#x} to {end:#x}, the lowest boot region, goes to the uncolored "
        f"heap as a whole; no domain can use it{on(facts, releases)}",
        place(facts, facts.manifest.location("target.device-tree-address")),
        help_text,
        witness=LowestRegion((first * PAGE, end), pages, told_change(found) if found else None),
    )


RULE = Rule(
    "CC506",
    "lowest-region-uncolored",
    Severity.INFO,
    __doc__,
    check,
    bad=Example(
        kernel="""module@21000000 {
            compatible = "multiboot,kernel", "multiboot,module";
            reg = <0x0 0x21000000 0x0 0x1000000>;
        };""",
        device_tree_address=0x20000000,
        xen_address=0x22000000,
    ),
    good=Example(),
)
