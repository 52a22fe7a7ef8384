"""Linear algebra over GF(2) on address masks."""

from __future__ import annotations

from collections.abc import Iterable


def parity(address: int, mask: int) -> int:
    """The parity of the address bits under a mask: 0 or 1."""
    return (address & mask).bit_count() & 1


def value(address: int, masks: Iterable[int]) -> int:
    """The number whose bit i is the parity of the address under mask i."""
    return sum(parity(address, mask) << bit for bit, mask in enumerate(masks))


def combinations(masks: tuple[int, ...], fixed: int) -> tuple[int, ...]:
    """A basis of the sums of masks that only use address bits in `fixed`, each as a mask over the masks' numbers.

    The parity of such a sum is determined by the address bits in `fixed` alone.
    """
    # Eliminate the free bits; the rows whose free part vanishes are the sums.
    rows = [(mask & ~fixed, 1 << number) for number, mask in enumerate(masks)]
    pivots: list[tuple[int, int]] = []
    found: list[int] = []
    for part, used in rows:
        rest, combined = part, used
        for pivot, with_ in pivots:
            if rest ^ pivot < rest:
                rest, combined = rest ^ pivot, combined ^ with_
        if rest:
            pivots.append((rest, combined))
            pivots.sort(reverse=True)
        else:
            found.append(combined)
    return tuple(found)
