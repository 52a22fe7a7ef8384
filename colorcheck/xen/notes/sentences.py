"""Sentences about notes that a verdict or an open fact shares with the rule that reports the note."""

from __future__ import annotations

from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.notes.domains import PartialTreeUnread, PassthroughMemory, StaticSharedMemory


def memory_given(note: PassthroughMemory) -> str:
    """Memory that a domain is given regardless of colors."""
    span = f"{note.start:#x}-{note.end:#x}"
    if note.owner is DomainKind.XL:
        return (
            f"{note.domain} gets the memory {span} by address (iomem): its frames have every color, "
            "whatever colors the guest has"
        )
    if note.owner is DomainKind.DOM0:
        return (
            f"a device of the tree has the memory {span} as its registers (reg): Xen maps it into {note.domain}, "
            "regardless of its owner"
        )
    return (
        f"the partial device tree of {note.domain} maps the memory {span} into it (xen,reg): Xen "
        "does not check who owns it"
    )


def memory_shared(note: StaticSharedMemory) -> str:
    """The frames of shared memory."""
    if note.hosted:
        return f"{note.id} is in frames of every color, which coloring does not separate"
    return f"{note.id} has no host address: Xen allocates it from the buddy heap, in frames of every color"


def tree_unread(note: PartialTreeUnread) -> str:
    """A partial device tree whose content is not known."""
    name = note.node.rpartition("/")[2]
    return f"what the partial device tree {name} of {note.domain} maps is not known"


def buddy_heap_open(domain: str, pages: int, least: int, most: int) -> str:
    """Why it is not known whether Xen boots: frames of the uncolored heap, and those that Xen takes including this
    domain.
    """
    return (
        f"the uncolored heap has {pages} frames, and Xen with the domains up to {domain} takes "
        f"{least} to {most}: it is not known whether it boots"
    )
