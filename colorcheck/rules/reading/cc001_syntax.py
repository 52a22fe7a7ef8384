"""An input has a syntax error.

What it checks: every input with the grammar of the program that will read it: dtc's, xl's, Xen's, TOML's. All errors
of a file are reported, not only the first.

Why it matters: dtc produces no blob, xl refuses the whole file and creates no guest. A comment on the last line of an
xl file without a final newline is enough, or a dash in a key: `llc-colors` is a syntax error there.

What it cannot see: files made by a program at boot.

Source: dtc 1.7 and tools/libs/util/libxlu_cfg_l.l (Xen 4.22), both measured.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC001",
    "syntax",
    Severity.ERROR,
    __doc__,
    bad=Example(guests=(("rt.cfg", GUEST.replace("llc_colors", "llc-colors")),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
