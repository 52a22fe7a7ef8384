"""Theorems on one screen: those not proved, in positive words, and the number of those proved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, Trust
from colorcheck.report import view
from colorcheck.report.marks import STYLES, Mood, of_verdict, sign
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, text, title
from colorcheck.verification.results import Verification

if TYPE_CHECKING:
    from rich.console import RenderableType

_ORDER = (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.VACUOUS)
_MOST = 6  # unproved theorems that are listed; the rest is only counted
_PLACES = 3  # places causing a refutation that one line lists


class Claim(Struct, frozen=True):
    """A theorem that is not proved, the releases in which it is not, and how many others share the reason."""

    theorem: Theorem
    releases: tuple[str, ...]
    others: int = 0


def claims(verification: Verification, style: Style) -> Iterator[RenderableType]:
    """The theorems that are not proved, worst first, each once for all releases."""
    found = _failing(verification)
    if found:
        words = dict.fromkeys(str(claim.theorem.verdict) for claim in found)
        yield from title(" and ".join(words).capitalize())
    for claim in found[:_MOST]:
        yield from _claim(claim, verification, style)
    left = sum(1 + claim.others for claim in found[_MOST:])
    if left:
        yield text((f"… and {left} more (--verbose lists them)", "dim"))


def _failing(verification: Verification) -> list[Claim]:
    groups: dict[object, Claim] = {}
    waiting = {fact.what for fact in verification.open_facts()}
    for answers in verification.questions().values():
        for verdict in _ORDER:
            same = [(release, theorem) for release, theorem in answers if theorem.verdict is verdict]
            if not same:
                continue
            releases, theorem = tuple(release for release, _ in same), same[0][1]
            if verdict is Verdict.UNKNOWN and waiting.intersection(theorem.facts):
                continue  # shown with the open facts
            kind = theorem.kind if verdict is Verdict.REFUTED else ""
            key = (verdict, kind, releases, theorem.reason or theorem.id)
            before = groups.get(key)
            groups[key] = Claim(before.theorem, releases, before.others + 1) if before else Claim(theorem, releases)
    return sorted(groups.values(), key=lambda claim: _ORDER.index(claim.theorem.verdict))


def _claim(claim: Claim, verification: Verification, style: Style) -> Iterator[RenderableType]:
    theorem = claim.theorem
    mark, mood = sign(theorem.verdict), STYLES[of_verdict(theorem.verdict)]
    refuted = theorem.verdict is Verdict.REFUTED
    said = theorem.refutation if refuted else theorem.brief
    reason = f" ({theorem.reason})" if theorem.reason and (refuted or len(theorem.reason) < 60) else ""
    where = len(verification.manifest.target.xen) > len(claim.releases)
    releases = f"  Xen {', '.join(claim.releases)}" if where else ""
    word = "" if refuted else f": {theorem.verdict}"
    yield indented(
        f"{mark} ",
        text(printable(said + reason + word), printable(_more(claim)), (printable(releases), "dim")),
        mood,
    )
    if theorem.reason and not reason:
        yield indented("    because ", text(printable(theorem.reason)), "dim")
    if refuted:
        for place in theorem.core[:_PLACES]:
            yield indented(
                "    ", text((f"{printable(style.place(place.location))}: ", "dim"), printable(place.message))
            )


def _more(claim: Claim) -> str:
    if not claim.others:
        return ""
    noun = "pair" if claim.theorem.verdict is Verdict.REFUTED and claim.theorem.kind == view.PAIR else "theorem"
    return f", and {view.counted(claim.others, f'more {noun}')}"


def proved(verification: Verification) -> Iterator[RenderableType]:
    """The number of theorems proved in all releases and of their assumptions; `--verbose` lists both."""
    proved_ones = {n: a for n, a in verification.questions().items() if all(t.verdict is Verdict.PROVED for _, t in a)}
    found = [answers for name, answers in proved_ones.items() if verification.asked(name)]
    if not found:
        return
    taken = view.assumptions(tuple(theorem for answers in found for _, theorem in answers))
    yield ""
    trusted = sum(assumption.trust is Trust.TRUSTED for assumption in taken)
    resting = f", resting on {view.counted(len(taken), 'assumption')} ({trusted} trusted)" if taken else ""
    others = f"; {n} more, not asked, proved as well" if (n := len(proved_ones) - len(found)) else ""
    mark, mood = sign(Verdict.PROVED), STYLES[Mood.GOOD]
    yield indented(
        f"{mark} ",
        text(f"{view.counted(len(found), 'theorem')} proved{resting}{others}", ("; --verbose lists them", "dim")),
        mood,
    )
