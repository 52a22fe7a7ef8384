"""sphinx-needs: a `needs.json` for `needimport`, with a need of the type `test` for each requirement and theorem.

Needs of requirements link to the requirement by its own ID, which must be valid in sphinx-needs, and to the needs of
theorems. Only met requirements have the status `met`.
"""

from __future__ import annotations

import hashlib
import json
import re

from colorcheck import __version__
from colorcheck.core.theorem import Theorem
from colorcheck.report.style import Style
from colorcheck.report.view import requirement_lines
from colorcheck.verification.results import Verification
from colorcheck.verification.traced import EvidenceKind, Traced

TYPE = "test"


def render(verification: Verification, style: Style) -> str:  # noqa: ARG001
    """The document; without a time stamp, so that equal inputs give equal bytes."""
    needs: dict[str, dict[str, object]] = {}
    theorems = {(release, theorem.id): theorem for release, theorem in verification.facts.theorems()}
    for requirement in verification.requirements:
        named = [(e.release, e.subject) for e in requirement.evidence if e.kind is EvidenceKind.THEOREM]
        named = list(dict.fromkeys(key for key in named if key in theorems))
        _add(needs, _requirement(requirement, [_id("T", *key) for key in named]))
        for key in named:
            _add(needs, _theorem(_id("T", *key), key[0], theorems[key]))
    version = {"needs_amount": len(needs), "needs": needs}
    document = {"project": "colorcheck", "current_version": __version__, "versions": {__version__: version}}
    return json.dumps(document, indent=2) + "\n"


def _add(needs: dict[str, dict[str, object]], need: dict[str, object]) -> None:
    needs.setdefault(str(need["id"]), need)


def _requirement(requirement: Traced, theorems: list[str]) -> dict[str, object]:
    status, *lines = requirement_lines(requirement)
    return {
        "id": _id("R", requirement.id),
        "type": TYPE,
        "title": f"colorcheck on {requirement.id}",
        "content": "\n\n".join(map(_escaped, (status, *lines))),
        "status": str(requirement.standing),
        "tags": ["colorcheck"],
        "links": [requirement.id, *theorems],
    }


def _theorem(name: str, release: str, theorem: Theorem) -> dict[str, object]:
    return {
        "id": name,
        "type": TYPE,
        "title": f"{theorem.id} (Xen {release})",
        "content": "\n\n".join(_escaped(words) for words in (theorem.statement, theorem.reason) if words),
        "status": str(theorem.verdict),
        "tags": ["colorcheck", str(theorem.kind)],
        "links": [],
    }


def _escaped(words: str) -> str:
    """A line of reStructuredText that shows the words literally."""
    return re.sub(r"([^\w\s]|_)", r"\\\1", " ".join(words.split()))


def _id(kind: str, *names: str) -> str:
    """An ID that sphinx-needs accepts (`[A-Z0-9_]{5,}`); a hash makes it unique for each kind and name."""
    words = "_".join(names)
    short = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")[:40]
    return f"CC_{kind}_{short}_{hashlib.sha256(words.encode()).hexdigest()[:8].upper()}"
