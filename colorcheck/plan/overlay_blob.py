"""A compiled device tree overlay that sets properties: the format of flattened trees, version 17 (Devicetree
Specification 0.4, chapter 5; libfdt applies it)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_MAGIC, _VERSION, _COMPATIBLE = 0xD00DFEED, 17, 16
_BEGIN, _END_NODE, _PROPERTY, _END = 1, 2, 3, 9
_HEADER = 40


def overlay_blob(wanted: Sequence[tuple[str, str, str]]) -> bytes:
    """The blob for (node path, property, text): one fragment per property."""
    strings = _Strings()
    body = _begin("")
    for number, (node, name, text) in enumerate(wanted):
        body += _begin(f"fragment@{number}")
        body += strings.property("target-path", node)
        body += _begin("__overlay__") + strings.property(name, text)
        body += 2 * struct.pack(">I", _END_NODE)
    body += struct.pack(">II", _END_NODE, _END)
    reserved = bytes(16)
    at_body = _HEADER + len(reserved)
    at_strings = at_body + len(body)
    sizes = (at_strings + len(strings.data), at_body, at_strings, _HEADER)
    head = struct.pack(">5I", _MAGIC, *sizes)
    head += struct.pack(">5I", _VERSION, _COMPATIBLE, 0, len(strings.data), len(body))
    return head + reserved + body + bytes(strings.data)


class _Strings:
    def __init__(self) -> None:
        self.data = bytearray()
        self.places: dict[str, int] = {}

    def property(self, name: str, text: str) -> bytes:
        if name not in self.places:
            self.places[name] = len(self.data)
            self.data += name.encode() + b"\0"
        value = text.encode("utf-8", "surrogateescape") + b"\0"
        return _padded(struct.pack(">III", _PROPERTY, len(value), self.places[name]) + value)


def _begin(name: str) -> bytes:
    return _padded(struct.pack(">I", _BEGIN) + name.encode("utf-8", "surrogateescape") + b"\0")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
