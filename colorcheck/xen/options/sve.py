"""Whether dom0 is to have SVE: `sve=` in the option `dom0`.

Source: `parse_dom0_param` (xen/common/domain.c), `parse_arch_dom0_param` (xen/arch/arm/domain_build.c), 4.20 to 4.22: a
decimal number, whatever its value; a Xen that was built without CONFIG_ARM64_SVE panics at it (measured).
"""

from __future__ import annotations

from colorcheck.core.pattern import pattern
from colorcheck.xen.options.options import BootArguments, Option

NOT_BUILT_IN = "'sve' property found, but CONFIG_ARM64_SVE not selected"
"""The panic at SVE for dom0 or a dom0less domain."""

_ASKED = pattern(r"sve=-?[0-9]*")


def asks_for_sve(arguments: BootArguments) -> Option | None:
    """The first option that asks for SVE in dom0."""
    for option in arguments.options:
        parts = option.value.split(",") if option.name == "dom0" and not option.negated else ()
        if any(_ASKED.fullmatch(part) for part in parts):
            return option
    return None
