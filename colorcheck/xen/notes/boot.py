"""Notes on the boot: dom0's banks, P2M pools.

Addresses and sizes are in bytes, pages in frames of 4 KiB.
"""

from __future__ import annotations

from typing import ClassVar

from colorcheck.xen.kinds import Note


class P2mPoolTooSmall(Note, frozen=True):
    """A domain's P2M pool cannot hold the tables of its memory."""

    KIND: ClassVar[str] = "p2m-pool-too-small"
    pool: int
    needed: int


class Dom0NoLowMemory(Note, frozen=True):
    """Dom0 has no memory below 4 GiB."""

    KIND: ClassVar[str] = "dom0-no-low-memory"
    banks: tuple[tuple[int, int], ...]


class Dom0FirstBankHigh(Note, frozen=True):
    """dom0's first bank is above 4 GiB."""

    KIND: ClassVar[str] = "dom0-first-bank-high"
    banks: tuple[tuple[int, int], ...]


class Dom0FirstBankSmall(Note, frozen=True):
    """Dom0's first bank cannot hold kernel, ramdisk and device tree."""

    KIND: ClassVar[str] = "dom0-first-bank-small"
    size: int
    needed: int


class Dom0MemoryUnplaced(Note, frozen=True):
    """The pieces of dom0's address space hold less than its memory."""

    KIND: ClassVar[str] = "dom0-layout"
    unplaced: int


class NoFirstBank(Note, frozen=True):
    """Boots before 4.22, but this release finds no suitable piece for the first bank."""

    KIND: ClassVar[str] = "first-bank-4.22"
    DETAILS: ClassVar[frozenset[str]] = frozenset({"release"})
    needed: int
    release: str


class FailedCreationKeepsMemory(Note, frozen=True):
    """The pages taken by a failed creation do not return to its colors."""

    KIND: ClassVar[str] = "failed-creation-keeps-memory"
    pages: int
