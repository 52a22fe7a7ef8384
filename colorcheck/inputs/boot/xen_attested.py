"""`xen-attested.json`: the results of `colorcheck boot` for one binary of Xen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

SCHEMA = "colorcheck/xen-attested/1"
AGREES = "agrees"
DIFFERS = "differs"
LIFE = "life-"
"""The prefix of names of boots in which a dom0 created and destroyed guests."""
_TEXTS = ("sha256", "version", "release", "kconfig", "qemu", "tool_version")


class AttestedBoot(Struct, frozen=True):
    """One boot: `name` is the seed of a generated system or the name of a deployment; `result` is agrees, differs,
    undecided, uncolored or failed; `compared` is what agrees; `differences` in words; `smaller` the smallest system
    that was found to differ in the same way."""

    name: str
    system: str
    result: str
    reason: str
    release: str
    compared: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    smaller: str = ""

    def to_dict(self) -> dict[str, object]:
        found: dict[str, object] = {
            "name": self.name,
            "system": self.system,
            "result": self.result,
            "reason": self.reason,
            "release": self.release,
            "compared": list(self.compared),
            "differences": list(self.differences),
        }
        return {**found, "smaller": self.smaller} if self.smaller else found


class XenAttested(Struct, frozen=True):
    """The evidence on one binary. `sha256` is of the file, `kconfig` of its .config (empty: none given), `release` the
    modelled release that it was compared with."""

    sha256: str
    version: str = ""
    release: str = ""
    kconfig: str = ""
    qemu: str = ""
    tool_version: str = ""
    boots: tuple[AttestedBoot, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of boots with each result."""
        return Counter(boot.result for boot in self.boots)

    @property
    def differing(self) -> tuple[AttestedBoot, ...]:
        return tuple(boot for boot in self.boots if boot.result == DIFFERS)

    def to_dict(self) -> dict[str, object]:
        """The document, boots in the order of their names."""
        ordered = sorted(self.boots, key=lambda boot: _order(boot.name))
        return {
            "schema": SCHEMA,
            **{name: getattr(self, name) for name in _TEXTS},
            "summary": dict(sorted(self.counts.items())),
            "boots": [boot.to_dict() for boot in ordered],
        }


def _order(name: str) -> tuple[str, int, str]:
    seed, _, number = name.rpartition("/")
    return (seed, int(number), "") if number.isdecimal() and number.isascii() and len(number) < 10 else (name, -1, "")


class NotAttestedError(ValueError):
    """A document is not evidence of this kind; the message says why."""


def read_attested(text: str) -> XenAttested:
    """The evidence in a document. Raises NotAttestedError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAttestedError(f"not JSON: {error}") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise NotAttestedError(f"not a document of the schema {SCHEMA}")
    boots = found.get("boots")
    if not isinstance(boots, list) or not all(isinstance(found.get(name), str) for name in _TEXTS):
        raise NotAttestedError("a key is missing, or is not of its type")
    return XenAttested(**{name: found[name] for name in _TEXTS}, boots=tuple(map(_boot, boots)))


def _boot(found: object) -> AttestedBoot:
    if not isinstance(found, dict):
        raise NotAttestedError("a boot is not an object")
    texts = [found.get(name) for name in ("name", "system", "result", "reason", "release")]
    lists = [found.get(name) for name in ("compared", "differences")]
    smaller = found.get("smaller", "")
    if not all(isinstance(text, str) for text in (*texts, smaller)) or not all(map(_is_texts, lists)):
        raise NotAttestedError("a boot lacks a key, or has one that is not of its type")
    return AttestedBoot(*texts, *map(tuple, lists), smaller)  # type: ignore[arg-type, call-arg]


def _is_texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)
