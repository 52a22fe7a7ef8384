"""The memory of a domain does not fit the frames that its colors have left.

What it checks: for each domain, in the order of creation, its memory with its P2M pool (dom0: its P2M tables) against
the free frames of its distinct colors after Xen, modules, the buddy heap and the domains before it took theirs.

Why it matters: a colored domain gets frames of its own colors only; there is no fallback. A color holds its share of
the memory that goes to the color heap: 256 MiB of 4 GiB with 16 colors. If dom0 or a dom0less domain does not fit, Xen
panics at boot; xl's creation of a guest fails.

What it cannot see: what domains take later at run time: grant mappings and foreign mappings grow dom0's P2M.

Source: `alloc_color_heap_page` and `p2m_set_allocation` (Xen 4.20 to 4.22); measured to the page on 340 boots.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.colors import ColorSet
from colorcheck.diagnostic import Finding, Related, Severity
from colorcheck.results import Facts
from colorcheck.rules.example import Example
from colorcheck.rules.lookup import boots
from colorcheck.rules.memory_facts import MIB, available, missing, repairs, size, swallowed
from colorcheck.rules.rule import Rule, on
from colorcheck.xen.system import Boot, Built, DomainKind

_CONSEQUENCE = {
    DomainKind.DOM0: "Xen panics when it builds dom0",
    DomainKind.DOM0LESS: "Xen panics when it builds this domain",
    DomainKind.XL: "xl cannot create it",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain that lacks frames, alike ones of several Xens once."""
    told: dict[tuple[str, int], tuple[Boot, Built, list[str]]] = {}
    for line, boot in boots(facts):
        for built in boot.built if any(boot.free_initial) else ():
            if not built.created and missing(built) and built.domain.colors:
                told.setdefault((built.domain.name, missing(built)), (boot, built, []))[2].append(line)
    for boot, built, lines in told.values():
        yield _finding(facts, boot, built, lines)


def _finding(facts: Facts, boot: Boot, built: Built, lines: list[str]) -> Finding:
    domain, colors = built.domain, ColorSet.of(built.domain.colors)
    first = min(colors, key=lambda color: built.free_before[color] if color < len(built.free_before) else 0)
    lost = swallowed(boot)
    help_text = "; or ".join(repairs(boot, built)) or "give it less memory, or the board more"
    if lost and lost[1] > 64 * MIB:
        help_text += f"; or load the boot modules lower, which wins back up to {size(lost[1])} from the uncolored heap"
    return RULE.finding(
        f"{domain.name} needs {size(domain.needed_pages)} (memory {size(domain.pages)}, P2M "
        f"{size(domain.needed_pages - domain.pages)}) but its colors {colors} have {size(available(built))} left: "
        f"{size(missing(built))} missing, color {first} runs out first; {_CONSEQUENCE[domain.kind]}{on(facts, lines)}",
        domain.memory_location,
        help_text,
        related=(Related(domain.location, f"{domain.name} has colors {colors}"),),
        witness={
            "needed_pages": domain.needed_pages,
            "free_pages": {color: built.free_before[color] for color in colors if color < len(built.free_before)},
            "missing_pages": missing(built),
        },
    )


RULE = Rule(
    "CC501",
    "memory-does-not-fit",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on dom0_mem=1600M xen-llc-colors=0-3 dom0-llc-colors=4-7"),
    good=Example(boot_arguments="llc-coloring=on dom0_mem=1600M xen-llc-colors=0-3 dom0-llc-colors=4-10"),
    kinds=("failed-creation-keeps-memory",),
)
