"""One folder with everything about a deployment that a safety file needs, and from which it can all be derived
again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from colorcheck.core.diagnostic import Verdict
from colorcheck.documents import attest
from colorcheck.documents.boots import Replay
from colorcheck.evidence.attest import Attestation, Attested
from colorcheck.evidence.attested import attested
from colorcheck.files.reading import Unreadable, contents
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.report import Style, render
from colorcheck.verification.assumptions_of_use import assumptions_of_use
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification
from colorcheck.verification.traced import Evidence, EvidenceKind
from colorcheck.workflows.evidence import certificates as folders
from colorcheck.workflows.evidence.command import command
from colorcheck.workflows.evidence.copies import LARGEST, Copies, Unbound
from colorcheck.workflows.evidence.derive import Documents, as_json, derive, sha256
from colorcheck.workflows.evidence.signature import signature
from colorcheck.workflows.evidence.tool import tool

MANIFEST = "evidence.json"
SCHEMA = "colorcheck/evidence/1"
CERTIFICATES = "certificates/"
LOGS = "logs/"
SBOM = "sbom.json"
TIMES = "times.json"
REPORTS = {
    "text": "report.txt",
    "json": "report.json",
    "html": "report.html",
    "sarif": "report.sarif",
    "junit": "report.junit.xml",
    "gitlab": "report.gitlab.json",
    "markdown": "report.md",
}

TRACES = {"openfasttrace": "openfasttrace.oreqm", "sphinx-needs": "needs.json"}

Attached = Mapping[str, bytes]
"""Files that are stored unchanged, by name below the folder: logs, and the list of the tool's components."""


def grade(verification: Verification, logs: Iterable[str] = ()) -> str:
    """What the folder is evidence of, in a word; `logs` has the verdict on each attested log."""
    if verification.faults:
        return "fault"
    if verification.count(Verdict.REFUTED):
        return "refuted"
    if Attestation.DIFFERS in logs:
        return "log-differs"
    status = exit_status(verification, logs)
    return {Exit.CLEAN: "proved", Exit.FINDINGS: "findings", Exit.NOTHING: "nothing"}.get(status, "undecided")


def exit_status(verification: Verification, logs: Iterable[str] = ()) -> Exit:
    """The exit status of the run; a log that differs counts as a finding, one that says too little as undecided."""
    logs, status = tuple(logs), verification.exit_status()
    if status in (Exit.FAULT, Exit.FINDINGS) or not logs:
        return status
    if Attestation.DIFFERS in logs:
        return Exit.FINDINGS
    agree = all(each == Attestation.ATTESTED for each in logs)
    return status if agree or status is not Exit.CLEAN else Exit.UNDECIDED


def documents(copies: Copies, verification: Verification, attached: Attached) -> Documents:
    """All derived files of the folder, by name."""
    files = {f"{CERTIFICATES}{name}": text for name, text in folders.documents(copies, verification).items()}
    inputs = {f"{CERTIFICATES}inputs/{name}": sha256(content) for name, content in sorted(copies.contents.items())}
    names = [name for name in attached if name.startswith(LOGS)]
    said = {name: _attested(name, attached[name], verification) for name in names}
    logs = {name: str(found["verdict"]) for name, found in said.items()}
    head = {
        "grade": grade(verification, logs.values()),
        "exit_status": int(exit_status(verification, logs.values())),
        **({"logs": logs} if logs else {}),
        "command": command(copies),
        "tool": tool(),
        "inputs": inputs,
    }
    shape = Style(width=100, root=Path.cwd(), verbose=True)
    for name, file in REPORTS.items():
        files[f"reports/{file}"] = _headed(name, render(verification, name, shape), head)
    if verification.requirements:
        for name, file in TRACES.items():
            files[f"requirements/{file}"] = render(verification, name, shape)
        files["requirements/trace.json"] = as_json(_trace(verification, files))
    files["boots/replay.json"] = as_json(Replay(verification).to_dict(frames=False))  # type: ignore[arg-type]
    for name, found in said.items():
        files[f"boots/attest-{PurePosixPath(name).name}.json"] = as_json(found)
    assumptions = dict.fromkeys(a for theorem in verification.theorems for a in theorem.assumptions)
    files["assumptions.json"] = as_json(
        {
            "schema": "colorcheck/assumptions/1",
            "assumptions": [assumption.to_dict() for assumption in assumptions],
            "open": [fact.to_dict() for fact in verification.open_facts()],
            "skipped": [skipped.to_dict() for skipped in verification.skipped],
        }
    )
    files["assumptions-of-use.json"] = as_json(
        {"schema": "colorcheck/assumptions-of-use/1", "assumptions_of_use": assumptions_of_use(verification)}
    )
    files["silences.json"] = as_json(
        {
            "schema": "colorcheck/silences/1",
            "silenced": [silenced.to_dict() for silenced in verification.silenced],
            "shares": [
                {"domains": list(share.domains), "reason": share.reason, "location": share.location.to_dict()}
                for share in verification.manifest.policy.shares
            ],
        }
    )
    files[MANIFEST] = as_json(
        {
            "schema": SCHEMA,
            **head,
            "target": verification.target(),
            "verdicts": {str(verdict): verification.count(verdict) for verdict in Verdict},
            "findings": len(verification.findings),
            "requirements": {each.id: str(each.standing) for each in verification.requirements},
            "files": {name: sha256(text.encode()) for name, text in sorted(files.items())},
            "attached": {name: sha256(content) for name, content in sorted(attached.items())},
        }
    )
    return files


