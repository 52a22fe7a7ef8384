"""Whether Xen uses IOMMUs, and must: the boot option `iommu`.

Source: `parse_iommu_param`, `iommu_setup` (xen/drivers/passthrough/iommu.c), `parse_bool`, `parse_boolean`
(xen/common/kernel.c), 4.20-4.22, measured: parts behind commas, of which later ones count. Each is a plain truth value,
or `force` or `required` with or without one, which switch nothing on.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.options.options import BootArguments, truth

UNUSABLE = "Couldn't enable IOMMU and iommu=required/force"
"""The panic of a Xen that must use an IOMMU and has none."""

_FORCE = ("force", "required")


class IommuOption(Struct, frozen=True):
    """Whether Xen may use an IOMMU at all, and whether it stops without one."""

    enabled: bool = True
    forced: bool = False


def iommu_option(arguments: BootArguments | None) -> IommuOption:
    """What is in force after all options `iommu`."""
    enabled, forced = True, False
    for option in arguments.options if arguments else ():
        if option.name != "iommu" or (option.negated and option.value):
            continue  # such an option takes no value behind "no-"
        for part in ("no" if option.negated else option.value).split(","):
            plain = truth(part)
            named = _named(part)
            enabled = enabled if plain is None else plain
            forced = forced if plain is not None or named is None else named
    return IommuOption(enabled, forced)


def _named(part: str) -> bool | None:
    """`force`, `no-force`, `force=yes` and the same with `required`; None for anything else."""
    name, equals, value = part.removeprefix("no-").partition("=")
    negated = part.startswith("no-")
    if name not in _FORCE or (negated and equals):
        return None
    return truth(value) if equals else not negated


def iommu_enabled(arguments: BootArguments | None) -> bool:
    """Whether Xen may use an IOMMU at all."""
    return iommu_option(arguments).enabled
