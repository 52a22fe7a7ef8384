"""ImageBuilder loses or changes colors.

What it checks: the color keys of an ImageBuilder configuration, as ImageBuilder turns them into boot arguments and
masks.

Why it matters: with XEN_CMD set, XEN_COLORS and DOM0_COLORS silently vanish. DOMU_COLORS understands one range
only: `0-3,8-11` becomes the mask 0, and colors above 31 are cut off.

What it cannot see: the effect of commands in the file, because it is not run.

Source: ImageBuilder xlnx_rel_v2023.2 (`uboot-script-gen`), its lines run.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.cc011_needs_a_shell import built

RULE = from_notes(
    "CC215",
    "image-builder-colors",
    Severity.ERROR,
    __doc__,
    bad=built('XEN_COLORS="0-1"\n'),
    good=built(),
)
