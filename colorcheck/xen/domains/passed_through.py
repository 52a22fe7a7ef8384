"""Memory that guests are given by address: frames of every color, whatever the guest's colors are.

Source: `iomem` in xl.cfg(5) and `parse_config_data` (tools/xl/xl_parse.c, 4.20–4.22): `"START,COUNT[@GFN]"`, pages in
hexadecimal. The frames are mapped as they are; no heap and no color is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.source import Passage
from colorcheck.core.units import PAGE
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.xl.xl_values import XlList
from colorcheck.xen.domains.xl_guest import xl_guest
from colorcheck.xen.kinds import Note
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.notes import note

_RANGE = re.compile(r"\s*(?:0[xX])?([0-9a-fA-F]{1,13}),(?:0[xX])?([0-9a-fA-F]{1,13})(?:@(?:0[xX])?[0-9a-fA-F]+)?\s*")


def passed_through(deployment: Deployment, machine: Machine) -> Iterator[Note]:
    """A note for each range of `iomem` that lies in memory; one that holds a device's registers has none."""
    for file in deployment.guests:
        setting = file.setting("iomem") if file.accepted else None
        items = setting.written.items if setting and isinstance(setting.written, XlList) else ()
        for written in items:
            found = _RANGE.fullmatch(written.text) if isinstance(written, Passage) else None
            if found is None or not isinstance(written, Passage):
                continue
            start = int(found[1], 16) * PAGE
            for low, high in _in_memory((start, start + int(found[2], 16) * PAGE), machine):
                name = xl_guest(file).title
                message = (
                    f"{name} gets the memory {low:#x}-{high:#x} by address (iomem): its frames have every color, "
                    "whatever colors the guest has"
                )
                yield note("passthrough-memory", message, written.whole, name, start=low, end=high)


def _in_memory(span: Span, machine: Machine) -> Iterator[Span]:
    for start, end in machine.spans:
        low, high = max(span[0], start), min(span[1], end)
        if low < high:
            yield low, high
