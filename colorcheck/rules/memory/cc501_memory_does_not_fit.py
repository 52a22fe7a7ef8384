"""The memory of a domain does not fit the frames that its colors have left.

What it checks: for each domain, in the order of creation, its memory with its P2M pool (dom0: its P2M tables) against
the free frames of its distinct colors after Xen, modules, the buddy heap and the domains before it have taken theirs.

Why it matters: a colored domain gets frames of its own colors only; there is no fallback. A color holds its share of
the memory in the color heap: 256 MiB of 4 GiB with 16 colors. If dom0 or a dom0less domain does not fit, Xen
panics at boot; xl's creation of a guest fails.

What it cannot see: what domains take later at run time: grant mappings and foreign mappings grow dom0's P2M.

Source: `alloc_color_heap_page` and `p2m_set_allocation` (Xen 4.20 to 4.22); measured to the page on 340 boots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.core.source import Location
from colorcheck.core.units import size_of_pages
from colorcheck.replay.changes import Change
from colorcheck.rules.example import Example
from colorcheck.rules.facts.memory import available, last_frame, missing, runs_out_first
from colorcheck.rules.facts.release_results import boots
from colorcheck.rules.facts.repairs import in_words, repairs, told_change
from colorcheck.rules.facts.witnesses import LastFrame, MemoryThatDoesNotFit
from colorcheck.rules.rule import Rule, on
from colorcheck.rules.words import says
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import DomainKind, FailureKind
from colorcheck.xen.notes.boot import FailedCreationKeepsMemory


@says(FailedCreationKeepsMemory)
def _failed_creation_keeps_memory(note: FailedCreationKeepsMemory) -> str:
    return (
        f"the {note.pages} frames that {note.domain} had taken when its creation failed never return to its colors: "
        f"whatever is created later finds less"
    )


_MENDED = 6  # domains for which repairs are searched: each search boots the model
_CONSEQUENCE = {
    DomainKind.DOM0: "Xen panics when it builds dom0",
    DomainKind.DOM0LESS: "Xen panics when it builds this domain",
    DomainKind.XL: "xl cannot create it",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each domain that lacks frames, with the figures of the release under which it lacks most."""
    lacking: dict[tuple[str, Location], list[tuple[str, Boot, Built]]] = {}
    for release, boot in boots(facts):
        for built in boot.built if any(boot.free_initial) else ():
            if (
                built.failure
                and built.failure.kind is FailureKind.DOMAIN_MEMORY
                and missing(built)
                and built.domain.colors
            ):
                key = (built.domain.name, built.domain.location)
                lacking.setdefault(key, []).append((release, boot, built))
    for number, found in enumerate(lacking.values()):
        _, boot, built = max(found, key=lambda entry: missing(entry[2]))
        repaired = repairs(boot, built) if number < _MENDED else ()
        yield _finding(facts, (boot, built), [release for release, _, _ in found], repaired)


def _finding(facts: Facts, where: tuple[Boot, Built], releases: list[str], found: Sequence[Change]) -> Finding:
    boot, built = where
    domain, colors = built.domain, ColorSet.of(built.domain.colors)
    text = "; or ".join(in_words(change, boot, built) for change in found)
    first = runs_out_first(built)
    return RULE.finding(
        f"{domain.name} needs {size_of_pages(domain.needed_pages)} (memory {size_of_pages(domain.pages)}, P2M "
        f"{size_of_pages(domain.needed_pages - domain.pages)}) but its colors {colors} have "
        f"{size_of_pages(available(built))} left: "
        f"{size_of_pages(missing(built))} missing, color {first} runs out first; "
        f"{_CONSEQUENCE[domain.kind]}{on(facts, releases)}",
        domain.memory_location,
        f"{text} (booted in the model, each alone is enough)"
        if text
        else "give it less memory, or add memory to the board",
        related=(Related(domain.location, f"{domain.name} has {colors.named}"),),
        witness=MemoryThatDoesNotFit(
            needed_pages=domain.needed_pages,
            free_pages={color: built.free_before[color] for color in colors if color < len(built.free_before)},
            missing_pages=missing(built),
            runs_out_first=LastFrame(first, last_frame(built, first)),
            taken_pages=built.frames.count,
            changes=tuple(map(told_change, found)),
        ),
    )


RULE = Rule(
    "CC501",
    "memory-does-not-fit",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(boot_arguments="llc-coloring=on dom0_mem=1600M xen-llc-colors=0-3 dom0-llc-colors=4-7"),
    good=Example(boot_arguments="llc-coloring=on dom0_mem=1600M xen-llc-colors=0-3 dom0-llc-colors=4-10"),
    kinds=(FailedCreationKeepsMemory,),
)
