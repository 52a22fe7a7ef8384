"""xl stops at the guest's file.

What it checks: what xl itself refuses: a range that starts above its end, an element that begins with no number, a
guest without a name.

Why it matters: the guest is not created.

What it cannot see: files that the guest needs, such as its kernel.

Source: `parse_config_data` (tools/xl/xl_parse.c, 4.22), measured.
"""

from __future__ import annotations

from colorcheck.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.told import told

RULE = told(
    "CC119",
    "xl-rejects",
    Severity.ERROR,
    __doc__,
    ("guest-rejected",),
    'write ranges upwards, in decimal numbers: ["4-8", "10"]',
    bad=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["14-11"]\n'),)),
    good=Example(guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 256\nllc_colors = ["11-14"]\n'),)),
)
