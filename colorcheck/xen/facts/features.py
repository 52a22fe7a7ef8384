"""Features of Xen that an input uses, that are off by default and are not modelled: open unless known to be off.

Defaults: CONFIG_XSM, CONFIG_ARM64_SVE and CONFIG_PCI_PASSTHROUGH (which selects HAS_PCI) are off (xen/common/Kconfig,
xen/arch/arm/Kconfig, 4.20 to 4.22); without them Xen ignores the options. With them it may stop: FLASK that enforces
without a policy, SVE on a CPU that has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.facts.book import FactKey
from colorcheck.xen.facts.keys import PCI, SVE, XSM
from colorcheck.xen.options.arguments import xen_arguments

FEATURES = (XSM, SVE, PCI)
_BUILD = {XSM.name: ("XSM",), SVE.name: ("ARM64_SVE",), PCI.name: ("PCI_PASSTHROUGH", "HAS_PCI")}
_KEYS = {"sve": SVE.name, "pci": PCI.name}  # of xl
_OFF = ("0", "no", "off", "false", "disable")


def feature_facts(deployment: Deployment) -> Iterator[Fact | OpenFact]:
    """A fact for each feature: off by default or by the build, open if an input uses it and it may be on."""
    used = dict(reversed(tuple(_used(deployment))))
    for key in FEATURES:
        yield _fact(key, deployment, used.get(key.name))


def _fact(key: FactKey[None], deployment: Deployment, used: tuple[str, Location] | None) -> Fact | OpenFact:
    names = _BUILD[key.name]
    stated = [name for name in names if name in deployment.kconfig]
    on = any(deployment.kconfig[name] == "y" for name in stated)
    off = not on and bool(stated or "ARM_64" in deployment.kconfig)
    if used is None or off:
        place = deployment.build_place(stated[0] if stated else names[0])
        return Fact(key.name, None, Origin.GIVEN if off else Origin.DOCUMENTED, place)
    what, place = used
    why = f"{what} is used only by a Xen built with CONFIG_{names[0]}, whose behavior is not modelled"
    return OpenFact(key.name, why, ("[target.config]", f"{names[0]} = false  # if it is not"), place)


def _used(deployment: Deployment) -> Iterator[tuple[str, tuple[str, Location]]]:
    """The features that the inputs use, by name, with what uses them and its location."""
    arguments = xen_arguments(deployment)
    for word in arguments.text.split():
        name, _, value = word.partition("=")
        at = arguments.text.find(word)
        place = arguments.locate(at, at + len(word))
        if (name == "flask" and value != "disabled") or (name == "xsm" and value == "flask"):
            yield XSM.name, (word, place)
        elif name == "dom0" and any(part.startswith("sve") and part[4:] not in _OFF for part in value.split(",")):
            yield SVE.name, (word, place)
        elif name == "pci-passthrough" and value not in _OFF:
            yield PCI.name, (word, place)
    chosen = deployment.tree.node("/chosen") if deployment.tree else None
    for node in chosen.walk() if chosen else ():
        if compatible(node, "xen,xsm-policy"):
            yield XSM.name, (f"the policy {node.name}", node.location)
        if "sve" in node.properties:
            yield SVE.name, ("the property sve", node.properties["sve"].location)
    for guest in deployment.guests:
        for setting in guest.settings:
            if setting.name in _KEYS:
                yield _KEYS[setting.name], (setting.name, setting.name_location)
