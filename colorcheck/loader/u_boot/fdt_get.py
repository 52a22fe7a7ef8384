"""The text that `fdt get value` stores in a variable, by release.

Source: `cmd/fdt.c: fdt_value_env_set`, `is_printable_string` of U-Boot 2023.01, 2023.04, 2023.07 and 2026.10-rc2.
"""

from __future__ import annotations

from colorcheck.loader.u_boot.releases import CELLS, DIGITS, SIZES, ReleaseChange

_MOST = 20  # bytes of cells that are written one after the other, before DIGITS
_PRINTABLE = frozenset((*range(32, 127), *range(160, 256)))
_BLANKS = frozenset(range(9, 14))


def got_by_release(value: bytes, index: int | None) -> tuple[tuple[ReleaseChange | None, str | None], ...]:
    """The text (empty if the variable is deleted, None if the command fails) before all changes and from each on."""
    return tuple((change, _text(value, index, change)) for change in (None, CELLS, SIZES, DIGITS))


def _text(value: bytes, index: int | None, since: ReleaseChange | None) -> str | None:
    if not value:
        return ""
    if (_is_text if since in (SIZES, DIGITS) else _was_text)(value):
        texts = value[:-1].split(b"\0")
        return texts[index or 0].decode("utf-8", "surrogateescape") if (index or 0) < len(texts) else None
    if len(value) == 4:
        return f"0x{int.from_bytes(value, 'big'):08X}"
    if index is not None and since is not None and len(value) % 4 == 0:
        cell = value[4 * index : 4 * index + 4]
        return f"0x{int.from_bytes(cell, 'big'):08X}" if cell else None
    if since is DIGITS:
        return value.hex()
    if len(value) % 4 or len(value) > _MOST:
        return None
    return "".join(value[at : at + 4][::-1].hex() for at in range(0, len(value), 4))


def _was_text(value: bytes) -> bool:
    return value.endswith(b"\0") and b"\0\0" not in value and not set(value) - _PRINTABLE - _BLANKS - {0}


def _is_text(value: bytes) -> bool:
    parts = value[:-1].split(b"\0")
    return value.endswith(b"\0") and all(part and not set(part) - _PRINTABLE for part in parts)
