"""Xen is built without cache coloring.

What it checks: the .config that the manifest names: the switch of the target, CONFIG_LLC_COLORING for upstream;
and the binary, which holds the name of every option that it registers, such as xen-llc-colors.

Why it matters: Xen then knows none of the color options; it prints that they are unknown, and boots uncolored.

What it cannot see: whether the binary was built from this .config.

Source: xen/arch/arm/Kconfig and xen/common/Kconfig (4.20 to 4.22); CONFIG_COLORING in the Xilinx branches up to 4.16.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.decided.context import built_with_coloring
from colorcheck.xen.release.releases import find_release


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each target whose switch is not set, if a .config was read."""
    switches: dict[str, list[str]] = {}
    for result in facts.results:
        release = find_release(result.release)
        if release is not None and not built_with_coloring(facts.deployment, release):
            switches.setdefault(release.build_switch, []).append(result.release)
    binary = facts.deployment.xen_image_options
    for switch, releases in switches.items():
        lacking = binary is not None and not binary
        what = "the binary has no option for Xen's colors" if lacking else f"CONFIG_{switch} is not set"
        yield RULE.finding(
            f"{what}: this Xen has no cache coloring{on(facts, releases)}",
            facts.manifest.location("target.xen-image") if lacking else facts.deployment.build_place(switch),
            f"build Xen with CONFIG_EXPERT=y and CONFIG_{switch}=y",
        )


RULE = Rule(
    "CC121",
    "built-without-coloring",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        target='kconfig = "xen.config"', files=(("xen.config", "CONFIG_ARM_64=y\n# CONFIG_LLC_COLORING is not set\n"),)
    ),
    good=Example(target='kconfig = "xen.config"', files=(("xen.config", "CONFIG_ARM_64=y\nCONFIG_LLC_COLORING=y\n"),)),
)
