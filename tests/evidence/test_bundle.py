"""`colorcheck evidence`: one folder, the same bytes each time, checked from itself alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.workflows.evidence.bundle import check
from colorcheck.workflows.validation.cases import cases

pytest.importorskip("cvc5", reason="needs cvc5: pip install 'xen-colorcheck[certify]'")

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SECRET = ("/tmp", "/home", str(ROOT))


def files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found.pop("times.json")
    return found


def write(folder: Path, deployment: Path, *words: str, status: int = 0) -> Path:
    assert main(["evidence", str(folder), str(deployment), *words]) == status
    return folder


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "qemu-attested", tmp_path / "qemu-attested"))


@pytest.mark.slow
def test_written_checked_and_compared(
    deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = write(tmp_path / "first", deployment, "--log", str(deployment / "boot.log"))
    said = json.loads((first / "evidence.json").read_text(encoding="utf-8"))
    assert said["grade"] == "proved"
    assert str(first) not in json.dumps(said)
    assert json.loads((first / "times.json").read_text(encoding="utf-8"))["date"] == "2023-11-14T22:13:20Z"
    assert json.loads((first / "boots/attest-boot.log.json").read_text(encoding="utf-8"))["verdict"] == "attested"
    report = json.loads((first / "reports/report.json").read_text(encoding="utf-8"))
    assert next(iter(report)) == "evidence"
    assert report["evidence"]["inputs"]
    assert '<table class="evidence">' in (first / "reports/report.html").read_text(encoding="utf-8")
    names = {each["name"] for each in json.loads((first / "sbom.json").read_text(encoding="utf-8"))["components"]}
    assert "z3-solver" in names or not names
    for name, content in files(first).items():
        for word in SECRET:
            assert word.encode() not in content, name

    shutil.move(deployment, tmp_path / "moved")  # nothing but the folder itself is needed
    capsys.readouterr()
    assert main(["evidence", "--check", str(first)]) == 0, capsys.readouterr().out

    tree = tmp_path / "moved/system.dts"
    tree.write_text(tree.read_text(encoding="utf-8") + "\n// a word\n", encoding="utf-8")
    second = write(tmp_path / "second", tmp_path / "moved")
    capsys.readouterr()
    assert main(["evidence", "--compare", str(first), str(second)]) == 1
    told = capsys.readouterr().out
    assert "input certificates/inputs/system.dts: changed" in told
    assert "attached logs/boot.log: gone" in told
    assert main(["evidence", "--compare", str(first), str(first)]) == 0

    report_file = first / "reports/report.txt"
    report_file.write_text(report_file.read_text(encoding="utf-8").replace("proved", "PROVED"), encoding="utf-8")
    assert main(["evidence", "--check", str(first)]) == 1
    assert "differs: reports/report.txt" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "grade", "status"), [("xen-guide", "refuted", 1), ("tutorial", "", -1)])
def test_refuted_is_marked_as_such(tmp_path: Path, name: str, grade: str, status: int) -> None:
    if status < 0:
        assert main(["evidence", str(tmp_path / "x"), str(EXAMPLES / name)]) == 3  # no manifest, nothing to check
        return
    folder = write(tmp_path / name, EXAMPLES / name, status=status)
    said = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert said["grade"] == grade
    assert said["exit_status"] == status


@pytest.mark.slow
def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    """With other seeds of hashes, from another folder; 20 runs were made when this was written."""
    made = []
    for number in range(2):
        folder = tmp_path / str(number)
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
        where = [str(EXAMPLES / "zcu102-dom0less")] if number else []
        subprocess.run(
            [sys.executable, "-m", "colorcheck", "evidence", str(folder), *where],
            cwd=tmp_path if number else EXAMPLES / "zcu102-dom0less",
            env=environment,
            check=True,
            capture_output=True,
        )
        made.append(files(folder))
    assert made[0] == made[1]


def test_wrong_calls(tmp_path: Path) -> None:
    assert main(["evidence"]) == 2
    assert main(["evidence", str(tmp_path), "--check", str(tmp_path)]) == 2
    assert main(["evidence", "--compare", str(tmp_path), str(tmp_path)]) == 2
    assert main(["evidence", "--check", str(tmp_path)]) == 1


def test_requirements_are_traced_to_the_file_of_each_proof(deployment: Path, tmp_path: Path) -> None:
    manifest = deployment / "colorcheck.toml"
    more = '\n[requirements]\n"XenSwad~dom0~1" = ["separation/dom0/*", "boots"]\n"XenSwad~none~1" = "memory/nobody"\n'
    manifest.write_text(manifest.read_text(encoding="utf-8") + more, encoding="utf-8")
    folder = write(tmp_path / "proofs", deployment, status=1)
    said = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert said["requirements"] == {"XenSwad~dom0~1": "met", "XenSwad~none~1": "no-evidence"}
    assert said["grade"] == "findings"
    trace = json.loads((folder / "requirements/trace.json").read_text(encoding="utf-8"))
    first, second = trace["requirements"]
    for each in first["evidence"]:
        proof = each["proof"]
        content = (folder / proof["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == proof["sha256"]
        assert proof["statement"].encode("ascii", "replace") in content
    assert second["evidence"][0]["kind"] == "nothing"
    for name in ("openfasttrace.oreqm", "needs.json"):
        assert "XenSwad" in (folder / "requirements" / name).read_text(encoding="utf-8")
    assert main(["evidence", "--check", str(folder)]) == 0
    sizes = json.loads((folder / "assumptions-of-use.json").read_text(encoding="utf-8"))["assumptions_of_use"]
    assert len(sizes) >= 10


@pytest.mark.slow
def test_a_log_that_differs_is_in_the_grade(deployment: Path, tmp_path: Path) -> None:
    """Proved theorems of a model that a real boot contradicts are no evidence."""
    log = deployment / "boot.log"
    text = log.read_text(encoding="utf-8", errors="replace")
    other = tmp_path / "other.log"
    changed = text.replace("0x8000000", "0x9000000").replace("color 1: ", "color 1: 9").replace("4.2", "4.1")
    assert changed != text
    other.write_text(changed, encoding="utf-8")
    folder = write(tmp_path / "differs", deployment, "--log", str(log), "--log", str(other), status=1)
    said = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert said["grade"] == "log-differs"
    assert said["logs"] == {"logs/boot.log": "attested", "logs/other.log": "differs"}
    assert main(["evidence", "--check", str(folder)]) == 1
    other.write_text("U-Boot 2023.01\nStarting kernel ...\n", encoding="utf-8")
    folder = write(tmp_path / "little", deployment, "--log", str(other), status=4)
    said = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    assert (said["grade"], said["exit_status"]) == ("undecided", 4)
    assert main(["evidence", "--check", str(folder)]) == 4


def test_a_log_that_is_an_input_attests_nothing(deployment: Path, tmp_path: Path) -> None:
    manifest = deployment / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace("[inputs]", '[inputs]\nboot-log = "boot.log"')
    manifest.write_text(text, encoding="utf-8")
    assert main(["evidence", str(tmp_path / "x"), str(deployment), "--log", str(deployment / "boot.log")]) in (0, 4)
    found = json.loads((tmp_path / "x/boots/attest-boot.log.json").read_text(encoding="utf-8"))
    taken = [check for check in found["checks"] if "taken from this log" in str(check["found"])]
    assert taken
    assert all(check["agrees"] is None for check in taken)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "grade", "checker"),
    [
        ("field", "stand-ins", "undecided", 4),  # bounds over worlds of other needs than the listed one
        ("field", "fork-without-room", "refuted", 4),  # no boot is listed
        ("field", "overlay-and-script", "undecided", 4),
        ("field", "colors-in-module-node", "refuted", 1),
        ("uefi", "uefi-opt-twice-4.22", "proved", 0),
    ],
)
def test_deployments_of_every_kind_give_evidence(
    kind: str, name: str, grade: str, checker: int, tmp_path: Path
) -> None:
    """Whatever the grade, all of it is derived again, and the checker finds nothing that does not add up."""
    case = next(each for each in cases(kind) if each.name == name)
    case.lay_out(tmp_path)
    folder = tmp_path / "proofs"
    main(["evidence", str(folder), str(tmp_path)])
    assert json.loads((folder / "evidence.json").read_text(encoding="utf-8"))["grade"] == grade
    told = {each.status for each in check(folder)}
    assert told <= {"confirmed", "refuted", "vacuous", "no-answer"}
    command = [sys.executable, "check.py"]
    done = subprocess.run(command, cwd=folder / "certificates", capture_output=True, text=True, check=False)
    assert done.returncode == checker, done.stdout
    assert "WRONG" not in done.stdout
