"""Index functions over NumPy arrays of addresses, for simulations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorcheck.hardware.index import KnownIndex, Linear, XorHashed

Addresses = NDArray[np.uint64]


def sets_of_addresses(index: KnownIndex, addresses: Addresses) -> Addresses:
    """The set index of each address, equal to `index.set_of`."""
    if isinstance(index, Linear):
        return addresses // np.uint64(index.line) % np.uint64(index.sets)
    if isinstance(index, XorHashed):
        return _parities(index.parity_masks, addresses)
    inner = sets_of_addresses(index.within, addresses)
    return _parities(index.slice_masks, addresses) * np.uint64(index.within.n_sets) + inner


def _parities(masks: tuple[int, ...], addresses: Addresses) -> Addresses:
    """Bit i of each result is the parity of the address under mask i."""
    found = np.zeros_like(addresses)
    for bit, mask in enumerate(masks):
        ones = np.bitwise_count(addresses & np.uint64(mask)).astype(np.uint64)
        found |= (ones & np.uint64(1)) << np.uint64(bit)
    return found
