"""The measured cases in the package: the files and manifest of each, and what the real programs did with them."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct

from colorcheck.files.resources import data_folder

KINDS: Mapping[str, str] = {
    "boots": "boots of real Xen: outcome, colors, Xen's region, free frames of each color, domains",
    "cpus": "boots of real Xen: also the CPUs on which each vCPU may run",
    "guests": "guests that a real xl created: created or refused, free frames of each color after each",
    "lifecycle": "guests created, destroyed and created again, dom0 ballooned: free frames after each step",
    "u-boot": "scripts that a real U-Boot ran: whether Xen is started, and the tree that it gets, byte for byte",
    "uefi": "starts of real Xen from UEFI: outcome, colors, Xen's region, free frames of each color",
    "readers": "input to the parsers of Xen, xl and dtc: boot arguments, lists of colors, xl files, device trees",
    "field": "deployments as people write them, and what a checker must or must not say about them",
}


class NoCases(ValueError):
    """Measured cases are missing; the message says which."""


class MeasuredCase(Struct, frozen=True):
    """One case.

    `xen` is the release series that was measured, empty if Xen is not part of the case. `expect` has the measured
    values; `known` explains a known difference, which contains the text `known_difference`.
    """

    kind: str
    name: str
    xen: str
    area: str
    manifest: str
    files: Mapping[str, bytes]
    given: Mapping[str, Any]
    expect: Any
    about: str = ""
    known: str = ""
    known_difference: str = ""

    def lay_out(self, folder: Path) -> Path:
        """Write the files into an empty folder; returns the path of the manifest."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        manifest = folder / "colorcheck.toml"
        if self.manifest:
            manifest.write_text(self.manifest, encoding="utf-8")
        return manifest


def cases(kind: str) -> tuple[MeasuredCase, ...]:
    """All cases of a kind. Raises NoCases."""
    path = data_folder("validation") / f"{kind}.json.xz"
    try:
        found = json.loads(lzma.decompress(path.read_bytes()))
    except (OSError, lzma.LZMAError, ValueError) as error:
        raise NoCases(f"the measured cases of the kind {kind} cannot be read: {error}") from None
    return tuple(_case(kind, each) for each in found)


def _case(kind: str, found: Mapping[str, Any]) -> MeasuredCase:
    files = {name: text.encode() for name, text in found["files"].items()}
    files |= {name: _content(*packed) for name, packed in found.get("data", {}).items()}
    if not all(_inside(name) for name in files):
        raise NoCases(f"a file of {found['name']} would lie outside of its folder")
    return MeasuredCase(
        kind,
        found["name"],
        found["xen"],
        found["area"],
        found["manifest"],
        files,
        found.get("given", {}),
        found["expect"],
        found.get("about", ""),
        found.get("known", ""),
        found.get("known_difference", ""),
    )


def _content(text: str, coding: str, size: int) -> bytes:
    bare = base64.b64decode(text) if coding == "base64" else text.encode()
    return bare.ljust(size, b"\0")


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
