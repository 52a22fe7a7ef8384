"""The sums of a FIT image's part, as U-Boot checks them (`fit_image_verify_with_data`, boot/image-fit.c, 2023.01)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping

from msgspec import Struct

Properties = Mapping[str, bytes]

_HASHES: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha384": lambda data: hashlib.sha384(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
}


class WrongSum(Struct, frozen=True):
    """A node below a part that is not known to fit its data: its path, and whether U-Boot refuses the part for it. If
    not, it is a signature, a kind of sum that is not followed, or one that U-Boot is told to ignore.
    """

    path: str
    refused: bool


def wrong_sum(nodes: Mapping[str, Properties], image: str, data: bytes) -> WrongSum | None:
    """The first such node below the image at a path; None if all sums fit. Nodes of other names do not matter."""
    for path, held in nodes.items():
        parent, _, name = path.rpartition("/")
        if parent != image or not name.startswith(("hash", "signature")):
            continue
        digest = _HASHES.get(held.get("algo", b"").split(b"\0")[0].decode("utf-8", "replace"))
        if name.startswith("signature") or "uboot-ignore" in held or digest is None:
            return WrongSum(path, refused=False)
        if digest(data) != held.get("value"):
            return WrongSum(path, refused=True)
    return None
