"""Further inputs of the boot model besides the effective system: the machine, and inputs of dom0's layout."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.machine.mapping import Mapping


class Preparation(Struct, frozen=True):
    """Read from the deployment once. Sizes in bytes.

    `devices` is what Xen maps into dom0; `p2m_levels` the depth of every P2M; `first_banks` what the first bank of a
    domain must hold for its kernel, ramdisk and device tree, by the domain's name.
    `cpus` are the fewest and the most CPUs that Xen starts, `more_buddy` the frames that Xen's drivers and buffers
    may take at most, `chosen` the values in this world of open facts that the boot meets.
    """

    machine: Machine
    buddy_size: int
    buddy_location: Location
    devices: tuple[Mapping, ...]
    p2m_levels: int
    dom0_memory: int
    first_banks: tuple[tuple[str, int], ...] = ()
    cpus: tuple[int, int] = (1, 1)
    more_buddy: int = 0
    chosen: tuple[tuple[str, object], ...] = ()

    def first_bank(self, name: str) -> int:
        return dict(self.first_banks).get(name, 0)
