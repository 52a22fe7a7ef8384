"""The components of this installation as CycloneDX: its distribution and everything that it requires."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

import colorcheck

OURS = "xen-colorcheck"
_EXTRAS = ("bitwuzla", "cvc5")  # these check certificates if they are installed
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def sbom() -> dict[str, object]:
    """The document, CycloneDX 1.5, without a time or a serial number: equal components give equal documents."""
    parts = _parts()
    components = [_component(part) for name, part in sorted(parts.items()) if name != OURS]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": OURS, "version": colorcheck.__version__}},
        "components": components,
    }


def _component(part: Distribution) -> dict[str, Any]:
    name, version = _normal(part.metadata["Name"]), part.version
    found: dict[str, Any] = {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
    fields = ("License-Expression", "License")
    reported = (part.metadata[field] for field in fields if field in part.metadata)
    declared = next((text for text in reported if text), "")
    if declared and len(declared) < 100:
        found["licenses"] = [{"license": {"name": declared}}]
    return found


def _parts() -> dict[str, Distribution]:
    """Our own distribution and the installed ones that it requires, by name."""
    found: dict[str, Distribution] = {}
    waiting = [OURS, *_EXTRAS]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            part = found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for line in part.requires or ():
            match = _NAME.match(line)
            if match and "extra ==" not in line:
                waiting.append(_normal(match[0]))
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
