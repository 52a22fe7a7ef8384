"""A device tree blob is damaged.

What it checks: the header, the structure and the strings of a blob of version 16 or 17.

Why it matters: Xen stops at a blob that it cannot read, before it prints anything; or it reads what is left.

What it cannot see: damage that makes another valid blob.

Source: Devicetree Specification 0.4, chapter 5.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC006",
    "damaged-blob",
    Severity.ERROR,
    __doc__,
    "compile or copy the blob again",
    untestable="examples are text and a blob is not; the tests of the blob reader damage blobs",
)
