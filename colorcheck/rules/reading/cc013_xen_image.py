"""The file given as the Xen binary is not one.

What it checks: the header of the file that the manifest names as `xen-image`: that of an arm64 kernel image.

Why it matters: the size of the image in memory, which determines where Xen moves to, is in the header.

What it cannot see: the version of the binary.

Source: arm64 image header (Documentation/arch/arm64/booting.rst of Linux), which Xen's binary carries.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC013",
    "xen-image",
    Severity.ERROR,
    __doc__,
    "name the file `xen` of the build (not xen-syms), or give xen-image-size",
    bad=Example(placed=False, target='xen-image = "xen"', files=(("xen", "not a binary"),)),
    good=Example(),
)
