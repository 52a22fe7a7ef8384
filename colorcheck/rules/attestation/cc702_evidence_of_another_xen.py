"""The evidence on Xen's binary belongs to another binary.

What it checks: that the file that the manifest names as `xen-attested` is evidence written by `colorcheck boot`, and
that it is evidence on the binary named as `xen-image`, by its SHA-256.

Why it matters: until the binary has been compared with the model, it is only trusted that Xen is the named release
without patches. Evidence on another binary says nothing about this one.

What it cannot see: whether that binary is the one on the board.

Source: none; it is a statement about files of colorcheck.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

EVIDENCE = """{
  "schema": "colorcheck/xen-attested/1",
  "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "version": "4.20.0", "release": "4.20.0", "kconfig": "", "qemu": "7.2.0", "tool_version": "0.1.0",
  "boots": []
}
"""

RULE = from_notes(
    "CC702",
    "evidence-of-another-xen",
    Severity.ERROR,
    __doc__,
    "boot this binary with `colorcheck boot --xen FILE` and name the file that it writes",
    bad=Example(target='xen-attested = "xen-attested.json"', files=(("xen-attested.json", EVIDENCE),)),
    good=Example(),
)
