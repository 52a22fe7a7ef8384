"""Scripts in FIT images, as `source ADDRESS[:NAME|#CONFIGURATION]` takes them.

Source: `cmd/source.c` of U-Boot 2023.01, `boot/image-board.c: image_locate_script` of 2026.10-rc2, measured with both.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.blob import read_content
from colorcheck.loader.u_boot.fit import text_of
from colorcheck.loader.u_boot.fit_sums import Properties, wrong_sum
from colorcheck.loader.u_boot.machine import UBootMachine
from colorcheck.loader.u_boot.releases import CONFIGURATIONS, newer
from colorcheck.loader.u_boot.text import Marked

_OUTSIDE = frozenset(("data-position", "data-offset", "data-size"))
_MOST = 64 << 20
_DAMAGED = "Bad FIT image format"


class Wanted(Struct, frozen=True):
    """What the word of `source` names: the address as written (None: the variable loadaddr), and a script or a
    configuration, each None if it is not named."""

    address: Marked | None
    script: str | None = None
    configuration: str | None = None


class FitScript(Struct, frozen=True):
    """A script's name within its image, and its text."""

    name: str
    text: bytes


class NotFollowed(Struct, frozen=True):
    """Such an image is not followed."""

    why: str


def wanted(word: Marked) -> Wanted:
    """The parts of the argument of `source`; a colon takes precedence over a number sign."""
    for sign in (":", "#"):
        at = word.text.find(sign)
        if at >= 0:
            address, name = word.part(0, at) if at else None, word.text[at + 1 :]
            return Wanted(address, script=name) if sign == ":" else Wanted(address, configuration=name)
    return Wanted(word)


def script_in_fit(machine: UBootMachine, address: int, what: Wanted) -> FitScript | str | NotFollowed:
    """The script that `source` runs of the image at an address; a text where U-Boot refuses it."""
    size = int.from_bytes(machine.memory.read(address + 4, 4) or b"", "big")
    data = machine.memory.read(address, size) if size <= _MOST else None
    if data is None:
        return NotFollowed("not all of it is among the inputs")
    content = read_content(data)
    if content is None or not content.nodes:
        return NotFollowed("it is damaged")
    image = _Image(content.nodes, verify=verifies(machine))
    if any("@" in path for path in image.nodes):
        return NotFollowed("libfdt finds names with @ by their beginning")
    older, later = image.named(what.script), image.chosen(what)
    return later if older != later and newer(machine, CONFIGURATIONS) else older


def verifies(machine: UBootMachine) -> bool:
    """Whether U-Boot checks sums: unless the variable verify says anything but yes."""
    text = machine.text("verify")
    if text is None and machine.may_have("verify"):
        machine.assumptions["the board's environment does not set verify, so that U-Boot checks sums"] = None
    return text is None or text[:1] in ("1", "y", "Y", "t", "T")


class _Image(Struct, frozen=True):
    nodes: Mapping[str, Properties]
    verify: bool

    def named(self, name: str | None) -> FitScript | str | NotFollowed:
        """By its own name, or the default one; an empty name is none that an image has."""
        name = self._default() if name is None else name
        return "No FIT subimage unit name" if name is None else self._script(name)

    def chosen(self, what: Wanted) -> FitScript | str | NotFollowed:
        """Newer releases use the configurations first if no script is named."""
        if what.script is None:
            configuration = what.configuration
            name = configuration or text_of(self.nodes.get("/configurations", {}).get("default", b""))
            found = self.nodes.get(f"/configurations/{name.partition('#')[0]}", {}) if name else {}
            script = text_of(found.get("script", b""))
            if script and f"/images/{script}" in self.nodes:
                below = f"/configurations/{name}/signature"
                signed = any(path.startswith(below) for path in self.nodes)
                return NotFollowed("its configuration is signed") if signed else self._script(script)
            if configuration is not None:
                return f"Could not find a script in the configuration {configuration}"
        return self.named(what.script or None)

    def _default(self) -> str | None:
        value = self.nodes.get("/images", {}).get("default")
        return None if value is None else text_of(value)

    def _script(self, name: str) -> FitScript | str | NotFollowed:
        root = self.nodes["/"]
        if "description" not in root or "/images" not in self.nodes:
            return _DAMAGED
        if "timestamp" not in root:
            return NotFollowed("it has no timestamp, as mkimage writes")
        found = self.nodes.get(f"/images/{name}") if name and "/" not in name else None
        if found is None:
            return f"Can't find '{name}' FIT subimage"
        if text_of(found.get("type", b"")).lower() != "script":
            return f"{name} is not a script"
        if found.keys() & _OUTSIDE:
            return NotFollowed("its data is outside of it")
        if "data" not in found:
            return "Could not find script subimage data"
        return self._checked(name, found["data"]) or FitScript(name, found["data"].split(b"\0")[0])

    def _checked(self, name: str, data: bytes) -> str | NotFollowed | None:
        """What is wrong with the sums; None if nothing is."""
        wrong = wrong_sum(self.nodes, f"/images/{name}", data) if self.verify else None
        if wrong is None:
            return None
        return "Bad Data Hash" if wrong.refused else NotFollowed(f"{wrong.path} is not checked here")


def not_followed(machine: UBootMachine, address: int, found: NotFollowed) -> OpenFact:
    """The open fact of an image whose script is not followed."""
    what = f"the script in the FIT image at {machine.shown(address)}"
    return machine.open(what, f"{what} is not followed: {found.why}")
