"""Whether Xen uses IOMMUs: the boot option `iommu`.

Source: `parse_iommu_param` (xen/drivers/passthrough/iommu.c, 4.20-4.22): comma-separated parts, of which later ones
win; a plain boolean switches everything, and the default is on.
"""

from __future__ import annotations

from colorcheck.xen.options.options import BootArguments

_OFF = ("no", "off", "false", "disable", "0")
_ON = ("", "yes", "on", "true", "enable", "1", "force", "required")


def iommu_enabled(arguments: BootArguments | None) -> bool:
    """Whether Xen may use an IOMMU at all."""
    enabled = True
    for option in arguments.options if arguments else ():
        if option.name != "iommu":
            continue
        if option.negated:
            enabled = False
            continue
        for part in option.value.split(","):
            if part in _OFF:
                enabled = False
            elif part in _ON:
                enabled = True
    return enabled
