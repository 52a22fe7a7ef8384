"""What `attest --share` writes names nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.evidence.attest import Attestation, Attested, LogCheck
from colorcheck.evidence.share import shared
from colorcheck.inputs.boot.boot_log import parse_boot_log

EXAMPLE = Path(__file__).parents[2] / "examples" / "qemu-attested"
SECRETS = ("S1N0042", "10.1.2.3", "02:00:de:ad:be:ef", "customer-rt", "/home/ada/xen", "ada@host")


def with_secrets(text: str) -> str:
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if "Command line:" in line)
    lines[at] += f" serial={SECRETS[0]} ip={SECRETS[1]} sched={SECRETS[4]} dom0_mem=1G;{SECRETS[2]}"
    lines.insert(at, f"(XEN) MODULE[9]: 0000000049400000 - 000000004940ffff {SECRETS[3]}")
    lines.append(f"(XEN) Panic on CPU 0: {SECRETS[3]}")
    return "\n".join(line.replace("(aarch64", f"({SECRETS[5]} (aarch64") for line in lines)


def test_no_name_of_the_log_comes_through() -> None:
    text = with_secrets((EXAMPLE / "boot.log").read_text())
    log = parse_boot_log("boot.log", text)
    checks = (LogCheck(f"colors of {SECRETS[3]}", "", SECRETS[3], True, log.last_line),)
    document = json.dumps(shared(log, Attested(checks, Attestation.PARTLY, SECRETS[3]), "4.20", None))
    assert not [secret for secret in SECRETS if secret in document]
    assert '"llc-coloring=on"' in document


def test_it_is_shown_and_not_written_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shared.json"
    call = ["attest", str(EXAMPLE), "--log", str(EXAMPLE / "boot.log"), "--share", str(file)]
    assert main(call) == 2
    assert not file.exists()
    shown = capsys.readouterr().out
    assert main([*call, "--yes"]) == 0
    assert file.read_text() == shown
    assert json.loads(shown)["verdict"] == "attested"


@pytest.mark.parametrize("name", ["colorcheck.toml", "system.dts", "boot.log"])
def test_it_goes_over_no_input(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    shutil.copytree(EXAMPLE, folder)
    before = (folder / name).read_bytes()
    call = ["attest", str(folder), "--log", str(folder / "boot.log"), "--share", str(folder / name), "--yes"]
    assert main(call) == 2
    assert (folder / name).read_bytes() == before