def _trace(verification: Verification, files: Documents) -> dict[str, object]:
    """Each requirement with its theorems and rules, and the file and hash of the evidence for each theorem."""
    entries = json.loads(files[f"{CERTIFICATES}{folders.MANIFEST}"])["theorems"]
    known = {(entry["xen"], entry["id"]): entry for entry in entries}

    def shown(each: Evidence) -> dict[str, object]:
        entry = known.get((each.release, each.subject)) if each.kind is EvidenceKind.THEOREM else None
        if entry is None:
            return each.to_dict()
        file = f"{CERTIFICATES}{entry['file']}" if entry["file"] else None
        proof = {"statement": entry["statement"], "file": file, "sha256": entry["sha256"] or None}
        return {**each.to_dict(), "proof": {**proof, "counted": entry["certificate"] is not None}}

    return {
        "schema": "colorcheck/requirements/1",
        "requirements": [
            {**requirement.to_dict(), "evidence": [shown(each) for each in requirement.evidence]}
            for requirement in verification.requirements
        ],
    }


def _headed(name: str, text: str, head: dict[str, object]) -> str:
    """The report with hashes, command and grade at the top, if its format has room for them."""
    if name == "json":
        return as_json({"evidence": head, **json.loads(text)})
    if name == "html":
        from colorcheck.report.html.page import under_heading

        return under_heading(text, [(key, _shown(value)) for key, value in head.items()])
    if name in {"text", "markdown"}:
        lines = [f"{key}: {_shown(value)}" for key, value in head.items()]
        return "\n".join(["    " * (name == "markdown") + line for line in lines]) + f"\n\n{text}"
    return text


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _attested(name: str, content: bytes, verification: Verification) -> dict[str, object]:
    """The comparison of a real boot's log with the model."""
    log = parse_boot_log(name, content.decode("utf-8", "replace"))
    found = None if log.says_nothing else attested(log, verification.facts)
    if found is None:
        why = "it contains no line of Xen's boot" if log.says_nothing else "the boot cannot be modelled"
        said, release = Attested((), Attestation.TOO_LITTLE, why), ", ".join(verification.manifest.target.xen)
    else:
        said, release = found
    return attest.document(name, release, said)


def bundle(copies: Copies, attached: Attached) -> dict[str, bytes]:
    """All files of the folder except `times.json`, by name. Raises Unbound."""
    made = derive(copies, partial(_derived, attached))
    inputs = {f"{CERTIFICATES}inputs/{name}": content for name, content in copies.contents.items()}
    return {**inputs, **attached, **{name: text.encode() for name, text in made.items()}}


def _derived(attached: Attached, copies: Copies, verification: Verification) -> Documents:
    return documents(copies, verification, attached)


