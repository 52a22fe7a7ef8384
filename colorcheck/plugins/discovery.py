"""Finds installed plugins, without the slow import of importlib.metadata if there is only the built-in one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Protocol

from msgspec import Struct

_GROUP = re.compile(rb"(?m)^\[colorcheck\]\s*$")
_OWN = re.compile(r"xen_colorcheck-(?P<version>[^-]+)\.dist-info")
_ENTRY = re.compile(r"(?ms)^\[colorcheck\]\s*$(?P<lines>.*?)(?=^\[|\Z)")


class Distribution(Protocol):
    """The distribution that contains a plugin."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...


class Entry(Protocol):
    """An entry point, as importlib.metadata has them."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> str: ...

    @property
    def dist(self) -> Distribution | None: ...

    def load(self) -> object: ...


class OwnDistribution(Struct, frozen=True):
    """This tool's own distribution."""

    name: str
    version: str


class OwnEntry(Struct, frozen=True):
    """An entry point of this tool's own distribution."""

    name: str
    value: str
    dist: OwnDistribution

    def load(self) -> object:
        """The plugin's module."""
        return import_module(self.value)


def entries(group: str, own: str) -> Iterable[Entry]:
    """The entry points of the group; `own` is the name of this tool's distribution."""
    found = _only_own(own)
    if found is not None:
        return found
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _only_own(own: str) -> tuple[OwnEntry, ...] | None:
    """The entries of this tool's distribution where no other has any and nothing is unusual; None else."""
    texts: dict[str, str] = {}
    for place in dict.fromkeys(os.path.realpath(each or ".") for each in sys.path):
        if os.path.isfile(place):
            if place.endswith(f"python{sys.version_info.major}{sys.version_info.minor}.zip"):
                continue
            return None
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            if name.endswith(".egg"):
                return None
            if name.endswith((".dist-info", ".egg-info")):
                text = _entry_points(f"{place}/{name}/entry_points.txt")
                if text:
                    texts[name] = text
    if not texts:
        return ()
    (name, text), *others = texts.items()
    mine, lines = _OWN.fullmatch(name), _ENTRY.search(text)
    if others or mine is None or lines is None:
        return None
    dist = OwnDistribution(own, mine["version"])
    pairs = (line.partition("=") for line in lines["lines"].splitlines() if "=" in line)
    found = tuple(OwnEntry(key.strip(), value.strip(), dist) for key, _, value in pairs)
    return None if any(":" in entry.value or "[" in entry.value for entry in found) else found


def _entry_points(path: str) -> str:
    """The text of an entry point file if it has plugins of this tool."""
    try:
        with open(path, "rb", buffering=0) as file:
            content = file.read()
    except OSError:
        return ""
    return content.decode("utf-8", "replace") if b"[colorcheck]" in content and _GROUP.search(content) else ""
