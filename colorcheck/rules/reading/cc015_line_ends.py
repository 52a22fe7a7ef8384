"""The lines of a file end in CR LF.

What it checks: xl files and configurations of ImageBuilder, whose readers treat a carriage return as text.

Why it matters: xl refuses the whole file; the shell that reads an ImageBuilder configuration makes the carriage return
part of each value, so that no file with that name is found.

What it cannot see: what a checkout on another machine does to line ends (`.gitattributes`).

Source: tools/libs/util/libxlu_cfg_l.l (Xen 4.22), measured; `source` of bash.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC015",
    "line-ends",
    Severity.ERROR,
    __doc__,
    bad=Example(guests=(("rt.cfg", GUEST.replace("\n", "\r\n")),)),
    good=Example(guests=(("rt.cfg", GUEST),)),
)
