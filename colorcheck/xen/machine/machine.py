"""The machine as Xen finds it at boot: banks of memory, reserved ranges, boot modules.

Source: `boot_fdt_info` (xen/arch/arm/bootfdt.c, from 4.21 xen/common/device-tree/bootfdt.c), `add_boot_module`.
"""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.xen.machine.intervals import Span, merged

MAX_ADDRESS = 1 << 64
MEMRESERVE = "/memreserve/"  # the label of ranges that the blob's header reserves


class Range(Struct, frozen=True):
    """A range of `size` bytes from `start` on, its use, and its location in a file."""

    start: int
    size: int
    label: str
    location: Location

    @property
    def end(self) -> int:
        return self.start + self.size

    @property
    def span(self) -> Span:
        return (self.start, self.end)

    def overlaps(self, other: Range) -> bool:
        return self.start < other.end and other.start < self.end


class BootModule(Range, frozen=True):
    """A boot module. `domain` is the path of the dom0less domain that it belongs to, or empty."""

    kind: ModuleKind = ModuleKind.OTHER
    domain: str = ""


class Machine(Struct, frozen=True, dict=True):
    """Xen's view of the memory before it allocates any.

    `banks` are ascending and do not overlap; `reserved` in Xen's order: `/memreserve/`, then the device tree's, static
    heap and static memory included. `modules` are those that Xen registers, Xen itself first. `image_size` is `_end -
    _start` in bytes. `panic` is Xen's message if it stops while reading the machine, otherwise empty. `final`: the tree
    is exactly the one that Xen receives, so nothing adds missing parts. `unloaded` has addresses of modules at which
    nothing was loaded according to a boot log, `doubted` those of kernels that a boot script does not load, or
    overwrites. `compresses`: frame numbers omit a run of address bits that no memory uses. `perhaps` are [start, end)
    in bytes of what may be memory besides the banks, if no input says which memory there is.
    """

    banks: tuple[Range, ...]
    reserved: tuple[Range, ...] = ()
    shared: tuple[Range, ...] = ()
    static_heap: tuple[Range, ...] = ()
    modules: tuple[BootModule, ...] = ()
    image_size: int = 0
    panic: str = ""
    final: bool = False
    compresses: bool = True
    unloaded: frozenset[int] = frozenset()
    doubted: frozenset[int] = frozenset()
    perhaps: tuple[Span, ...] = ()

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The banks as [start, end) in bytes."""
        return tuple(bank.span for bank in self.banks)

    @cached_property
    def may_be_memory(self) -> tuple[Span, ...]:
        """The banks and what may be memory besides, as [start, end) in bytes."""
        return tuple(merged((*self.spans, *self.perhaps))) if self.perhaps else self.spans

    def module(self, kind: str, domain: str = "") -> BootModule | None:
        return next((m for m in self.modules if m.kind == kind and m.domain == domain), None)
