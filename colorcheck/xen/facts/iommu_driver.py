"""Whether Xen has a driver for the IOMMU of the tree: an open fact where that matters and no input says it.

Source: xen/drivers/passthrough/Kconfig, xen/arch/arm/platforms/Kconfig, 4.20 to 4.22: the driver of SMMUv1 and v2 is
built in by default; those of SMMUv3 and of Renesas' IPMMU are not, unless Xen is built for such a platform alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.source import Location
from colorcheck.hardware.iommu import Iommu, iommu_facts
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import ancestry_of, compatible
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.domains.hardware_domain import is_hardware_domain
from colorcheck.xen.facts.keys import IOMMU
from colorcheck.xen.options.arguments import xen_arguments
from colorcheck.xen.options.iommu import iommu_option
from colorcheck.xen.options.options import boot_arguments
from colorcheck.xen.release.release import Release

_BY_DEFAULT = "ARM_SMMU"
_OTHERS = {"arm,smmu-v3": "ARM_SMMU_V3", "renesas,ipmmu": "IPMMU_VMSA"}
_ALL = (_BY_DEFAULT, *_OTHERS.values())


def iommu_driver(deployment: Deployment, release: Release | None) -> Fact | OpenFact:
    """The fact: true if Xen drives an IOMMU of the tree, as far as its build goes."""
    tree, place = deployment.tree, deployment.manifest.location("target.kconfig")
    enabled = [each for each in iommu_facts(ancestry_of(tree)).iommus if each.enabled and each.driven] if tree else []
    states = {_option(each): _built_in(deployment, _option(each)) for each in enabled}
    if True in states.values() or not states:
        return Fact(IOMMU.name, bool(states), Origin.DOCUMENTED, place)
    if None not in states.values():
        return Fact(IOMMU.name, False, Origin.GIVEN, deployment.build_place(next(iter(states))))
    use = next(_uses(deployment, release), None) if release is not None and release.modelled else None
    if use is None:
        return Fact(IOMMU.name, True, Origin.DOCUMENTED, place)
    option = next(name for name, state in states.items() if state is None)
    first = next(each for each in enabled if _option(each) == option)
    why = f"{use[0]} needs an IOMMU, and the driver of {first.compatible} (CONFIG_{option}) is not built in by default"
    return OpenFact(IOMMU.name, why, ("[target.config]", f"{option} = true  # if it is"), use[1], (True, False))


def left_out(deployment: Deployment) -> frozenset[str]:
    """The kinds of IOMMUs in the tree, by their compatible, whose driver is not known to be built in."""
    found = iommu_facts(ancestry_of(deployment.tree)).iommus if deployment.tree else ()
    return frozenset(each.compatible for each in found if _built_in(deployment, _option(each)) is not True)


def _option(iommu: Iommu) -> str:
    return next((name for start, name in _OTHERS.items() if iommu.compatible.startswith(start)), _BY_DEFAULT)


def _built_in(deployment: Deployment, option: str) -> bool | None:
    """None if nothing says it. A complete .config that names none of the drivers says nothing about them: Kconfig
    always writes the one that is on by default. Such a Xen is taken to have what its tree needs.
    """
    if option in deployment.kconfig:
        return deployment.kconfig[option] == "y"
    if deployment.has_whole_config:
        return all(name not in deployment.kconfig for name in _ALL)
    return True if option == _BY_DEFAULT else None


def _uses(deployment: Deployment, release: Release) -> Iterator[tuple[str, Location]]:
    """What stops Xen, or is refused, without an IOMMU."""
    option = iommu_option(boot_arguments(xen_arguments(deployment), release))
    if not option.enabled:
        return
    chosen = deployment.tree.node("/chosen") if deployment.tree else None
    if option.forced:
        yield "the argument iommu=force", chosen.location if chosen else deployment.manifest.location("inputs")
    for node in chosen.walk() if chosen else ():
        if is_hardware_domain(node, release):
            yield f"the hardware domain {node.name}", node.location
        elif compatible(node, "multiboot,device-tree"):
            yield f"the partial device tree {node.name}", node.location
