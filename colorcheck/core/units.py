"""Units of memory, in bytes and in pages of 4 KiB, and the formatting of amounts."""

from __future__ import annotations

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
PAGE_SHIFT = 12
PAGE = 1 << PAGE_SHIFT
"""Bytes of a page; Xen on Arm64 knows no other size."""
MIB_PAGES = MIB // PAGE
GIB_PAGES = GIB // PAGE


def size(number: int) -> str:
    """An amount of bytes as text: whole GiB, otherwise MiB with at most one decimal, below 1 MiB in KiB or bytes."""
    if number < 0:
        return f"-{size(-number)}"
    if number and number % GIB == 0:
        return f"{number // GIB} GiB"
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if number >= unit:
            return f"{number / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{number} B"


def size_of_pages(count: int) -> str:
    """An amount of memory that is given in pages."""
    return size(count * PAGE)
