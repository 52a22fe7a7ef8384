"""Variables that U-Boot guards: which of them may be set, changed or deleted, and to what.

Source: `include/env_flags.h`, `env/flags.c` of U-Boot 2023.01: the serial number and the MAC addresses are written
once; addresses, MAC addresses and numbers of VLANs must look like such.
"""

from __future__ import annotations

import re

from colorcheck.core.pattern import pattern
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, UBootMachine
from colorcheck.loader.u_boot.text import Marked, unknowns

_MAC = pattern(r"eth\d*addr", re.ASCII)
_ADDRESSES = ("ipaddr", "gatewayip", "netmask", "serverip", "dnsip")
_NUMBERS = ("vlan", "nvlan")
_MAC_SHAPE = pattern(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", re.ASCII)
_ADDRESS_SHAPE = pattern(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_KEY = "the serial number and the MAC addresses in the environment can be changed"


def refused(machine: UBootMachine, name: str, value: Marked | None, *, forced: bool = False) -> bool:
    """Whether U-Boot refuses to give a variable this value (None: to delete it)."""
    mac = _MAC.fullmatch(name) is not None
    if value is not None and not unknowns(value.text) and not _fits(name, value.text, mac=mac):
        return True
    held = machine.environment.get(name)
    if not (mac or name == "serial#") or held is None or forced or (value is not None and held.text == value.text):
        return False
    fact = OpenFact(
        "U-Boot lets these variables be changed",
        f"{name} is written once, unless this U-Boot was built with CONFIG_ENV_OVERWRITE",
        (),
        machine.place,
        (False, True),
    )
    return not machine.decide(Doubt(_KEY, False, fact))


def _fits(name: str, text: str, *, mac: bool) -> bool:
    if mac:
        return _MAC_SHAPE.fullmatch(text) is not None
    if name in _ADDRESSES:
        return _ADDRESS_SHAPE.fullmatch(text) is not None and all(int(part) < 256 for part in text.split("."))
    return not text or (text.isascii() and text.isdigit()) if name in _NUMBERS else True
