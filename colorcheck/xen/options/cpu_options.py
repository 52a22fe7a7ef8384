"""The effective boot arguments about CPUs and vCPUs.

Source: `opt_dom0_vcpus_pin` (xen/common/sched/core.c), `max_cpus`, `opt_hmp_unsafe` (xen/arch/arm/smpboot.c),
`opt_dom0_max_vcpus` (xen/arch/arm/domain_build.c), 4.20-4.22.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.options.options import BootArguments, Option


class CpuOptions(Struct, frozen=True):
    """`max_cpus` and `dom0_vcpus` are 0 if not limited; `pin_option` is the option that pins dom0, if any."""

    pinned: bool = False
    hmp_unsafe: bool = False
    max_cpus: int = 0
    dom0_vcpus: int = 0
    pin_option: Option | None = None


def cpu_options(arguments: BootArguments | None) -> CpuOptions:
    """The effective values in a system's arguments."""
    if arguments is None:
        return CpuOptions()
    return CpuOptions(
        arguments.flag("dom0_vcpus_pin"),
        arguments.flag("hmp-unsafe"),
        arguments.number("maxcpus"),
        arguments.number("dom0_max_vcpus"),
        arguments.named("dom0_vcpus_pin"),
    )
