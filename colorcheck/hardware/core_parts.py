"""The core that a MIDR_EL1 identifies, as Xen prints it for its boot CPU ("Processor: 00000000410fd034").

Source: the part numbers in Arm's technical reference manuals of the cores.
"""

from __future__ import annotations

_ARM = 0x41  # the implementer
_PARTS = {
    0xD02: "cortex-a34",
    0xD03: "cortex-a53",
    0xD04: "cortex-a35",
    0xD05: "cortex-a55",
    0xD06: "cortex-a65",
    0xD07: "cortex-a57",
    0xD08: "cortex-a72",
    0xD09: "cortex-a73",
    0xD0A: "cortex-a75",
    0xD0B: "cortex-a76",
    0xD0C: "neoverse-n1",
    0xD0D: "cortex-a77",
    0xD0E: "cortex-a76ae",
    0xD40: "neoverse-v1",
    0xD41: "cortex-a78",
    0xD42: "cortex-a78ae",
    0xD49: "neoverse-n2",
}


def core_of_midr(midr: int) -> str | None:
    """The name of the core; None if it is not listed."""
    return _PARTS.get(midr >> 4 & 0xFFF) if midr >> 24 & 0xFF == _ARM else None
