"""Values of a guest's file at which xl stops: words that it does not know, and numbers out of range.

Source: `parse_config_data` (tools/xl/xl_parse.c, 4.20 to 4.22), the enumerations of tools/libs/light/libxl_types.idl.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.core.c_numbers import decimal, whole_long
from colorcheck.core.pattern import pattern
from colorcheck.core.source import Passage
from colorcheck.inputs.xl.xl_values import XlFile, XlList

GRANTS = ("max_grant_frames", "max_maptrack_frames", "max_grant_version")
"""Keys at which xl stops if they have no number of the right size."""
_INT_MAX = (1 << 31) - 1
_UINT32_MAX = (1 << 32) - 1
_ACTIONS = ("destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "soft-reset")
_TYPES = ("hvm", "pvh")  # each beginning of one is taken for it, so pv too
_ANY_CASE = {
    "passthrough": ("default", "disabled", "enabled", "sync_pt", "share_pt"),
    "vuart": ("unknown", "sbsa_uart"),
    "gic_version": ("default", "v2", "v3"),
    "tee": ("none", "optee", "ffa"),
}
_SAYS = {
    "passthrough": "ERROR: unknown passthrough option '{}'",
    "vuart": 'ERROR: invalid value "{}" for "vuart"',
    "gic_version": 'Unknown gic_version "{}" specified',
    "tee": 'Unknown tee "{}" specified',
}
_UUID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DECIMAL = pattern(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)", re.ASCII)


def refused_values(file: XlFile) -> Iterator[tuple[str, str]]:
    """The messages of xl with their keys."""
    kind = _text(file, "type")
    if kind is not None and not any(known.startswith(kind) for known in _TYPES):
        yield f"Invalid domain type {kind}.", "type"
    uuid = _text(file, "uuid")
    if uuid is not None and not _UUID.fullmatch(uuid):
        yield f"Failed to parse UUID: {uuid}", "uuid"
    yield from _grants(file)
    yield from _irqs(file)
    for key, words in _ANY_CASE.items():
        written = _text(file, key)
        if written is not None and written.lower() not in words:
            yield _SAYS[key].format(written), key
    for key in ("on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset"):
        written = _text(file, key)
        if written is not None and written not in _ACTIONS:
            yield f'Unknown {key} action "{written}" specified', key


def _text(file: XlFile, key: str) -> str | None:
    """The single value of a key; None if there is none or a list."""
    setting = file.setting(key)
    return setting.written.text if setting and isinstance(setting.written, Passage) else None


def _grants(file: XlFile) -> Iterator[tuple[str, str]]:
    for key in GRANTS:
        setting = file.setting(key)
        if setting is None:
            continue
        text = setting.written.text if isinstance(setting.written, Passage) and setting.operator == "=" else ""
        value = whole_long(text)
        if value is None or not 0 <= value <= _INT_MAX:
            yield f"{key} is not a number from 0 to {_INT_MAX}", key


def _irqs(file: XlFile) -> Iterator[tuple[str, str]]:
    setting = file.setting("irqs")
    items = setting.written.items if setting and isinstance(setting.written, XlList) else ()
    for index, item in enumerate(items):
        if isinstance(item, XlList):
            yield f"xl: Unable to get element {index} in irq list", "irqs"
            continue
        found = _DECIMAL.fullmatch(item.text)
        if found is None:
            yield f"xl: Invalid argument parsing irq: {item.text}", "irqs"
        elif (found[1] == "-" and decimal(found[2])) or decimal(found[2]) >= _UINT32_MAX:
            yield f"xl: irq {item.text} too big", "irqs"
