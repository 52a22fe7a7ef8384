"""A file is of the wrong kind for its place.

What it checks: the content of files that their reader cannot use: U-Boot scripts and images, FIT images, configurations
of ImageBuilder, extlinux, GRUB, Kconfig and Xen's EFI loader, libvirt's XML, archives, UTF-16 text and others.

Why it matters: such a file is of no use in this place; read as something else it would only cause syntax errors.

What it cannot see: what the file says, until it is in the right place.

Source: the formats' own documents; the legacy image header is that of U-Boot's include/image.h.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC014",
    "other-kind",
    Severity.ERROR,
    __doc__,
    "specify the right file",
    bad=Example(guests=(("rt.cfg", "setenv fdt_high 0xffffffff\nfdt addr 0x100000\nbooti 0x200000 - 0x100000\n"),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
