"""Ways to cheat with a folder of evidence beyond a change of its texts: each is told, whatever the hashes say."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.proof.certificates import CertificateCheck
from colorcheck.workflows.evidence import bundle
from colorcheck.workflows.evidence import certificates as folders
from tests.once import made_once

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(top: Path) -> None:
        log = EXAMPLES / "qemu-attested" / "boot.log"
        assert main(["evidence", str(top / "proofs"), str(EXAMPLES / "qemu-attested"), "--log", str(log)]) == 0

    return made_once(tmp_path_factory, "evidence", make) / "proofs"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is changed are files; the solvers need no second hearing for each."""
    monkeypatch.setattr(folders, "_judged", lambda *_: iter(()))


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(honest, tmp_path / "proofs", symlinks=True))


def told(folder: Path, signers: str | None = None) -> list[CertificateCheck]:
    found = bundle.check(folder, signers=signers)
    assert found
    return [each for each in found if not each.ok]


def rehash(folder: Path) -> None:
    """Every hash is that of the file as it is now."""
    for name in ("certificates/certificates.json", "evidence.json"):
        path = folder / name
        said = json.loads(path.read_text(encoding="utf-8"))
        for part in ("inputs", "files", "attached"):
            for file in said.get(part, {}):
                there = path.parent / file
                if there.is_file():
                    said[part][file] = hashlib.sha256(there.read_bytes()).hexdigest()
        path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    said = json.loads(path.read_text(encoding="utf-8"))
    change(said)
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def stray_proof(folder: Path) -> None:
    """A proof that nothing gave, among those that something gave."""
    (folder / "certificates/0099-separation-rt-everybody.smt2").write_text("(set-logic QF_BV)\n(check-sat)\n")


def stray_report(folder: Path) -> None:
    (folder / "reports/summary-for-the-assessor.txt").write_text("all proved")


def stray_input(folder: Path) -> None:
    (folder / "certificates/inputs/rt.cfg").write_text("memory = 64")


def module_beside_the_checker(folder: Path) -> None:
    """`python3 check.py` would import it instead of the standard library's."""
    (folder / "certificates/json.py").write_text("print('99 holds')\nraise SystemExit(0)\n")


def link_to_outside(folder: Path) -> None:
    """The content is right today."""
    name = folder / "certificates/inputs/system.dts"
    away = folder.parent / "elsewhere.dts"
    shutil.move(name, away)
    name.symlink_to(away)


def folder_is_a_link(folder: Path) -> None:
    shutil.move(folder / "reports", folder.parent / "reports")
    (folder / "reports").symlink_to(folder.parent / "reports")


def pipe_in_place_of_an_input(folder: Path) -> None:
    """Nobody writes to it: whoever opens it waits forever."""
    name = folder / "certificates/inputs/system.dts"
    name.unlink()
    os.mkfifo(name)


def two_names_of_one_file(folder: Path) -> None:
    def change(said: dict[str, Any]) -> None:
        said["inputs"]["inputs/./system.dts"] = said["inputs"]["inputs/system.dts"]

    edit(folder / "certificates/certificates.json", change)


def certificates_of_another_deployment(folder: Path) -> None:
    """An honest folder of certificates, transplanted."""
    shutil.rmtree(folder / "certificates")
    status = main(["certify", str(EXAMPLES / "zcu102-dom0less"), "--write", str(folder / "certificates")])
    assert status == 0


def key_twice(folder: Path) -> None:
    """Some readers take the first, some the last."""
    path = folder / "evidence.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"grade": "proved"', '"grade": "refuted",\n "grade": "proved"', 1), encoding="utf-8")


def attested_though_it_is_not(folder: Path) -> None:
    """The log of another boot, with the verdict of the first."""
    log = folder / "logs/boot.log"
    text = log.read_text(encoding="utf-8")
    log.write_text(text.replace("LLC coloring: enabled", "LLC coloring: disabled").replace("color", "kolor"), "utf-8")


