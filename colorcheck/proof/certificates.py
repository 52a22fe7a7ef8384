"""Certificates: theorems as text, and checking them with a second solver or by counting."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.proof.counting import check_counting
from colorcheck.proof.script import expected_answers
from colorcheck.proof.second_solver import Cvc5Missing, answers
from colorcheck.proof.third_solver import third_answers
from colorcheck.xen.facts.keys import BRANCH

KINDS: Mapping[TheoremKind, frozenset[str]] = {
    TheoremKind.CAPACITY: frozenset(("bound",)),
    TheoremKind.PLACEMENT: frozenset(("bound",)),
    TheoremKind.MEMORY: frozenset(("hall", "taking", "leveling")),
    TheoremKind.MEMORY_ANY_ORDER: frozenset(("hall", "taking", "orders", "flow")),
    TheoremKind.LIFECYCLE_MEMORY: frozenset(("taking", "flow")),
}
"""The kinds of certificates that fit each kind of theorem; other kinds have none."""


class CertificateCheck(Struct, frozen=True):
    """The result for a certificate or a file.

    `status` is confirmed (the theorem is proved, and a second judge agrees), refuted (it is refuted, and a second judge
    agrees), vacuous, derived (the model derives it again, and nothing else can judge it), no-answer, differs, changed,
    missing, stray, log-differs, or none (there are no theorems). `judges` are the solvers that answered as expected, or
    `counting`.
    """

    subject: str
    status: str
    message: str = ""
    judges: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status in {"confirmed", "derived"}

    def to_dict(self) -> dict[str, object]:
        judges = list(self.judges)
        return {"subject": self.subject, "status": self.status, "message": self.message, "judges": judges}


def entries(theorems: Iterable[tuple[str, Theorem]], files: dict[str, str]) -> list[dict[str, object]]:
    """The theorems as entries of a document, each with its release; their SMT-LIB texts are added to `files`."""
    return [_entry(number, release, theorem, files) for number, (release, theorem) in enumerate(theorems, 1)]


def _entry(number: int, release: str, theorem: Theorem, files: dict[str, str]) -> dict[str, object]:
    name = ""
    if theorem.smt:
        name = f"{number:04}-{re.sub(r'[^A-Za-z0-9.]+', '-', theorem.id).strip('-')[:150]}.smt2"
        files[name] = f"{_comment(release, theorem)}{theorem.smt}"
    document = {key: value for key, value in theorem.to_dict().items() if key != "seconds"}
    return {
        **document,
        "xen": release,
        "file": name,
        "sha256": hashlib.sha256(files[name].encode()).hexdigest() if name else "",
        "expected": list(expected_answers(theorem.verdict)) if name else [],
    }


def _comment(release: str, theorem: Theorem) -> str:
    """A comment for engineers who read the file by itself; no line of it can be a command."""
    lines = [
        f"Theorem {theorem.id}, for Xen {release}",
        f"States: {theorem.statement}",
        f"Subjects: {', '.join(theorem.subjects)}",
        f"Verdict: {theorem.verdict}",
        *(f"Assumes ({a.trust}): {a.text} [{a.source}]" for a in theorem.assumptions),
        *((f"Bound over all worlds: {theorem.bound}",) if theorem.bound else ()),
        "The first question is whether the assumptions can be met, the second whether the claim can fail then.",
    ]
    return "".join(f"; {re.sub(r'[^ -~]', '?', line)}\n" for line in lines)


def judge(entry: Mapping[str, object], text: str, timeout: float) -> CertificateCheck:
    """Check one entry and its SMT-LIB text (empty without one) by counting and with cvc5; `timeout` is in seconds.

    Raises Cvc5Missing if cvc5 is not installed; KeyError, TypeError or ValueError for a malformed entry.
    """
    subject, verdict, kind = str(entry["id"]), Verdict(str(entry["verdict"])), TheoremKind(str(entry["kind"]))
    certificate = entry.get("certificate")
    if verdict is Verdict.UNKNOWN:
        return CertificateCheck(subject, "no-answer", "the theorem is unknown")
    if certificate is not None:
        own = certificate.get("kind") if isinstance(certificate, dict) else None
        if own not in KINDS.get(kind, frozenset()):
            return CertificateCheck(
                subject, "differs", f"a certificate of the kind {own} does not fit a theorem on {kind}"
            )
        if not check_counting(certificate, verdict):
            return CertificateCheck(
                subject, "differs", f"the counting certificate does not show that the theorem is {verdict}"
            )
    if not text:
        facts = entry.get("facts")
        if verdict is Verdict.PROVED and certificate is None and isinstance(facts, list) and BRANCH.name in facts:
            return CertificateCheck(subject, "no-answer", _SEVERAL_WAYS)
        return _without_text(subject, verdict, counted=certificate is not None)
    found, wanted = answers(text, timeout), expected_answers(verdict)
    if found == wanted:
        judges = ("counting",) * (certificate is not None) + ("cvc5",)
        third = third_answers(text, timeout)
        if third == wanted:
            return CertificateCheck(subject, _CONFIRMED[verdict], "", (*judges, "bitwuzla"))
        if "unknown" not in third and third:
            reported = f"bitwuzla answers {', '.join(third)} instead of {', '.join(wanted)}, which cvc5 answers"
            return CertificateCheck(subject, "differs", reported)
        return CertificateCheck(subject, _CONFIRMED[verdict], "", judges)
    status = "no-answer" if len(found) < len(wanted) or "unknown" in found else "differs"
    return CertificateCheck(
        subject, status, f"cvc5 answers {', '.join(found) or 'nothing'} instead of {', '.join(wanted)}"
    )


_SEVERAL_WAYS = (
    "it is about several variants (alternatives of guests, paths of the boot script), and a certificate covers "
    "only one: not covered"
)
_CONFIRMED = {Verdict.PROVED: "confirmed", Verdict.REFUTED: "refuted", Verdict.VACUOUS: "vacuous"}


def _without_text(subject: str, verdict: Verdict, *, counted: bool) -> CertificateCheck:
    if verdict is Verdict.PROVED and not counted:
        return CertificateCheck(
            subject, "no-answer", "proved by a search too large for a certificate; nothing can be checked"
        )
    text = "" if counted else "derived again from the inputs, by the model alone"
    return CertificateCheck(subject, _CONFIRMED[verdict], text, ("counting",) * counted)


__all__ = ["CertificateCheck", "Cvc5Missing", "entries", "judge"]
