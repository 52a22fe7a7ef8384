"""Certificates of single theorems: confirmed by a second solver or by counting, refused where they do not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof import ProofRequest, certificates, prove
from colorcheck.proof.certificates import entries, judge
from colorcheck.proof.third_solver import third_answers
from tests.proof.systems import ZCU102, domain, level_boot, system

pytest.importorskip("cvc5", reason="needs cvc5: pip install 'xen-colorcheck[certify]'")

Judged = tuple[dict[str, Any], dict[str, str]]


@pytest.fixture(scope="module")
def made() -> Judged:
    of = system(16, [domain(1, [1, 2], 15), domain(2, [2, 3], 8), domain(3, [2], 9)])
    theorems = prove(of, level_boot(of, 10), ZCU102, PlanPolicy("any"), ProofRequest(20, smt=True))
    assert {str(t.verdict) for t in theorems} == {"proved", "refuted"}
    files: dict[str, str] = {}
    found = entries([("4.20", theorem) for theorem in theorems], files)
    return {str(entry["id"]): entry for entry in json.loads(json.dumps(found))}, files


def status(made: Judged, name: str, **changes: object) -> str:
    entry = {**made[0][name], **changes}
    return judge(entry, made[1].get(entry["file"], ""), 30.0).status


def test_every_theorem_is_confirmed_with_its_own_verdict(made: Judged) -> None:
    for name, entry in made[0].items():
        assert status(made, name) == {"proved": "confirmed", "refuted": "refuted"}[entry["verdict"]], name
        assert entry["assumptions"] or name == "boots"


def test_another_verdict_is_contradicted(made: Judged) -> None:
    assert status(made, "separation/d1/d2", verdict="proved") == "differs"
    assert status(made, "separation/xen/d1", verdict="refuted") == "differs"
    assert status(made, "separation/xen/d1", verdict="unknown") == "no-answer"


def test_a_certificate_of_another_kind_is_refused(made: Judged) -> None:
    hall = made[0]["memory/d3"]["certificate"]
    assert hall
    assert status(made, "memory/d3", certificate={**hall, "free_by_color": {"2": 99}}) == "differs"
    assert status(made, "separation/xen/d1", certificate=hall) == "differs"
    assert status(made, "separation/d1/d2", certificate=hall) == "differs"
    assert status(made, "memory/d1", certificate={"kind": "bound", "how": "somehow"}) == "differs"


def test_memory_is_shown_by_counting(made: Judged) -> None:
    assert made[0]["memory/d1"]["certificate"]["kind"] == "leveling"
    wrong = json.loads(json.dumps(made[0]["memory/d1"]["certificate"]))
    wrong["steps"][-1]["pages"] = 21
    assert status(made, "memory/d1", certificate=wrong) == "differs"


def test_the_formula_of_a_pair_speaks_of_frames_sets_and_cpus(made: Judged) -> None:
    text = made[1][made[0]["separation/xen/d1"]["file"]]
    assert "(declare-const a (_ BitVec" in text
    assert "frames-of-P0" in text
    assert "cpus-of-K0-cluster0" in text
    assert "; States: No access of Xen's image" in text


def test_a_proof_by_trying_every_order_is_confirmed_state_by_state() -> None:
    """Both guests fit in either order only because of the color that Xen chooses: no bound shows it, the states do."""
    of = system(16, [domain(1, [1, 2], 6), domain(2, [2, 3], 16)])
    theorems = {t.id: t for t in prove(of, level_boot(of, 10), ZCU102, PlanPolicy("any"), ProofRequest(20, smt=True))}
    theorem = theorems["memory-any-order/d2"]
    assert str(theorem.verdict) == "proved"
    assert not theorem.smt
    entry = json.loads(json.dumps(entries([("4.20", theorem)], {})))[0]
    assert judge(entry, "", 30.0).status == "confirmed"
    assert judge({**entry, "verdict": "refuted"}, "", 30.0).status == "differs"
    assert judge({**entry, "certificate": None}, "", 30.0).status == "no-answer"


def test_every_text_says_what_it_is_about(made: Judged) -> None:
    """Statement, subjects, verdict and each assumption with its source are comments in front of the first command."""
    for entry in made[0].values():
        if not entry["file"]:
            continue
        head = made[1][entry["file"]].partition("(set-logic")[0]
        assert all(line.startswith("; ") for line in head.splitlines())
        assert f"; States: {entry['statement']}".encode("ascii", "replace").decode() in head
        assert f"; Subjects: {', '.join(entry['subjects'])}" in head
        assert f"; Verdict: {entry['verdict']}" in head
        assert head.count("; Assumes (") == len(entry["assumptions"])
        for assumption in entry["assumptions"]:
            assert assumption["source"].encode("ascii", "replace").decode() in head


def test_bitwuzla_is_the_third_where_it_has_a_say(made: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bitwuzla", reason="needs Bitwuzla: pip install bitwuzla")
    asked = 0
    for name, entry in made[0].items():
        found = judge(entry, made[1].get(entry["file"], ""), 30.0)
        if entry["kind"] in ("set-separation", "pair-separation") and entry["file"]:
            assert found.judges == ("cvc5", "bitwuzla"), name
            asked += 1
        else:
            assert "bitwuzla" not in found.judges, name
    assert asked > 4
    entry = made[0]["separation/xen/d1"]
    text = made[1][entry["file"]]
    assert third_answers(text, 30.0) == ("sat", "unsat")
    assert third_answers("; (check-sat)\n" + text, 30.0) == ("sat", "unsat")
    assert third_answers(text.replace("QF_BV", "QF_LIA"), 30.0) == ()
    assert third_answers("(set-logic QF_BV)\n(assert broken)\n(check-sat)\n", 30.0) == ()
    monkeypatch.setattr(certificates, "third_answers", lambda *_: ("sat", "sat"))
    assert judge(entry, text, 30.0).status == "differs"
    monkeypatch.setattr(certificates, "third_answers", lambda *_: ("sat", "unknown"))
    assert judge(entry, text, 30.0).judges == ("cvc5",)
