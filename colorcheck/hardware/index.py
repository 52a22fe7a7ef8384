"""Index functions as values: how a cache maps an address to a set.

Every function is linear over GF(2) or modular; `proof` builds the solver's terms from the same fields, and tests
compare the two.
"""

from __future__ import annotations

from msgspec import Struct


class Linear(Struct, frozen=True):
    """Set = (address / line) mod sets, the index of Arm's A35, A53, A57, A72, A73 L2 caches.

    `line` is in bytes. `sets` need not be a power of two.
    """

    line: int
    sets: int

    @property
    def n_sets(self) -> int:
        return self.sets

    def set_of(self, address: int) -> int:
        return address // self.line % self.sets

    def masks(self) -> tuple[int, ...] | None:
        """For each bit of the set index, lowest first, the address bits whose parity it is; None if the index is
        not a parity.
        """
        if self.sets & (self.sets - 1) or self.line & (self.line - 1):
            return None
        return tuple(self.line << bit for bit in range(self.sets.bit_length() - 1))


class XorHashed(Struct, frozen=True):
    """Bit i of the set index is the parity of the address bits in `parity_masks[i]`."""

    line: int
    parity_masks: tuple[int, ...]

    @property
    def n_sets(self) -> int:
        return 1 << len(self.parity_masks)

    def set_of(self, address: int) -> int:
        return sum(((address & mask).bit_count() & 1) << bit for bit, mask in enumerate(self.parity_masks))

    def masks(self) -> tuple[int, ...] | None:
        return self.parity_masks


class Sliced(Struct, frozen=True):
    """Slices selected by parities of address bits, all indexed in the same way; the index is slice * sets + set.

    Sets of different slices are different, so `n_sets` is that of the whole cache.
    """

    slice_masks: tuple[int, ...]
    within: Linear | XorHashed

    @property
    def line(self) -> int:
        return self.within.line

    @property
    def n_sets(self) -> int:
        return self.within.n_sets << len(self.slice_masks)

    def set_of(self, address: int) -> int:
        chosen = sum(((address & mask).bit_count() & 1) << bit for bit, mask in enumerate(self.slice_masks))
        return chosen * self.within.n_sets + self.within.set_of(address)

    def masks(self) -> tuple[int, ...] | None:
        inner = self.within.masks()
        return None if inner is None else (*inner, *self.slice_masks)


class UnknownIndex(Struct, frozen=True):
    """An index that is not documented: nothing can be proved about it."""

    reason: str

    def masks(self) -> tuple[int, ...] | None:
        return None


KnownIndex = Linear | XorHashed | Sliced
IndexFunction = KnownIndex | UnknownIndex
