"""Where the page of a rule is: in the documentation if the project has an address, otherwise the command that prints
it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from colorcheck import __version__

_METADATA = Path(__file__).resolve().parents[2] / f"xen_colorcheck-{__version__}.dist-info" / "METADATA"
_ADDRESS = "Project-URL: Documentation, "
_OWN = re.compile(r"CC[0-9]{3}")


@cache
def site() -> str:
    """The address of the documentation, with a slash at its end; empty while `[project.urls]` has none.

    It is read from the package's own metadata: to look for that in the environment costs more than a whole `explain`.
    """
    try:
        head = _METADATA.read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:  # not installed as a wheel
        return ""
    found = (line.removeprefix(_ADDRESS) for line in head.splitlines() if line.startswith(_ADDRESS))
    address = next(found, "").strip()
    return address and f"{address.rstrip('/')}/"


def address(rule: str) -> str:
    """The address of a rule's page; empty for the rule of a plugin, and while the documentation has no address."""
    return f"{site()}rules/{rule}/" if site() and _OWN.fullmatch(rule) else ""


def page(rule: str) -> str:
    """The address of a rule's page, or the command that prints it; empty for the rule of a plugin."""
    return address(rule) or (f"colorcheck explain {rule}" if _OWN.fullmatch(rule) else "")


def pages(rules: Iterable[str]) -> str:
    """The command that prints the pages of these rules, each once; empty if none has a page."""
    own = sorted({rule for rule in rules if _OWN.fullmatch(rule)})
    return f"colorcheck explain {' '.join(own)}" if own else ""
