"""Options of Xen are in a place where Xen does not read them.

What it checks: every text of the device tree and the kernel arguments of every xl file for options of cache coloring,
misspelled ones too, and of dom0's vCPUs: among dom0's arguments, in the `bootargs` of a boot module, in a property with
another name.

Why it matters: Xen reads one property of /chosen only. Whatever is elsewhere is passed to a kernel that does not
know it, or is not used at all; coloring stays off, and nothing is printed about it.

What it cannot see: options that a boot script moves to the right place later.

Source: `boot_fdt_cmdline`, `process_multiboot_node` (xen/common/device-tree/bootinfo-fdt.c, 4.20 to 4.22), measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Passage
from colorcheck.core.suggest import nearest
from colorcheck.inputs.boot.boot_arguments import option_name, read_boot_arguments
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule
from colorcheck.rules.subjects import SWITCH
from colorcheck.verification.results import Facts
from colorcheck.xen.machine.chosen_walk import MODULE
from colorcheck.xen.options.arguments import arguments_property, text_of, xen_arguments
from colorcheck.xen.release.releases import RELEASES

_OPTIONS = frozenset(option.name for release in RELEASES for option in release.options)
_CPUS = frozenset({"dom0_max_vcpus", "dom0_vcpus_pin", "hmp-unsafe"})  # of no kernel that dom0 could have
_KNOWN = tuple(sorted(_OPTIONS | _CPUS))
_BYTES = (
    b"llc",
    b"dom0_",
    b"dom0-",
    b"olors",
    b"way_size",
    b"buddy",
    b"hmp",
)  # substrings of all such options in lower case
_XENS, _DOM0S = "xen,xen-bootargs", "xen,dom0-bootargs"
_KERNEL_KEYS = ("extra", "cmdline", "root")


class _Holder(Struct, frozen=True):
    """A text from which Xen does not take options, what it is, and what to write instead."""

    text: Passage
    what: str
    help: str


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each text with options of Xen that Xen does not read."""
    read = {option_name(option.text) for option in read_boot_arguments(xen_arguments(facts.deployment))}
    for holder in (*_in_tree(facts), *_in_guests(facts)):
        written = [(option, option_name(option.text)) for option in read_boot_arguments(holder.text)]
        found = [(option, name, meant) for option, name in written if (meant := _meant(name))]
        if found:
            names = ", ".join(dict.fromkeys(name for _, name, _ in found))
            others = dict.fromkeys((name, meant) for _, name, meant in found if name != meant)
            guesses = "".join(f"; {name}: did you mean {meant}?" for name, meant in others)
            harmless = all(meant in read or meant in _CPUS for _, _, meant in found)
            yield RULE.finding(
                f"{names}: {'an option' if len(found) == 1 else 'options'} of Xen in {holder.what}, "
                "where Xen does not read them",
                found[0][0].locate(0, len(found[0][0].text)),
                f"{holder.help}{guesses}",
                severity=Severity.WARNING if harmless else None,
                about=(SWITCH,),
            )


def _meant(name: str) -> str:
    """The option of Xen that a word is, or looks like: the same but for `-`, `_` and the case, or like one about
    colors; empty for any other word."""
    if name in _KNOWN:
        return name
    plain = name.lower().replace("_", "-")
    near = nearest(name, _KNOWN) or ""
    return near if "llc" in plain or plain == near.replace("_", "-") else ""


def _in_tree(facts: Facts) -> Iterator[_Holder]:
    tree = facts.deployment.tree
    if tree is None:
        return
    xens = arguments_property(tree)
    for node in tree.root.walk():
        for prop in node.properties.values():
            shown = node.path == "/chosen" and prop.name == "bootargs"  # CC124
            if prop is not xens and not shown and any(part in prop.value.lower() for part in _BYTES):
                yield _holder(node, prop)


def _holder(node: Node, prop: Property) -> _Holder:
    help = f"move them to {_XENS} of /chosen"  # noqa: A001
    if node.path == "/chosen":
        if prop.name == _DOM0S:
            return _Holder(text_of(prop), f"{_DOM0S} (the arguments of dom0's kernel)", f"move them to {_XENS}")
        near = nearest(prop.name, (_XENS,))
        return _Holder(text_of(prop), f"the property {prop.name}", f"did you mean {near}?" if near else help)
    if compatible(node, *MODULE) and prop.name == "bootargs":
        return _Holder(text_of(prop), f"the bootargs of {node.name} (the arguments of that kernel)", help)
    return _Holder(text_of(prop), f"{prop.name} of {node.path}", help)


def _in_guests(facts: Facts) -> Iterator[_Holder]:
    for guest in facts.deployment.guests:
        for setting in guest.settings:
            if setting.name in _KERNEL_KEYS and isinstance(setting.value, str):
                what = f"{setting.name}, arguments of the guest's kernel,"
                help = "write the guest's colors as llc_colors, Xen's options among its boot arguments"  # noqa: A001
                yield _Holder(Passage(setting.value, setting.value_location), what, help)


RULE = Rule(
    "CC129",
    "option-elsewhere",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        boot_arguments="console=dtuart",
        chosen='xen,dom0-bootargs = "llc-coloring=on dom0-llc-colors=2-10 console=hvc0";',
    ),
    good=Example(chosen='xen,dom0-bootargs = "console=hvc0";'),
)
