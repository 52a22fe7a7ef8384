"""Xen refuses a partial device tree, and stops at boot.

What it checks: each node below /passthrough of a domain's partial tree: `xen,reg` and `xen,path` together (or
`xen,force-assign-without-iommu`), whole pages, guest addresses that a P2M reaches, a host node of that name whose
interrupts dom0 and Xen's console do not have, an IOMMU unless the device is forced, and from 4.22 on phandles below
Xen's own.

Why it matters: Xen cannot build the domain and panics.

What it cannot see: the tree, until `[[target.modules]]` names it by its address.

Source: `handle_prop_pfdt`, `handle_passthrough_prop`, `domain_handle_dtb_boot_module`
(xen/common/device-tree/dom0less-build.c), measured on 4.20 to 4.22.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes
from colorcheck.rules.words import says
from colorcheck.xen.domains.partial_tree import FORCE
from colorcheck.xen.notes.domains import PartialTreeFault, PartialTreeRefusal, PartialTreeRefused


@says(PartialTreeRefused)
def _partial_tree_refused(note: PartialTreeRefused) -> str:
    why = _why(note.refusal)
    return f"Xen refuses {note.refused} in the partial device tree of {note.domain}: {why}"


def _why(refusal: PartialTreeRefusal) -> str:
    numbers, device = refusal.numbers, refusal.device
    match refusal.fault:
        case PartialTreeFault.HIGH_PHANDLE:
            return f"its phandle {numbers[0]:#x} leaves none below {numbers[1]:#x}, which Xen keeps for itself"
        case PartialTreeFault.NO_REG:
            return "it has a xen,path, but no xen,reg"
        case PartialTreeFault.NO_PATH:
            return f"it has a xen,reg, but neither xen,path nor {FORCE}"
        case PartialTreeFault.CELLS:
            return f"xen,reg takes one or two cells for an address and a size, not {numbers[0]} and {numbers[1]}"
        case PartialTreeFault.NOT_PAGES:
            return f"xen,reg {numbers[0]:#x}+{numbers[1]:#x} at {numbers[2]:#x} is not in whole pages"
        case PartialTreeFault.BEYOND_ADDRESSES:
            return f"the guest address {numbers[0]:#x} is beyond the {numbers[1]} bits of a P2M"
        case PartialTreeFault.NO_HOST_NODE:
            return f"the host has no node {device}"
        case PartialTreeFault.TAKEN_INTERRUPT:
            return f"the interrupt SPI {numbers[0]} of {device} belongs to {refusal.holder}"
        case PartialTreeFault.INTERRUPT_BEYOND_LIMIT:
            return f"{device} has the interrupt SPI {numbers[0]}, beyond nr_spis = {numbers[1]}"
        case PartialTreeFault.NO_IOMMU:
            return f"Xen sets up no IOMMU, which {device} needs (or write {FORCE})"
        case PartialTreeFault.NOT_BEHIND_IOMMU:
            return f"{device} is behind no IOMMU (or write {FORCE})"


_DOMAIN = """domU1 { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
    memory = <0x0 0x10000>; cpus = <1>; llc-colors = "11-12";
    module@8000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x8000000 0x0 0x10000>; };
    module@8200000 { compatible = "multiboot,device-tree", "multiboot,module"; reg = <0x0 0x8200000 0x0 0x1000>; };
};"""
_PARTIAL = """/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    passthrough {
        compatible = "simple-bus";
        ranges;
        #address-cells = <2>;
        #size-cells = <2>;
        timer@ff110000 { compatible = "cdns,ttc"; reg = <0x0 0xff110000 0x0 0x1000>;
            xen,reg = <0x0 0xff110000 0x0 0x1000 0x0 0xff110000>; };
    };
};
"""
_MODULE = '[[target.modules]]\naddress = 0x8200000\nfile = "partial.dts"\n'


RULE = from_notes(
    "CC529",
    "partial-tree-refused",
    Severity.ERROR,
    __doc__,
    "correct that node of the partial tree, or delete it",
    bad=Example(chosen=_DOMAIN, manifest=_MODULE, files=(("partial.dts", _PARTIAL),)),
    good=Example(),
)
