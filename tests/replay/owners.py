"""Whose frame is this: every machine frame after boot has one owner, or none."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import MapUse


class Owner(Struct, frozen=True):
    """`kind` is domain, xen, or a use of the memory map (module, reserved, boot-allocation, buddy, color-heap for a
    free colored frame, lost), `gap` for a frame of Xen's region that holds nothing, `outside` for none of them."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.kind


def owner_of(boot: Boot, mfn: int) -> Owner:
    """The owner of a frame once all domains are built."""
    for built in boot.built:
        if built.created and mfn in built.frames:
            return Owner("domain", built.domain.name)
    for part in boot.memory_map:
        if part.start <= mfn < part.end:
            if part.use is not MapUse.XEN:
                return Owner(part.use, part.label)
            return Owner("xen", "xen") if any(mfn in run for run in boot.xen_frames) else Owner("gap", part.label)
    return Owner("outside")
