"""Notes on color lists among the boot arguments that are cut, rejected, misread or without effect."""

from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.xen.domains.color_choice import oddities
from colorcheck.xen.kinds import Note
from colorcheck.xen.memory.relocation import used_colors
from colorcheck.xen.notes.colors import ColoringOffButColors, ListDropped, ListRemains, OptionCut, UnsortedXenColors
from colorcheck.xen.options.options import BootArguments, Option, OptionFate
from colorcheck.xen.release.spelling import Concept


def option_notes(arguments: BootArguments, concept: Concept, domain: str) -> list[Note]:
    """Notes on color lists of an option that are cut, rejected or misread."""
    found: list[Note] = []
    for option in arguments.given(concept):
        if option.cut:
            lost = option.written.text[len(option.text) :]
            found.append(OptionCut(option.lost_location, domain, option=option.name, lost=lost))
        if option.fate is OptionFate.REJECTED:
            found.append(_rejected(option, domain))
        if option.in_force and option.colors:
            found += oddities(option.colors, domain, option.value_location)[: 1 if domain == "xen" else None]
    return found


def _rejected(option: Option, domain: str) -> Note:
    kept = option.stored if isinstance(option.stored, tuple) else ()
    kind = ListRemains if kept else ListDropped
    return kind(option.location, domain, colors=kept, option=option.name, value=option.value)


def colors_while_off(arguments: BootArguments) -> list[Note]:
    """Notes on color lists among the arguments that have no effect."""
    found: list[Note] = []
    for concept, name in ((Concept.XEN_COLORS, "xen"), (Concept.DOM0_COLORS, "dom0")):
        option = arguments.in_force(concept)
        if option is not None:
            found.append(ColoringOffButColors(option.location, name, option=option.name))
    return found


def unsorted_xen_colors(colors: tuple[int, ...], place: Location) -> tuple[Note, ...]:
    """A note if Xen does not use all colors of its list."""
    used = used_colors(colors)
    if set(used) == set(colors):
        return ()
    return (UnsortedXenColors(place, "xen", colors=colors, used=used),)
