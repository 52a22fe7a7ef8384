"""Short pages of the options around coloring, by the file that they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from colorcheck.inputs.manifest.manifest_keys import KEYS

_WORD = re.compile(r"[A-Za-z0-9_,\-]+")
_XEN: Mapping[str, str] = {
    "llc-coloring": "Turns cache coloring on. Without it, every domain may get every frame. Since Xen 4.20.",
    "llc-size": "Size of the last-level cache in bytes. Only effective together with `llc-nr-ways`; without both, "
    "Xen probes.",
    "llc-nr-ways": "Ways of the last-level cache. Only effective together with `llc-size`.",
    "xen-llc-colors": "The colors of Xen's own image. Default: color 0.",
    "dom0-llc-colors": "The colors of dom0. Default: all colors.",
    "dom0_mem": "Memory of dom0. With coloring it is taken from dom0's colors only, so they must have enough.",
    "buddy-alloc-size": "Memory that stays uncolored for Xen's own use: page tables, domain state, grant tables. "
    "Default: CONFIG_BUDDY_ALLOCATOR_SIZE, 64 MiB.",
    "xen,xen-bootargs": "Xen's command line. Without it, Xen uses `bootargs` if no dom0 kernel is given there.",
    "llc-colors": "Colors of a dom0less domain: ranges and numbers with commas, as in `4-8,10`. Default: all colors.",
    "colors": "The colors of a domain as the Xilinx branches spell it; upstream reads `llc-colors`.",
}
_XL: Mapping[str, str] = {
    "llc_colors": 'A list of ranges, each a separate element: `["4-8", "10"]`. Anything after a range within an '
    "element is silently dropped, and a single string is ignored.",
    "memory": "Memory of the guest in MiB. With coloring it is taken from the guest's colors only.",
    "maxmem": "The limit in MiB to which the guest may balloon. It sizes the P2M pool.",
    "vcpus": "Virtual CPUs at start. Each takes frames of the uncolored heap.",
    "cpus": "Physical CPUs that the vCPUs may run on. Domains on different clusters do not share the cluster's cache.",
    "dtdev": "Paths of devices to pass through; each must be a node of the host's device tree.",
}
_IMAGE_BUILDER: Mapping[str, str] = {
    "XEN_CMD": "Xen's command line. With it, `XEN_COLORS` and `DOM0_COLORS` are dropped without a message.",
    "XEN_COLORS": "The colors of Xen's own image, one range. Dropped where `XEN_CMD` is set.",
    "DOM0_COLORS": "The colors of dom0, one range. Dropped where `XEN_CMD` is set.",
    "DOMU_COLORS": "The colors of a dom0less domain, one range such as `4-8`; several ranges become an empty mask. "
    "It is written as `colors`, which only the Xilinx branches read; upstream reads `llc-colors`.",
    "DOM0_MEM": "Memory of dom0 in MiB. With coloring it is taken from dom0's colors only.",
    "DOMU_MEM": "Memory of a dom0less domain in MiB. With coloring it is taken from the domain's colors only.",
    "DOMU_VCPUS": "Virtual CPUs of a dom0less domain.",
    "DOMU_KERNEL": "The kernel of a dom0less domain, a boot module.",
    "NUM_DOMUS": "The number of dom0less domains; those with a higher number are ignored.",
    "MEMORY_START": "The address from which on ImageBuilder may place boot modules.",
    "MEMORY_END": "The address at which ImageBuilder must stop placing boot modules.",
    "DEVICE_TREE": "The host's device tree, into which the boot script writes `/chosen`.",
}


def page_of(file: str, line: str, column: int) -> str:
    """Markdown about the option at a column (from 1) of a line; empty if nothing is known about it."""
    word = next((m[0] for m in _WORD.finditer(line) if m.start() < column <= m.end() + 1), "")
    if file.endswith(".toml"):
        key = next((key for key in KEYS if key.path.rpartition(".")[2] == word), None)
        return f"`{key.path}`: {key.help}" if key else ""
    known = _XL if file.endswith((".cfg", ".xl")) else _XEN
    text = known.get(word) or _XEN.get(word) or _IMAGE_BUILDER.get(word)
    return f"`{word}`: {text}" if text else ""