def better_grade(folder: Path) -> None:
    edit(folder / "evidence.json", lambda said: said.update(grade="proved, and more"))


def assumption_left_out(folder: Path) -> None:
    edit(folder / "assumptions.json", lambda said: said["assumptions"].pop())


def name_leads_out(folder: Path) -> None:
    edit(folder / "evidence.json", lambda said: said["attached"].update({"logs/../../../secret": "0"}))


def requirement_added(folder: Path) -> None:
    edit(folder / "evidence.json", lambda said: said["requirements"].update({"XenSwad~all~1": "met"}))


ATTACKS = (
    stray_proof,
    stray_report,
    stray_input,
    module_beside_the_checker,
    link_to_outside,
    folder_is_a_link,
    pipe_in_place_of_an_input,
    two_names_of_one_file,
    certificates_of_another_deployment,
    key_twice,
    attested_though_it_is_not,
    better_grade,
    assumption_left_out,
    name_leads_out,
    requirement_added,
)


def test_the_honest_folder_passes(folder: Path) -> None:
    assert told(folder) == []
    rehash(folder)
    assert told(folder) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_told(folder: Path, attack: Callable[[Path], None]) -> None:
    attack(folder)
    if attack is not key_twice:
        rehash(folder)
    found = told(folder)
    assert found
    assert all(each.message for each in found), found


def test_certify_tells_strays_as_well(folder: Path) -> None:
    certificates = folder / "certificates"
    assert all(each.ok for each in folders.check(certificates))
    module_beside_the_checker(folder)
    assert {each.status for each in folders.check(certificates) if not each.ok} == {"stray"}


# check.py alone


def run_checker(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "check.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def test_the_checker_imports_nothing_from_its_folder(folder: Path) -> None:
    module_beside_the_checker(folder)
    for name in ("hashlib", "itertools", "pathlib"):
        (folder / f"certificates/{name}.py").write_text("raise SystemExit(0)\n")
    code, said = run_checker(folder / "certificates")
    assert (code, said) == (0, f"{len(theorems(folder))} holds\n")


def theorems(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "certificates/certificates.json").read_text(encoding="utf-8"))["theorems"])


def as_another_kind(entry: dict[str, Any]) -> None:
    entry["kind"] = "boots"


def as_the_heap(entry: dict[str, Any]) -> None:
    entry["kind"] = "capacity"


def about_others(entry: dict[str, Any]) -> None:
    entry["subjects"] = list(reversed(entry["subjects"]))


def under_another_name(entry: dict[str, Any]) -> None:
    entry["id"] = "separation/rt/everybody"


@pytest.mark.parametrize("change", [as_another_kind, as_the_heap, about_others, under_another_name])
def test_the_checker_binds_kind_subjects_and_id(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    def changed(said: dict[str, Any]) -> None:
        change(next(entry for entry in said["theorems"] if entry["kind"] == "pair-separation"))

    edit(folder / "certificates/certificates.json", changed)
    code, said = run_checker(folder / "certificates")
    assert code == 1
    assert "WRONG" in said


def test_a_signature_for_another_purpose_is_none(folder: Path, tmp_path: Path) -> None:
    """Signed by the right key, but in the namespace of mail or of git: it says nothing of evidence."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen: install openssh-client")
    key, signers, file = tmp_path / "key", tmp_path / "signers", str(folder / "evidence.json")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    kind, value, *_ = key.with_suffix(".pub").read_text(encoding="utf-8").split()
    signers.write_text(f"safety@example.com {kind} {value}\n", encoding="utf-8")
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n"]
    subprocess.run([*sign, "git", file], check=True, capture_output=True)
    assert told(folder, str(signers))[0].status == "differs"
    Path(f"{file}.sig").unlink()
    subprocess.run([*sign, "colorcheck", file], check=True, capture_output=True)
    assert told(folder, str(signers)) == []
    better_grade(folder)
    assert {each.status for each in told(folder, str(signers))} == {"differs"}
