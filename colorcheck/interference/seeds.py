"""Seeds for the small random generators of a run, all derived from its seed."""

from __future__ import annotations


def seed_of(seed: int, number: int) -> int:
    """A seed for a generator, from 1 to 2**32 - 1, unrelated to those of its neighbors (splitmix64)."""
    mask = (1 << 64) - 1
    z = (seed * 0x9E3779B97F4A7C15 + (number + 1) * 0xD1B54A32D192ED03) & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return (z ^ z >> 31) % 0xFFFFFFFF + 1
