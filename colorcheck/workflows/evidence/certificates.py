"""A folder of certificates: theorems, and copies of all inputs from which they were derived.

A check derives the theorems again from the copies and compares all texts, so any change is detected unless the folder
becomes the correct one for other inputs; only a signature can detect that.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from colorcheck.files.atomic import write_all
from colorcheck.files.reading import Unreadable, contents
from colorcheck.proof.certificates import CertificateCheck, Cvc5Missing, entries, judge
from colorcheck.verification.results import Verification
from colorcheck.workflows.evidence.copies import LARGEST, Copies, Sized, Unbound
from colorcheck.workflows.evidence.derive import Documents, as_json, derive, plain, sha256
from colorcheck.workflows.evidence.recipe import Recipe
from colorcheck.workflows.evidence.signature import signature
from colorcheck.workflows.evidence.tool import plugins_used, tool

MANIFEST = "certificates.json"
MODEL = "model.json"
CHECKER = "check.py"
INPUTS = "inputs"
SCHEMA = "colorcheck/certificates/2"
_CHECK = Path(__file__).resolve().parents[2] / "evidence" / CHECKER
_OWN = re.compile(
    r"(certificates/)?([0-9]{4,}-[A-Za-z0-9.-]*\.smt2|model\.json|check\.py|certificates\.json|inputs/.+)"
    r"|(reports|boots|logs|requirements)/.+|assumptions\.json|assumptions-of-use\.json|silences\.json|sbom\.json"
)


def documents(copies: Copies, verification: Verification) -> Documents:
    """All derived files of the folder, by name; those below `inputs` are copies."""
    from colorcheck.evidence.listing import listing

    facts = verification.facts
    files: Documents = {CHECKER: _CHECK.read_text(encoding="utf-8")}
    theorems = entries(facts.theorems(), files)
    files[MODEL] = as_json(
        {"schema": "colorcheck/model/1", "xen": [listing(result, facts) for result in facts.results]}
    )
    document = {
        "schema": SCHEMA,
        "tool": tool(),
        "plugins": plugins_used(),
        "run": {
            "folder": copies.folder,
            "manifest": copies.recipe.manifest,
            "options": dict(copies.recipe.options),
            "sizes": {name: sized.to_dict() for name, sized in sorted(copies.sizes.items())},
        },
        "releases": {result.release: plain(result.system.release) for result in facts.results if result.system},
        "board": plain(facts.board),
        "inputs": {f"{INPUTS}/{name}": sha256(content) for name, content in sorted(copies.contents.items())},
        "files": {name: sha256(text.encode()) for name, text in sorted(files.items())},
        "skipped": [entry.to_dict() for entry in verification.skipped],
        "theorems": theorems,
    }
    files[MANIFEST] = as_json(document)
    return files


def certificates(copies: Copies, expected: str = "") -> dict[str, bytes]:
    """All files of the folder, by name.

    `expected` has the verdicts of the run from which the copies come. Raises Unbound if the copies lead to other
    verdicts.
    """
    made = derive(copies, documents)
    if expected and _verdicts(made) != expected:
        named = "a file is named by an absolute path, or is not read the way that colorcheck reads"
        raise Unbound(f"the copies of the inputs do not yield the verdicts of the inputs themselves: {named}")
    found = {f"{INPUTS}/{name}": content for name, content in copies.contents.items()}
    return {**found, **{name: text.encode() for name, text in made.items()}}


def _verdicts(made: Documents) -> str:
    return json.dumps([[each["xen"], each["id"], each["verdict"]] for each in json.loads(made[MANIFEST])["theorems"]])


def write(folder: str | Path, files: Mapping[str, bytes], manifest: str = MANIFEST) -> Path:
    """Write the folder; unmodified files of an earlier run are deleted. Raises OSError."""
    target = Path(folder)
    stale = [name for name in _written_before(target, manifest) if name not in files]
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
    write_all({str(target / name): content for name, content in files.items()})
    for name in stale:
        (target / name).unlink(missing_ok=True)
    return target / manifest


def _written_before(target: Path, manifest: str) -> Iterator[str]:
    """The files of an earlier run: those that its manifest names and that have the hashes in it."""
    try:
        document = json.loads(contents(target / manifest, LARGEST, named=True))
        known = {**document["files"], **document["inputs"], **document.get("attached", {})}
    except (Unreadable, ValueError, KeyError, TypeError, RecursionError):
        return
    for name, digest in known.items():
        path = target / name
        if _OWN.fullmatch(name) and _inside(name) and not os.path.islink(path) and os.path.isfile(path):
            try:
                if sha256(contents(path, LARGEST, named=True)) == digest:
                    yield name
            except Unreadable:
                continue


def _inside(name: str) -> bool:
    """Whether a name stays within its folder."""
    path = PurePosixPath(name)
    plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    return bool(name) and plain and "\0" not in name


def strays(folder: Path, known: Iterable[str]) -> Iterator[CertificateCheck]:
    """A failed check for each entry of a folder that is not one of the known files, or that is a link."""
    names = frozenset(known)
    for where, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            path = Path(where, name)
            shown = path.relative_to(folder).as_posix()
            if os.path.islink(path):
                yield CertificateCheck(shown, "stray", "a link: its target can change")
            elif name in files and shown not in names:
                yield CertificateCheck(shown, "stray", "not derived from the inputs, so it is not evidence")


def check(folder: str | Path, *, timeout: float = 60.0, signers: str | None = None) -> tuple[CertificateCheck, ...]:
    """Derive the folder again from its copies, compare every text, and have cvc5 decide each theorem.

    `timeout` is in seconds per theorem; `signers` is a file of allowed signers. Raises Cvc5Missing if cvc5 is not
    installed. A folder that cannot be read is a failed check.
    """
    signed = signature(Path(folder) / MANIFEST, signers)
    found = checked(Path(folder), timeout)
    named = (each.subject for each in found if each.subject.startswith(f"{INPUTS}/"))
    loose = strays(Path(folder), (*named, *_made(Path(folder)), MANIFEST, f"{MANIFEST}.sig"))
    return (*((signed,) if signed else ()), *loose, *found)


def _made(folder: Path) -> tuple[str, ...]:
    """The files that the manifest of a folder names, without checking them as `checked` does."""
    try:
        return tuple(json.loads(contents(folder / MANIFEST, LARGEST, named=True))["files"])
    except (Unreadable, ValueError, KeyError, TypeError, RecursionError):
        return ()


def checked(source: Path, timeout: float) -> tuple[CertificateCheck, ...]:
    """Like `check`, but ignores signatures and files that do not belong to the folder."""
    try:
        text = contents(source / MANIFEST, LARGEST, named=True)
        document = json.loads(text)
        schema = document["schema"]
        if schema != SCHEMA:
            return (CertificateCheck(MANIFEST, "differs", f"schema {schema} is not {SCHEMA}"),)
        found, broken = copied(source, document)
        theorems = list(document["theorems"])
    except RecursionError:
        return (CertificateCheck(MANIFEST, "missing", f"cannot read {source / MANIFEST}: nested too deeply"),)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return (CertificateCheck(MANIFEST, "missing", f"cannot read {source / MANIFEST}: {error}"),)
    if not theorems:
        return (*broken, CertificateCheck(MANIFEST, "none", "it contains no theorem: nothing is claimed"))
    if broken:
        return tuple(broken)
    try:
        made = derive(found, documents)
    except Unbound as error:
        return (CertificateCheck(MANIFEST, "differs", str(error)),)
    different = tuple(_different(source, document, text, made))
    judged = tuple(_judged(json.loads(made[MANIFEST])["theorems"], made, timeout))
    inputs = tuple(CertificateCheck(f"{INPUTS}/{name}", "confirmed") for name in found.contents)
    if not different:
        return (*inputs, *judged)
    changed = {each.subject for each in different}
    return (*different, *inputs, *(each for each in judged if each.subject not in changed))


def copied(source: Path, document: Any) -> tuple[Copies, list[CertificateCheck]]:
    """The copies in the folder, and the failed checks on them."""
    run = document["run"]
    broken: list[CertificateCheck] = []
    found: dict[str, bytes] = {}
    for name, digest in dict(document["inputs"]).items():
        if not name.startswith(f"{INPUTS}/") or not _inside(name):
            raise ValueError(f"{name!r} is not a name of a copy")
        try:
            content = contents(source / name, LARGEST, named=True)
        except Unreadable as error:
            broken.append(CertificateCheck(name, "missing", f"the copy of an input is not there: {error.reason}"))
            continue
        if sha256(content) != digest:
            broken.append(CertificateCheck(name, "changed", "the copy of an input is not the one that was certified"))
        found[name.removeprefix(f"{INPUTS}/")] = content
    manifest, below = run["manifest"], run["folder"]
    sizes = {name: Sized.of(each) for name, each in dict(run["sizes"]).items()}
    names = [*sizes, *([below] if below else []), *([manifest] if manifest is not None else [])]
    if not all(isinstance(name, str) and _inside(name) for name in names) or not isinstance(below, str):
        raise ValueError("a name in it leads out of the folder")
    return Copies(Recipe(manifest, dict(run["options"])), below, found, sizes), broken


def _different(source: Path, document: Any, text: bytes, made: Documents) -> Iterator[CertificateCheck]:
    """A failed check for every file, theorem or key that differs from what the copies yield."""
    for name, content in made.items():
        if name == MANIFEST:
            continue
        try:
            there = contents(source / name, LARGEST, named=True)
        except Unreadable as error:
            yield CertificateCheck(name, "missing", f"it is not there: {error.reason}")
            continue
        if there != content.encode():
            yield CertificateCheck(name, "differs", "it does not match the inputs")
    if text == made[MANIFEST].encode():
        return
    again = json.loads(made[MANIFEST])
    if document.get("tool") != again["tool"]:
        shown = document["tool"].get("version") if isinstance(document.get("tool"), dict) else None
        text_ = f"written by another colorcheck ({shown}); only the same version derives the same texts"
        yield CertificateCheck("tool", "differs", text_)
    yield from _theorems(document["theorems"], again["theorems"])
    keys = [key for key in {**document, **again} if key not in {"theorems", "tool"}]
    wrong = [key for key in keys if document.get(key) != again.get(key)]
    yield from (CertificateCheck(f"{MANIFEST}: {key}", "differs", "it does not match the inputs") for key in wrong)
    if not wrong and document == again:
        yield CertificateCheck(MANIFEST, "differs", "it is not written as colorcheck writes it")


def _theorems(there: list[Any], again: list[Any]) -> Iterator[CertificateCheck]:
    def key(entry: Any) -> tuple[str, str]:
        return (str(entry.get("xen")), str(entry.get("id"))) if isinstance(entry, dict) else ("", str(entry)[:80])

    reported, derived = {key(entry): entry for entry in there}, {key(entry): entry for entry in again}
    for name, entry in derived.items():
        if name not in reported:
            yield CertificateCheck(
                name[1], "missing", f"the inputs yield this theorem for Xen {name[0]}, the folder lacks it"
            )
        elif reported[name] != entry:
            wrong = [k for k in {**entry, **reported[name]} if reported[name].get(k) != entry.get(k)]
            yield CertificateCheck(
                name[1], "differs", f"its {', '.join(wrong)} (Xen {name[0]}): does not match the inputs"
            )
    for name in reported:
        if name not in derived:
            yield CertificateCheck(name[1], "differs", "the inputs do not yield this theorem")
    if len(there) != len(reported) or (list(reported) != list(derived) and set(reported) == set(derived)):
        yield CertificateCheck(MANIFEST, "differs", "theorems are repeated or in another order")


def _judged(theorems: list[dict[str, Any]], made: Documents, timeout: float) -> Iterator[CertificateCheck]:
    for entry in theorems:
        try:
            yield judge(entry, made.get(entry["file"], ""), timeout)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            yield CertificateCheck(str(entry.get("id")), "differs", f"it cannot be judged: {error!r}")


__all__ = ["CertificateCheck", "Cvc5Missing", "certificates", "check", "write"]
