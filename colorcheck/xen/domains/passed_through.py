"""Memory that guests are given by address: frames of every color, whatever the guest's colors are.

The frames are mapped directly, regardless of heaps and colors (`iomem` in xl.cfg(5), 4.20 to 4.22).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.units import PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.domains.xl_iomem import IomemRefused, iomem
from colorcheck.xen.kinds import DomainKind, Note
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.notes.domains import PassthroughMemory


def passed_through(deployment: Deployment, machine: Machine) -> Iterator[Note]:
    """A note for each range of `iomem` that is in memory; ranges of device registers have none."""
    for file in deployment.guests:
        for found in iomem(file) if file.accepted else ():
            if isinstance(found, IomemRefused):
                continue  # xl does not create such a guest
            start = found.start * PAGE
            for low, high in _in_memory((start, start + found.count * PAGE), machine):
                yield PassthroughMemory(found.location, xl_guest(file).title, low, high, DomainKind.XL)


def _in_memory(span: Span, machine: Machine) -> Iterator[Span]:
    for start, end in machine.spans:
        low, high = max(span[0], start), min(span[1], end)
        if low < high:
            yield low, high
