"""The deployments of examples/ end as their expected.json and their README say."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.core.diagnostic import Severity
from colorcheck.verification.results import Verification

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/expected.json"))


def summary(verification: Verification) -> dict[str, object]:
    """What must not change unnoticed: status, findings, verdicts."""
    return {
        "exit_status": int(verification.exit_status()),
        "findings": sorted(
            f"{finding.rule} {Path(finding.location.file).name}:{finding.location.line}"
            for finding in verification.findings
            if finding.severity is not Severity.INFO
        ),
        "refuted": sorted(
            f"{line} {theorem.id}" for line, theorem in verification.facts.theorems() if theorem.verdict == "refuted"
        ),
        "undecided": sorted(
            f"{line} {theorem.id}"
            for line, theorem in verification.facts.theorems()
            if theorem.verdict in ("unknown", "vacuous")
        ),
    }


def test_all_four_are_there() -> None:
    assert {"xen-guide", "zcu102-1600m", "zcu102-dom0less", "rpi4-xl"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_expected_result(name: str) -> None:
    expected = json.loads((EXAMPLES / name / "expected.json").read_text(encoding="utf-8"))
    assert summary(api.verify(EXAMPLES / name)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_the_readme_run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (colorcheck .*)$", readme, re.MULTILINE)
    assert commands
    expected = json.loads((EXAMPLES / name / "expected.json").read_text(encoding="utf-8"))
    assert [main(shlex.split(command)[1:]) for command in commands] == [expected["exit_status"]] * len(commands)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_the_guide_shares_colors_and_lacks_memory() -> None:
    found = api.verify(EXAMPLES / "xen-guide")
    refuted = {theorem.id: theorem for theorem in found.theorems if theorem.verdict == "refuted"}
    assert set(refuted) == {"separation/dom0/domU1", "memory/dom0", "boots"}
    witness = refuted["separation/dom0/domU1"].witness
    assert witness is not None
    assert witness.to_dict()["shared_colors"] == [4, 5, 6]


def test_1600m_is_repaired_by_a_plan_of_at_least_seven_colors() -> None:
    plan = api.plan(EXAMPLES / "zcu102-1600m")
    assert plan.status == "optimal"
    dom0 = next(each for each in plan.domains if each.name == "dom0")
    xen = next(each for each in plan.domains if each.name == "xen")
    assert len(dom0.colors) >= 7
    assert dom0.colors.isdisjoint(xen.colors)
    assert dom0.pages_needed <= dom0.pages_available


@pytest.mark.parametrize(("colors", "fits"), [("4-9", False), ("4-10", True)])
def test_seven_colors_are_the_least_that_1600m_needs(colors: str, fits: bool, tmp_path: Path) -> None:
    text = (EXAMPLES / "zcu102-1600m" / "system.dts").read_text(encoding="utf-8")
    (tmp_path / "system.dts").write_text(
        text.replace("dom0-llc-colors=4-7", f"dom0-llc-colors={colors}").replace(
            "../device-trees", str(EXAMPLES / "device-trees")
        ),
        encoding="utf-8",
    )
    manifest = (EXAMPLES / "zcu102-1600m" / "colorcheck.toml").read_text(encoding="utf-8")
    (tmp_path / "colorcheck.toml").write_text(manifest, encoding="utf-8")
    assert (api.replay(tmp_path).to_dict()["outcome"] == "boots") is fits
    assert (api.verify(tmp_path).exit_status() == 0) is fits


def test_every_trap_of_the_xl_files_is_found() -> None:
    places = {
        (Path(finding.location.file).name, finding.rule): finding
        for finding in api.verify(EXAMPLES / "rpi4-xl").findings
    }
    assert '["9-13"]' in places["camera.cfg", "CC111"].help
    assert "4-8" in places["control.cfg", "CC112"].help
    dashes = [f for (file, _), f in places.items() if file == "gateway.cfg" and "llc_colors" in f.help]
    assert dashes, [(k, f.help) for k, f in places.items()]
