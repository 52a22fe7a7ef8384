"""The boot script has a syntax error.

What it checks: that U-Boot can read the whole script: quotes, `if` and loops are closed, `&` and `|` are quoted.

Why it matters: U-Boot stops reading at a syntax error. What came before has been done, nothing after it is.

What it cannot see: which shell the U-Boot of the board has. The modern one (off by default) reads some of this
differently: `u-boot-shell` in `[target]` says that it runs the script.

Source: U-Boot 2023.01 (`common/cli_hush.c`), measured with its binary.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.reading.boot_script_examples import scripted

RULE = from_notes(
    "CC021",
    "boot-script-syntax",
    Severity.ERROR,
    __doc__,
    "correct the script",
    bad=scripted("setexpr a f0 & 3c"),
    good=scripted('setexpr a f0 "&" 3c'),
)
