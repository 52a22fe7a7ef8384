"""What no version of Xen can do: take more memory from some colors than the whole board has in them."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.units import PAGE, size_of_pages
from colorcheck.core.witness import MissingFrames
from colorcheck.proof.counting import hall_set
from colorcheck.proof.obligation import Obligation
from colorcheck.xen.system import System

OWN = Assumption(
    "all memory of a domain has the domain's colors, and a frame's color is its number modulo the number of colors",
    "the definition of cache coloring, in every version",
    Trust.DOCUMENTED,
)


def without_room(system: System) -> Iterator[Theorem]:
    """A refuted theorem for each domain whose memory alone exceeds what its colors hold on the whole board.

    For a Xen whose boot is not modelled; nothing is stated about other domains.
    """
    prepared, nr_colors = system.preparation, system.nr_colors
    if prepared is None or not nr_colors or not system.coloring or system.panic:
        return
    free = _frames(prepared.machine.spans, nr_colors)
    for domain in system.domains:
        colors = ColorSet.of(domain.colors)
        if domain.failure or not colors or not colors <= ColorSet.all(nr_colors) or not any(free):
            continue
        room = sum(free[color] for color in colors)
        if domain.pages <= room:
            continue
        text = f"{size_of_pages(domain.pages)} of memory, but its colors have {size_of_pages(room)} on the whole board"
        yield Obligation(
            id=f"memory/{domain.name}",
            kind=TheoremKind.MEMORY,
            statement=f"The {domain.pages} frames of domain {domain.name} fit into its colors, in any version of Xen",
            mathematics=f"{domain.pages} ≤ Σ frames(c) over c ∈ {{{colors}}}",
            subjects=(domain.name,),
            assumptions=(OWN,),
            places=(
                Related(domain.memory_location, f"domain {domain.name} gets {size_of_pages(domain.pages)}"),
                Related(domain.location, f"domain {domain.name} has {colors.named}"),
            ),
        ).settled(
            Verdict.REFUTED,
            reason=text,
            witness=MissingFrames(domain.name, domain.pages, room),
            certificate=hall_set({domain.name: (domain.pages, tuple(colors))}, free),
        )


def _frames(spans: tuple[tuple[int, int], ...], nr_colors: int) -> tuple[int, ...]:
    """The frames of each color in these address ranges."""
    found = [0] * nr_colors
    for start, end in spans:
        first, last = -(-start // PAGE), end // PAGE
        for color in range(nr_colors):
            found[color] += max(0, (last - 1 - color) // nr_colors - (first - 1 - color) // nr_colors)
    return tuple(found)
