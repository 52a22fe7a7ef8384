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
from collections.abc import Iterable, Iterator
from pathlib import Path

from colorcheck import __version__
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.core.value import dataclass
from colorcheck.files.atomic import write_all
from colorcheck.files.reading import Unreadable, contents, opened
from colorcheck.proof.counting import check_counting
from colorcheck.proof.script import expected_answers
from colorcheck.proof.second_solver import Cvc5Missing, answers

MANIFEST = "certificates.json"
SCHEMA = "colorcheck/certificates/1"
_THEOREM = re.compile(r"[0-9]{4,}-[A-Za-z0-9.-]*\.smt2")
LARGEST = 64 << 20
DECIDED = (Verdict.PROVED, Verdict.REFUTED, Verdict.VACUOUS)


@dataclass(frozen=True, slots=True)
class Check:
    """How a certificate, or an input file, stands now.

    `status` is confirmed, differs (the second solver answers otherwise), no-answer, changed (a file is not the one
    that was certified), missing, or stated (nothing was proved, so there is nothing to check).
    `input` tells that it is about a file.
    """

    subject: str
    status: str
    message: str = ""
    input: bool = False

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
    files: dict[str, bytes] = {}
    entries = [_entry(number, release, theorem, files) for number, (release, theorem) in enumerate(theorems, 1)]
    stale = [name for name in _written_before(target) if name not in files]
    document = {
        "schema": SCHEMA,
        "tool_version": __version__,
        "versions": {"python": platform.python_version(), "z3": _z3_version()},
        "inputs": {os.path.relpath(path, target): _hash(path) for path in _there(inputs)},
        "theorems": entries,
    }
    files[MANIFEST] = (json.dumps(document, indent=1) + "\n").encode()
    write_all({str(target / name): content for name, content in files.items()})
    for name in stale:
        (target / name).unlink(missing_ok=True)
    return target / MANIFEST


def _there(inputs: Iterable[str | Path]) -> Iterator[Path]:
    """Those of the files that are there; of another one nothing was read, and no theorem was made from it."""
    return (path for path in map(Path, dict.fromkeys(map(str, inputs))) if path.is_file())


def _written_before(target: Path) -> Iterator[str]:
    """The files of theorems that an earlier run left here: those that its manifest names and that are as it says."""
    try:
        entries = json.loads(contents(target / MANIFEST))["theorems"]
        known = {str(entry["file"]): entry["sha256"] for entry in entries if entry["file"]}
    except (Unreadable, ValueError, KeyError, TypeError, RecursionError):
        return
    for name, digest in known.items():
        path = target / name
        if _THEOREM.fullmatch(name) and not path.is_symlink() and path.is_file() and _hash(path) == digest:
            yield name


def _entry(number: int, release: str, theorem: Theorem, files: dict[str, bytes]) -> dict[str, object]:
    name = ""
    if theorem.smt:
        name = f"{number:04}-{re.sub(r'[^A-Za-z0-9.]+', '-', theorem.id).strip('-')[:150]}.smt2"
        said = re.sub(r"[^ -~]", "?", theorem.id)
        files[name] = f"; {said}\n{theorem.smt}".encode()
    return {
        **theorem.to_dict(),
        "xen": release,
        "file": name,
        "sha256": hashlib.sha256(files[name]).hexdigest() if name else "",
        "expected": list(expected_answers(theorem.verdict)) if name else [],
    }


def check_certificates(folder: str | Path, *, timeout: float = 60.0) -> tuple[Check, ...]:
    """Holds a folder of certificates against the files as they are now, and asks cvc5 for each theorem.

    `timeout` is in seconds for one theorem. Raises `Cvc5Missing` where cvc5 is not installed. A folder that cannot be
    read is a check that failed.
    """
    source = Path(folder)
    try:
        document = json.loads(contents(source / MANIFEST, LARGEST, named=True))
        if document["schema"] != SCHEMA:
            return (Check(MANIFEST, "differs", f"schema {document['schema']} is not {SCHEMA}"),)
        inputs, theorems = dict(document["inputs"]), list(document["theorems"])
    except RecursionError:
        return (Check(MANIFEST, "missing", f"cannot read {source / MANIFEST}: nested too deeply"),)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return (Check(MANIFEST, "missing", f"cannot read {source / MANIFEST}: {error}"),)
    checks = [_input(source, name, str(digest)) for name, digest in inputs.items()]
    for entry in theorems:
        try:
            checks.append(_theorem(source, entry, timeout))
        except (KeyError, TypeError, ValueError, OSError, RecursionError) as error:
            checks.append(Check(MANIFEST, "missing", f"an entry cannot be read: {error!r}"))
    return tuple(checks)


def _input(source: Path, name: str, digest: str) -> Check:
    path = source / name
    if not path.is_file():
        return Check(name, "missing", "the input file is not there", input=True)
    if _hash(path) != digest:
        return Check(name, "changed", "the input file is not the one that was certified", input=True)
    return Check(name, "confirmed", input=True)


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
    found, wanted = (
        answers(contents(path, LARGEST, named=True).decode("utf-8", "replace"), timeout),
        expected_answers(verdict),
    )
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
    with opened(path, named=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _z3_version() -> str:
    from importlib.metadata import version

    return version("z3-solver")


__all__ = ["Check", "Cvc5Missing", "check_certificates", "write_certificates"]
