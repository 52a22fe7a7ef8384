"""Certificates: written, confirmed by a second solver, and refused when anything is not as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest import Policy
from colorcheck.proof import Asked, prove
from colorcheck.proof.certificates import MANIFEST, check_certificates, write_certificates
from tests.proof.systems import ZCU102, domain, level_boot, system

pytest.importorskip("cvc5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "system.dts"
    source.write_text("/dts-v1/;\n", encoding="utf-8")
    of = system(16, [domain(1, [1, 2], 15), domain(2, [2, 3], 8), domain(3, [2], 9)])
    theorems = prove(of, level_boot(of, 10), ZCU102, Policy("any"), Asked(20, smt=True))
    assert {str(t.verdict) for t in theorems} == {"proved", "refuted"}
    write_certificates([("4.20", theorem) for theorem in theorems], tmp_path / "certificates", [source])
    return tmp_path / "certificates"


def statuses(folder: Path) -> dict[str, str]:
    return {check.subject: check.status for check in check_certificates(folder)}


def test_cvc5_confirms_every_theorem(folder: Path) -> None:
    assert all(check.ok for check in check_certificates(folder)), statuses(folder)
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert {"python", "z3"} <= set(document["versions"])
    assert all(entry["assumptions"] for entry in document["theorems"])


def test_a_proof_by_trying_every_order_is_confirmed_state_by_state(tmp_path: Path) -> None:
    """Both guests fit in either order only because of the color that Xen chooses: no bound shows it, the states do."""
    of = system(16, [domain(1, [1, 2], 6), domain(2, [2, 3], 16)])
    theorems = {t.id: t for t in prove(of, level_boot(of, 10), ZCU102, Policy("any"), Asked(20, smt=True))}
    theorem = theorems["memory-any-order/d2"]
    assert str(theorem.verdict) == "proved"
    assert not theorem.smt
    write_certificates([("4.20", theorem)], tmp_path, [])
    assert statuses(tmp_path) == {"memory-any-order/d2": "confirmed"}
    rewritten(tmp_path, theorem.id, verdict="refuted")
    assert statuses(tmp_path) == {"memory-any-order/d2": "differs"}
    rewritten(tmp_path, theorem.id, verdict="proved", certificate=None)
    assert statuses(tmp_path) == {"memory-any-order/d2": "no-answer"}


def test_a_changed_input_is_told(folder: Path) -> None:
    (folder.parent / "system.dts").write_text("/dts-v1/; / {};\n", encoding="utf-8")
    assert statuses(folder)["../system.dts"] == "changed"
    (folder.parent / "system.dts").unlink()
    assert statuses(folder)["../system.dts"] == "missing"


def test_a_changed_theorem_is_told(folder: Path) -> None:
    path = next(folder.glob("*allocator-populate*"))
    path.write_text(path.read_text(encoding="utf-8").replace("(has d c)", "true"), encoding="utf-8")
    assert statuses(folder)["allocator/populate"] == "changed"


def rewritten(folder: Path, theorem: str, **changes: object) -> None:
    path = folder / MANIFEST
    document = json.loads(path.read_text(encoding="utf-8"))
    next(entry for entry in document["theorems"] if entry["id"] == theorem).update(changes)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_another_verdict_is_contradicted(folder: Path) -> None:
    rewritten(folder, "separation/d1/d2", verdict="proved")
    assert statuses(folder)["separation/d1/d2"] == "differs"


def test_an_unknown_theorem_is_no_answer(folder: Path) -> None:
    rewritten(folder, "separation/xen/d1", verdict="unknown")
    assert statuses(folder)["separation/xen/d1"] == "no-answer"
    rewritten(folder, "separation/xen/d1", verdict="proved", file="")
    assert statuses(folder)["separation/xen/d1"] == "no-answer"


def test_a_wrong_count_is_told(folder: Path) -> None:
    wrong = {"kind": "hall", "domains": {"d3": {"pages": 9, "colors": [2]}}, "free_by_color": {"2": 10}}
    rewritten(folder, "memory/d3", certificate=wrong)
    assert statuses(folder)["memory/d3"] == "differs"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "else"}', '{"schema": "colorcheck/certificates/1"}'])
def test_a_damaged_folder_is_a_failed_check(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    assert not all(check.ok for check in check_certificates(folder))


def test_written_again_no_stale_file_stays(folder: Path) -> None:
    before = len(list(folder.glob("*.smt2")))
    write_certificates([], folder, [])
    assert before > 10
    assert not list(folder.glob("*.smt2"))
