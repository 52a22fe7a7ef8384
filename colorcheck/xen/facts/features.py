"""Features of Xen that an input uses, that are off by default and are not modelled: open unless known to be off.

Defaults: CONFIG_XSM, CONFIG_ARM64_SVE and CONFIG_PCI_PASSTHROUGH (which selects HAS_PCI) are off (xen/common/Kconfig,
xen/arch/arm/Kconfig, 4.20 to 4.22). With them Xen may stop: FLASK that enforces without a policy, SVE on a CPU that has
none. Without them it ignores the options, but panics where SVE is asked for (`parse_arch_dom0_param`,
`arch_parse_dom0less_node`; measured), and a guest of xl is not created. CONFIG_DOM0LESS_BOOT is on by default; without
it `create_domUs` does nothing (asm/dom0less-build.h, 4.20 to 4.22), which is not modelled.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.inputs.xl.xl_values import XlList, XlSetting
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.facts.book import FactKey
from colorcheck.xen.facts.iommu_driver import iommu_driver
from colorcheck.xen.facts.keys import BAD_PAGES, DOM0LESS, PCI, SVE, XSM
from colorcheck.xen.options.arguments import xen_arguments
from colorcheck.xen.options.options import BootArguments, boot_arguments
from colorcheck.xen.options.sve import asks_for_sve
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import RELEASES
from colorcheck.xen.release.xl_keys import LISTS

FEATURES = (XSM, SVE, PCI)
_BUILD = {XSM.name: ("XSM",), SVE.name: ("ARM64_SVE",), PCI.name: ("PCI_PASSTHROUGH", "HAS_PCI")}
_KEYS = {"sve": SVE.name, "pci": PCI.name}  # of xl
_WITHOUT = "disabled"


class _Use(Struct, frozen=True):
    """What uses a feature; `by_guest`: the file of a guest of xl, which is open even where the build leaves it out."""

    what: str
    location: Location
    by_guest: bool = False


def feature_facts(deployment: Deployment, release: Release | None = None) -> Iterator[Fact | OpenFact]:
    """A fact for each feature: off by default or by the build, open if an input uses it and it may be on."""
    arguments = boot_arguments(xen_arguments(deployment), release or RELEASES[0])
    used = dict(reversed((*_by_arguments(arguments), *_by_nodes(deployment), *_by_guests(deployment))))
    for key in FEATURES:
        yield _fact(key, deployment, used.get(key.name))
    yield _dom0less(deployment)
    yield _bad_pages(arguments)
    yield iommu_driver(deployment, release)


def _fact(key: FactKey[None], deployment: Deployment, used: _Use | None) -> Fact | OpenFact:
    names = _BUILD[key.name]
    stated = [name for name in names if name in deployment.kconfig]
    on = any(deployment.kconfig[name] == "y" for name in stated)
    off = not on and bool(stated or deployment.has_whole_config)
    if used is None or (off and not used.by_guest):
        place = deployment.build_place(stated[0] if stated else names[0])
        return Fact(key.name, None, Origin.GIVEN if off else Origin.DOCUMENTED, place)
    if off:
        why = f"{used.what} of a guest needs a Xen built with CONFIG_{names[0]}: how xl refuses it is not modelled"
        return OpenFact(key.name, why, (f"# no {used.what} in the guest's file",), used.location)
    why = f"{used.what} is used only by a Xen built with CONFIG_{names[0]}, whose behavior is not modelled"
    return OpenFact(key.name, why, ("[target.config]", f"{names[0]} = false  # if it is not"), used.location)


def _bad_pages(arguments: BootArguments) -> Fact | OpenFact:
    """Frames that `badpage` takes out of the boot allocator split its ranges, which is not modelled
    (`init_boot_pages`, 4.20 to 4.22)."""
    option = arguments.named("badpage")
    if option is None or not option.value:
        return Fact(BAD_PAGES.name, None, Origin.GIVEN, arguments.location)
    why = f"{option.written.text} takes frames out of Xen's memory, which is not modelled"
    return OpenFact(
        BAD_PAGES.name, why, ("# leave badpage out, and reserve the memory in /reserved-memory",), option.location
    )


def _dom0less(deployment: Deployment) -> Fact | OpenFact:
    """Open if the build leaves out what creates the domains of the tree."""
    name = DOM0LESS.name
    chosen = deployment.tree.node("/chosen") if deployment.tree else None
    first = next((node for node in chosen.children if compatible(node, "xen,domain")), None) if chosen else None
    if first is None or deployment.build_option(name) == "y":
        origin = Origin.GIVEN if name in deployment.kconfig else Origin.DOCUMENTED
        return Fact(name, None, origin, deployment.build_place(name))
    why = f"Xen is built without CONFIG_{name} and does not create {first.name}, nor any other domain of the tree"
    return OpenFact(name, why, ("[target.config]", f"{name} = true"), deployment.build_place(name))


def _by_arguments(arguments: BootArguments) -> Iterator[tuple[str, _Use]]:
    for option in arguments.options:
        use = _Use(option.written.text, option.location)
        if (option.name == "flask" and option.value != _WITHOUT) or (option.key, option.value) == ("xsm", "flask"):
            yield XSM.name, use
        elif option is arguments.named("pci-passthrough") and option.stored:
            yield PCI.name, use
    sve = asks_for_sve(arguments)
    if sve is not None:
        yield SVE.name, _Use(sve.written.text, sve.location)


def _by_nodes(deployment: Deployment) -> Iterator[tuple[str, _Use]]:
    chosen = deployment.tree.node("/chosen") if deployment.tree else None
    for node in chosen.walk() if chosen else ():
        if compatible(node, "xen,xsm-policy"):
            yield XSM.name, _Use(f"the policy {node.name}", node.location)
        if "sve" in node.properties:
            yield SVE.name, _Use("the property sve", node.properties["sve"].location)


def _asks(setting: XlSetting) -> bool:
    """Whether a setting asks for its feature: a list of devices with one in it, or another text than "disabled"."""
    written = setting.written
    if setting.name in LISTS:
        return isinstance(written, XlList) and bool(written.items)
    return not (isinstance(written, Passage) and written.text == _WITHOUT)


def _by_guests(deployment: Deployment) -> Iterator[tuple[str, _Use]]:
    for guest in deployment.guests:
        for setting in guest.settings:
            if setting.name in _KEYS and _asks(setting):
                yield _KEYS[setting.name], _Use(setting.name, setting.name_location, by_guest=True)
