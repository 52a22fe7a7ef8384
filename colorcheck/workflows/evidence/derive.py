"""The documents of a deployment, derived from copies of its inputs alone, both when they are written and when they
are checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.theorem import Theorem
from colorcheck.files.boundary import Boundary, restrict
from colorcheck.files.child import ChildDied, ChildFailed, in_child
from colorcheck.inputs.manifest.manifest_reader import COMMAND_LINE
from colorcheck.verification.results import Verification
from colorcheck.workflows.evidence.copies import Copies, Unbound

TIMEOUT = 30.0  # seconds per theorem; generous, so that theorems proved in the first run are proved again
SECONDS = 1800.0  # seconds for the whole run

Documents = dict[str, str]


def derive(copies: Copies, documents: Callable[[Copies, Verification], Documents]) -> Documents:
    """The documents that the copies yield, by name, derived in a child process that sees only the copies.

    Raises Unbound if nothing can be derived.
    """
    with tempfile.TemporaryDirectory(prefix="colorcheck-") as folder:
        try:
            copies.lay_out(Path(folder))
        except (OSError, ValueError) as error:
            raise Unbound(f"the copies cannot be laid out: {error}") from None
        try:
            found = in_child(lambda: documents(copies, _verified(copies, folder)), SECONDS)
        except (ChildDied, ChildFailed) as error:
            raise Unbound(f"nothing can be derived from the copies: {error}") from None
    if not isinstance(found, dict):
        raise Unbound("nothing can be derived from the copies")
    return {str(name): str(text) for name, text in found.items()}


def _verified(copies: Copies, folder: str) -> Verification:
    from colorcheck.workflows import verify as pipeline

    top = os.path.realpath(folder)
    os.chdir(os.path.join(top, copies.folder))
    restrict(Boundary(top))  # until the child ends
    manifest = copies.recipe.read()
    wrong = next((problem for problem in manifest.problems if problem.location.file == COMMAND_LINE), None)
    if wrong is not None:
        raise ValueError(f"an option is invalid: {wrong.message}")
    return timeless(pipeline.verify(manifest, timeout=TIMEOUT, smt=True))


def timeless(verification: Verification) -> Verification:
    """The verification without times."""

    def still(theorem: Theorem) -> Theorem:
        return replace(theorem, seconds=0.0)

    results = tuple(
        replace(result, theorems=tuple(map(still, result.theorems))) for result in verification.facts.results
    )
    return replace(verification, facts=replace(verification.facts, results=results), seconds=())


def verdicts(verification: Verification) -> str:
    """All verdicts in one text, which must be equal in two runs."""
    return json.dumps(
        [[release, theorem.id, str(theorem.verdict)] for release, theorem in verification.facts.theorems()]
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def as_json(document: object) -> str:
    """A document as its canonical text."""
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON, field by field; sets are sorted, and objects without fields become their text."""
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
