"""Patches for `git apply` that carry every byte."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib

_COMMAND = re.compile(r"^.?\s*::|##\[", re.MULTILINE)
_LINE = 52  # bytes that one line of a binary patch carries


def harmless(text: str) -> bool:
    """Whether the lines of a patch may be shown unchanged in a terminal or a log: printable ones, with CR only at
    line ends.
    """
    plain = text.replace("\r\n", "\n").replace("\n", "").replace("\t", "")
    return (plain.isprintable() or plain.replace("\u00a0", "").isprintable()) and not _COMMAND.search(text)


def name_in_patch(name: str) -> str:
    """A file name as git writes it: quoted where it has characters that end it or that a terminal obeys."""
    if name.isascii() and name.isprintable() and not {'"', "\\"} & set(name):
        return f"{name}\t" if " " in name else name
    quoted = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in (0x22, 0x5C) else f"\\{byte:03o}"
        for byte in name.encode("utf-8", "surrogateescape")
    )
    return f'"{quoted}"'


def binary_patch(name: str, old: bytes, new: bytes) -> bytes:
    """git's binary patch from one content to the other, and back."""
    first, second = name_in_patch(f"a/{name}").rstrip("\t"), name_in_patch(f"b/{name}").rstrip("\t")
    head = f"diff --git {first} {second}\nindex {_blob(old)}..{_blob(new)} 100644\nGIT binary patch\n"
    return head.encode() + _literal(new) + b"\n" + _literal(old) + b"\n"


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _literal(data: bytes) -> bytes:
    packed = zlib.compress(data)
    lines = [b"literal %d\n" % len(data)]
    for start in range(0, len(packed), _LINE):
        piece = packed[start : start + _LINE]
        length = len(piece)
        mark = chr(ord("A") + length - 1) if length <= 26 else chr(ord("a") + length - 27)
        padded = piece + bytes(-length % 4)
        lines.append(mark.encode() + base64.b85encode(padded) + b"\n")
    return b"".join(lines)