def check(
    folder: str | Path, *, timeout: float = 60.0, signers: str | None = None
) -> tuple[folders.CertificateCheck, ...]:
    """Check the certificates, then derive everything else in the folder again and compare it. Raises Cvc5Missing."""
    source = Path(folder)
    proofs = folders.checked(source / CERTIFICATES, timeout)
    known = (MANIFEST, f"{MANIFEST}.sig", TIMES, f"{CERTIFICATES}{folders.MANIFEST}.sig")
    made: dict[str, bytes] = {}
    document: dict[str, Any] = {}
    try:
        document = json.loads(contents(source / MANIFEST, LARGEST, named=True))
        text = contents(source / CERTIFICATES / folders.MANIFEST, LARGEST, named=True)
        copied, broken = folders.copied(source / CERTIFICATES, json.loads(text))
        attached = {name: contents(source / name, LARGEST, named=True) for name in document["attached"] if _own(name)}
        lost = [name for name in document["attached"] if name not in attached]
        broken += [folders.CertificateCheck(name, "differs", "not the name of a log") for name in lost]
        if not broken:
            made = bundle(copied, attached)
            broken = [each for each in _different(source, made) if not each.subject.startswith(CERTIFICATES)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, Unreadable, Unbound) as error:
        broken = [folders.CertificateCheck(MANIFEST, "missing", f"the folder cannot be derived again: {error}")]
    signed = signature(source / MANIFEST, signers)
    loose = tuple(folders.strays(source, (*known, *made))) if made else ()
    return (
        *((signed,) if signed else ()),
        *loose,
        *broken,
        *proofs,
        *(() if broken else _not_attested(document.get("logs", {}))),
        *(() if broken or loose else (folders.CertificateCheck(MANIFEST, "confirmed"),)),
    )


def _not_attested(logs: Mapping[str, str]) -> Iterator[folders.CertificateCheck]:
    """A failed check for each log that differs from the model or says too little."""
    for name, verdict in logs.items():
        if verdict == Attestation.DIFFERS:
            yield folders.CertificateCheck(name, "log-differs", "the boot differed from the model")
        elif verdict != Attestation.ATTESTED:
            yield folders.CertificateCheck(name, "no-answer", f"the log is {verdict}")


def _own(name: object) -> bool:
    return isinstance(name, str) and (name == SBOM or (name.startswith(LOGS) and "/" not in name[len(LOGS) :]))


def _different(source: Path, made: Mapping[str, bytes]) -> Iterator[folders.CertificateCheck]:
    for name, content in made.items():
        try:
            same = contents(source / name, LARGEST, named=True) == content
        except Unreadable as error:
            yield folders.CertificateCheck(name, "missing", error.reason)
            continue
        if not same:
            yield folders.CertificateCheck(name, "differs", "it does not match the inputs")


def compare(first: str | Path, second: str | Path) -> list[str]:
    """The changes from one folder to the other, one per line.

    Raises OSError, ValueError or KeyError if a folder is not readable as evidence.
    """
    before, after = _read(Path(first)), _read(Path(second))
    old, new = before["evidence"], after["evidence"]
    keys = [key for key in ("grade", "command", "tool", "target", "findings") if old.get(key) != new.get(key)]
    lines = [f"{key}: {_shown(old.get(key))} -> {_shown(new.get(key))}" for key in keys]
    lines += _changes("input", before["evidence"]["inputs"], after["evidence"]["inputs"])
    lines += _changes("attached", before["evidence"]["attached"], after["evidence"]["attached"])
    for key in ("board", "releases", "plugins"):
        if before["proofs"].get(key) != after["proofs"].get(key):
            lines.append(f"{key}: other values")
    old, new = _theorems(before["proofs"]), _theorems(after["proofs"])
    for name in {**old, **new}:
        lines += _theorem(name, old.get(name), new.get(name))
    return lines


def _read(folder: Path) -> dict[str, Any]:
    names = {"evidence": MANIFEST, "proofs": CERTIFICATES + folders.MANIFEST}
    return {key: json.loads(contents(folder / name, LARGEST, named=True)) for key, name in names.items()}


def _changes(what: str, old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            state = "new" if name not in old else "gone" if name not in new else "changed"
            yield f"{what} {name}: {state}"


def _theorems(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{entry['id']} (Xen {entry['xen']})": entry for entry in document["theorems"]}


def _theorem(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[str]:
    if old is None or new is None:
        known = new or old or {}
        yield f"{name}: {'new, ' if old is None else 'gone, was '}{known['verdict']}"
        return
    if old["verdict"] != new["verdict"]:
        yield f"{name}: {old['verdict']} -> {new['verdict']}"
    for key in ("statement", "bound"):
        if old[key] != new[key]:
            yield f"{name}: {key} was: {old[key]}; is: {new[key]}"
    gone = [a["text"] for a in old["assumptions"] if a not in new["assumptions"]]
    added = [a["text"] for a in new["assumptions"] if a not in old["assumptions"]]
    yield from (f"{name}: no longer assumes: {text}" for text in gone)
    yield from (f"{name}: now assumes: {text}" for text in added)
