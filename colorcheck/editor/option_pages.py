"""Short pages of the options around coloring, by the file that they stand in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from colorcheck.inputs.manifest.manifest_keys import KEYS

_WORD = re.compile(r"[A-Za-z0-9_,\-]+")
_XEN: Mapping[str, str] = {
    "llc-coloring": "Turns cache coloring on. Without it every domain may get every frame. From Xen 4.20.",
    "llc-size": "Size of the last-level cache in bytes. Counts only together with `llc-nr-ways`; left out, Xen probes.",
    "llc-nr-ways": "Ways of the last-level cache. Counts only together with `llc-size`.",
    "xen-llc-colors": "The colors of Xen's own image. Default: color 0.",
    "dom0-llc-colors": "The colors of dom0. Default: all colors.",
    "dom0_mem": "Memory of dom0. With coloring it comes from dom0's colors alone, so these must hold it.",
    "buddy-alloc-size": "Memory that stays uncolored for Xen's own use: page tables, domain state, grant tables. "
    "Default: CONFIG_BUDDY_ALLOCATOR_SIZE, 64 MiB.",
    "xen,xen-bootargs": "Xen's command line. Without it Xen takes `bootargs`, where no dom0 kernel is given there.",
    "llc-colors": "Colors of a dom0less domain: ranges and numbers with commas, as in `4-8,10`. Left out: all colors.",
    "colors": "How the Xilinx branches spell the colors of a domain; upstream reads `llc-colors`.",
}
_XL: Mapping[str, str] = {
    "llc_colors": 'A list of ranges, each an element of its own: `["4-8", "10"]`. What stands behind a range in one '
    "element is silently dropped, and a single string is ignored.",
    "memory": "Memory of the guest in MiB. With coloring it comes from the guest's colors alone.",
    "maxmem": "The most memory in MiB that the guest may balloon to. It sizes the P2M pool.",
    "vcpus": "Virtual CPUs at the start. Each takes frames of the uncolored heap.",
    "cpus": "Physical CPUs that the vCPUs may run on. Domains that run on other clusters do not share that cache.",
    "dtdev": "Paths of devices to pass through; each must be a node of the host's device tree.",
}


def page_of(file: str, line: str, column: int) -> str:
    """Markdown about the option at a column (from 1) of a line; empty where nothing is known of it."""
    word = next((m[0] for m in _WORD.finditer(line) if m.start() < column <= m.end() + 1), "")
    if file.endswith(".toml"):
        key = next((key for key in KEYS if key.path.rpartition(".")[2] == word), None)
        return f"`{key.path}`: {key.help}" if key else ""
    known = _XL if file.endswith((".cfg", ".xl")) else _XEN
    text = known.get(word) or _XEN.get(word)
    return f"`{word}`: {text}" if text else ""
