"""PDX compression: frame numbers without a run of address bits that no memory uses.

Source: `init_pdx` (xen/arch/arm), `pdx_init_mask`, `pdx_region_mask`, `pfn_pdx_hole_setup` (xen/common/pdx.c), 4.20.
Measurements show that 4.21 and 4.22 compress in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.units import PAGE_SHIFT
from colorcheck.xen.machine.intervals import Span, merged

_MAX_ORDER = 18  # address bits below 30 are never omitted
GROUP = 1 << 18  # PDX_GROUP_COUNT: frames in 1 GiB


class Compression(Struct, frozen=True):
    """Frame numbers omit `width` bits from `bottom` on; none if `width` is 0."""

    bottom: int = 0
    width: int = 0

    def pdx(self, mfn: int) -> int:
        low = mfn & ((1 << self.bottom) - 1)
        return mfn if not self.width else low | mfn >> (self.bottom + self.width) << self.bottom

    def leaves_out(self, mfn: int) -> bool:
        """Whether the frame number has an omitted bit set: no frame of memory does."""
        return bool(mfn >> self.bottom & ((1 << self.width) - 1)) if self.width else False

    def __str__(self) -> str:
        return f"PFN compression on bits {self.bottom}...{self.bottom + self.width - 1}" if self.width else ""


def _filled(value: int) -> int:
    """All bits from the highest one set down to 0."""
    return (1 << value.bit_length()) - 1


def compression(banks: Sequence[Span]) -> Compression:
    """The compression for RAM banks, [start, end) in bytes: the widest hole, the lowest among equals."""
    mask = (1 << (_MAX_ORDER + PAGE_SHIFT)) - 1
    for start, end in banks:
        mask |= start | _filled(start ^ (end - 1))
    mask >>= PAGE_SHIFT
    best, zero = Compression(), _MAX_ORDER
    for bit in range(_MAX_ORDER, mask.bit_length() + 1):
        if mask >> bit & 1:
            if bit - zero > best.width:
                best = Compression(zero, bit - zero)
            zero = bit + 1
    return best


def valid_groups(banks: Sequence[Span], compressed: Compression) -> list[Span]:
    """The groups of 1 GiB that have a frame table, as ascending intervals of their numbers, always including the first
    (`set_pdx_range`; `pdx_group_valid` starts with its first bit set).
    """
    spans = [(0, 1)]
    for start, end in banks:
        first, last = compressed.pdx(start >> PAGE_SHIFT), compressed.pdx((end >> PAGE_SHIFT) - 1)
        spans.append((first // GROUP, last // GROUP + 1))
    return merged(spans)
