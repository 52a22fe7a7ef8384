"""The sizes of files that ImageBuilder loads are assumed.

What it checks: whether the files that an ImageBuilder configuration names are next to it.

Why it matters: ImageBuilder places one file after the other, so every address depends on the sizes of the files before
it, and with the addresses the memory that is left for the colors. Large sizes are assumed for missing files.

What it cannot see: the folder that ImageBuilder is given with `-d`, if it is not the configuration's.

Source: ImageBuilder xlnx_rel_v2023.2 (`uboot-script-gen`).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.cc011_needs_a_shell import built

RULE = from_notes(
    "CC218",
    "image-builder-sizes",
    Severity.WARNING,
    __doc__,
    "put the files, or empty files of the same sizes, next to the configuration",
    bad=built(files=False),
    good=built(),
)
