"""Certificates: theorems on disk, for a second solver and for the file of a safety case.

A folder holds one SMT-LIB 2 file for each theorem that a solver decided, and `certificates.json`, which says what
each claims, from which inputs, with which tools, and which answers a solver has to give.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from colorcheck import __version__
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.core.value import dataclass
from colorcheck.proof.counting import check_counting
from colorcheck.proof.script import expected_answers
from colorcheck.proof.second_solver import Cvc5Missing, answers

MANIFEST = "certificates.json"
SCHEMA = "colorcheck/certificates/1"
DECIDED = (Verdict.PROVED, Verdict.REFUTED, Verdict.VACUOUS)


@dataclass(frozen=True, slots=True)
class Check:
    """How a certificate, or an input file, stands now.

    `status` is confirmed, differs (the second solver answers otherwise), no-answer, changed (a file is not the one
    that was certified), missing, or stated (nothing was proved, so there is nothing to check).
    """

    subject: str
    status: str
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.status in {"confirmed", "stated"}

    def to_dict(self) -> dict[str, object]:
        return {"subject": self.subject, "status": self.status, "message": self.message}


def write_certificates(
    theorems: Iterable[tuple[str, Theorem]], folder: str | Path, inputs: Iterable[str | Path]
) -> Path:
    """Writes a folder of certificates and returns the path of its manifest.

    Each theorem comes with the name of the Xen that it is about, and must carry its SMT-LIB text. `inputs` are the
    files that the theorems were made from; their names are kept relative to the folder. Raises OSError where the
    folder cannot be written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    entries = [_entry(number, release, theorem, target) for number, (release, theorem) in enumerate(theorems, 1)]
    wanted = {str(entry["file"]) for entry in entries if entry["file"]}
    for stale in target.glob("[0-9][0-9][0-9][0-9]-*.smt2"):
        if stale.name not in wanted:
            stale.unlink()
    document = {
        "schema": SCHEMA,
        "tool_version": __version__,
        "versions": {"python": platform.python_version(), "z3": _z3_version()},
        "inputs": {os.path.relpath(path, target): _hash(Path(path)) for path in dict.fromkeys(map(str, inputs))},
        "theorems": entries,
    }
    manifest = target / MANIFEST
    manifest.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def _entry(number: int, release: str, theorem: Theorem, target: Path) -> dict[str, object]:
    name = ""
    if theorem.smt:
        name = f"{number:04}-{re.sub(r'[^A-Za-z0-9.]+', '-', theorem.id).strip('-')}.smt2"
        (target / name).write_text(f"; {theorem.id}\n{theorem.smt}", encoding="utf-8")
    return {
        **theorem.to_dict(),
        "xen": release,
        "file": name,
        "sha256": _hash(target / name) if name else "",
        "expected": list(expected_answers(theorem.verdict)) if name else [],
    }


def check_certificates(folder: str | Path, *, timeout: float = 60.0) -> tuple[Check, ...]:
    """Holds a folder of certificates against the files as they are now, and asks cvc5 for each theorem.

    `timeout` is in seconds for one theorem. Raises `Cvc5Missing` where cvc5 is not installed. A folder that cannot be
    read is a check that failed.
    """
    source = Path(folder)
    try:
        document = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            return (Check(MANIFEST, "differs", f"schema {document['schema']} is not {SCHEMA}"),)
        inputs, theorems = dict(document["inputs"]), list(document["theorems"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return (Check(MANIFEST, "missing", f"cannot read {source / MANIFEST}: {error}"),)
    checks = [_input(source, name, str(digest)) for name, digest in inputs.items()]
    for entry in theorems:
        try:
            checks.append(_theorem(source, entry, timeout))
        except (KeyError, TypeError, ValueError) as error:
            checks.append(Check(MANIFEST, "missing", f"an entry cannot be read: {error!r}"))
    return tuple(checks)


def _input(source: Path, name: str, digest: str) -> Check:
    path = source / name
    if not path.is_file():
        return Check(name, "missing", "the input file is not there")
    if _hash(path) != digest:
        return Check(name, "changed", "the input file is not the one that was certified")
    return Check(name, "confirmed")


def _theorem(source: Path, entry: dict[str, object], timeout: float) -> Check:
    subject, verdict = str(entry["id"]), Verdict(str(entry["verdict"]))
    certificate = entry.get("certificate")
    if certificate is not None and not check_counting(certificate, verdict):
        return Check(subject, "differs", f"the counting certificate does not show that the theorem is {verdict}")
    name = str(entry["file"])
    if not name:
        return _without_file(subject, verdict, counted=certificate is not None)
    path = source / Path(name).name
    if not path.is_file():
        return Check(subject, "missing", f"{name} is not there")
    if _hash(path) != entry["sha256"]:
        return Check(subject, "changed", f"{name} is not the one that was certified")
    if verdict not in DECIDED:
        return Check(subject, "no-answer", "the theorem is unknown")
    found, wanted = answers(path.read_text(encoding="utf-8"), timeout), expected_answers(verdict)
    if found == wanted:
        return Check(subject, "confirmed")
    status = "no-answer" if len(found) < len(wanted) or "unknown" in found else "differs"
    return Check(subject, status, f"cvc5 answers {', '.join(found) or 'nothing'} instead of {', '.join(wanted)}")


def _without_file(subject: str, verdict: Verdict, *, counted: bool) -> Check:
    if verdict is Verdict.PROVED and not counted:
        return Check(subject, "no-answer", "proved by a search too large for a certificate; nothing can be checked")
    if verdict is Verdict.UNKNOWN:
        return Check(subject, "no-answer", "the theorem is unknown")
    return Check(subject, "confirmed" if counted else "stated")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _z3_version() -> str:
    from importlib.metadata import version

    return version("z3-solver")


__all__ = ["Check", "Cvc5Missing", "check_certificates", "write_certificates"]
