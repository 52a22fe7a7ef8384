"""ImageBuilder ignores or refuses a key.

What it checks: the keys of an ImageBuilder configuration against those that it knows, their indices against NUM_DOMUS,
and their numbers.

Why it matters: ImageBuilder silently ignores keys that it does not know and domains beyond NUM_DOMUS; with some
combinations it stops with exit status 0 and writes no script. Commands and overlays that its script applies at the
end may change what was checked.

What it cannot see: keys of other versions of ImageBuilder.

Source: ImageBuilder xlnx_rel_v2023.2 (`uboot-script-gen`), its lines run.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.cc011_needs_a_shell import built

RULE = from_notes(
    "CC216",
    "image-builder-keys",
    Severity.WARNING,
    __doc__,
    bad=built('DOMU_KERNEL[0]="Image"\n'),
    good=built(),
)
