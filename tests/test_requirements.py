"""`[requirements]`: each is traced to theorems and rules, and nothing is met by default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec import structs

from colorcheck.core.diagnostic import Finding
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.report import Style, render
from colorcheck.rules.domains import cc307_dma_without_iommu
from colorcheck.rules.example import BOOT_ARGUMENTS, GUEST, Example
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Facts, Verification, names_theorem
from colorcheck.verification.traced import Standing, Traced
from colorcheck.workflows import verify as pipeline

GUI = GUEST.replace('"rt"', '"gui"').replace("11-14", "15").replace("256", "64")
GUESTS = (("rt.cfg", GUEST), ("gui.cfg", GUI))


def verified(folder: Path, manifest: str, **changes: object) -> Verification:
    example = Example(**{"guests": GUESTS, "manifest": manifest, **changes})  # type: ignore[arg-type]
    return pipeline.verify(read_manifest(str(example.write(folder))))


def traced(folder: Path, patterns: str, before: str = "", **changes: object) -> tuple[Traced, Verification]:
    found = verified(folder, f'{before}\n[requirements]\n"XenSwad~rt~1" = {patterns}\n', **changes)
    (requirement,) = found.requirements
    return requirement, found


def test_a_pair_is_named_in_either_order() -> None:
    assert names_theorem("separation/rt/*", "separation/xen/rt")
    assert names_theorem("separation/rt/*", "separation/rt/gui")
    assert not names_theorem("separation/rt/*", "separation/xen/gui")
    assert not names_theorem("memory/rt", "separation/memory/rt")
    assert names_theorem("separation/a/b/*", "separation/xen/a/b")


def test_met_by_every_theorem_in_every_release(tmp_path: Path) -> None:
    requirement, found = traced(tmp_path, '["separation/rt/*", "memory/rt", "CC307"]', xen=("4.20", "4.21"))
    assert requirement.standing is Standing.MET, requirement
    subjects = {(each.subject, each.release) for each in requirement.evidence}
    for name in ("separation/xen/rt", "separation/dom0/rt", "separation/rt/gui", "memory/rt"):
        assert {(name, "4.20"), (name, "4.21")} <= subjects
    assert ("CC307", "") in subjects
    assert not found.findings


@pytest.mark.parametrize("pattern", ["separation/rtt/*", "memory/nobody", "CC999", "no-such-rule", "separation"])
def test_a_pattern_that_names_nothing_is_a_finding(pattern: str, tmp_path: Path) -> None:
    requirement, found = traced(tmp_path, f'["memory/rt", "{pattern}"]')
    assert requirement.standing is Standing.NO_EVIDENCE
    assert [finding.rule for finding in found.findings] == ["CC810"]
    assert pattern in found.findings[0].message
    assert found.exit_status() is Exit.FINDINGS


@pytest.mark.parametrize("value", ["[]", '[""]', "3", '["memory/rt", 3]', "{a = 1}"])
def test_a_requirement_that_says_nothing_is_a_finding(value: str, tmp_path: Path) -> None:
    found = verified(tmp_path, f'[requirements]\n"XenSwad~rt~1" = {value}\n')
    assert not found.requirements
    assert {finding.rule for finding in found.findings} == {"CC005"}
    assert found.exit_status() is Exit.FINDINGS


def test_a_refuted_theorem_violates_and_is_asked_for(tmp_path: Path) -> None:
    before = '[policy]\nprove = ["memory/*"]\n'
    arguments = BOOT_ARGUMENTS.replace("2-10", "2-11")
    requirement, found = traced(tmp_path, '["separation/rt/dom0"]', before, boot_arguments=arguments)
    assert requirement.standing is Standing.VIOLATED
    assert found.exit_status() is Exit.FINDINGS
    assert found.asked("separation/dom0/rt")
    assert not found.asked("separation/dom0/gui")


def test_an_exception_of_the_policy_is_no_evidence(tmp_path: Path) -> None:
    share = '[[policy.share]]\ndomains = ["rt", "gui"]\nreason = "both best effort"\n'
    guests = (("rt.cfg", GUEST), ("gui.cfg", GUI.replace("15", "14-15")))
    requirement, found = traced(tmp_path, '["separation/rt/*"]', share, guests=guests)
    assert requirement.standing is Standing.OPEN
    assert [finding.rule for finding in found.findings] == ["CC811"]
    assert "both best effort" in found.findings[0].message
    only, _ = traced(tmp_path, '["separation/rt/gui"]', share)
    assert only.standing is Standing.OPEN


def test_a_finding_violates_even_where_it_is_silenced(tmp_path: Path) -> None:
    rt = GUEST.replace('"11-14"', '"11-14", "11"')
    loud, found = _duplicate(tmp_path, rt)
    assert loud.standing is Standing.VIOLATED
    assert {"CC115", "CC811"} <= {finding.rule for finding in found.findings}
    quiet, found = _duplicate(tmp_path, rt, '[rules]\nignore = ["CC115"]\n')
    assert quiet.standing is Standing.OPEN
    assert "CC811" in {finding.rule for finding in found.findings}
    assert found.exit_status() is Exit.FINDINGS


def _duplicate(folder: Path, rt: str, before: str = "") -> tuple[Traced, Verification]:
    manifest = f'{before}[requirements]\nR = "duplicate-color"\n'
    example = Example(guests=(("rt.cfg", rt),), manifest=manifest)
    found = pipeline.verify(read_manifest(str(example.write(folder))))
    return found.requirements[0], found


def test_a_theorem_of_some_releases_only_is_not_enough(tmp_path: Path) -> None:
    requirement, found = traced(tmp_path, '["memory/rt"]', xen=("4.20", "9.99"))
    assert requirement.standing is Standing.OPEN
    assert found.exit_status() is not Exit.CLEAN


def test_open_where_not_everything_was_read(tmp_path: Path) -> None:
    example = Example(guests=GUESTS, manifest='[requirements]\nR = "CC307"\n')
    manifest = example.write(tmp_path)
    (tmp_path / "rt.cfg").unlink()
    found = pipeline.verify(read_manifest(str(manifest)))
    assert found.requirements[0].standing is Standing.OPEN


def test_every_report_traces(tmp_path: Path) -> None:
    manifest = '[requirements]\n"XenSwad~rt~1" = ["separation/rt/*"]\n"XenSwad~x~2" = "CC9x"\n'
    found = verified(tmp_path, manifest, xen=("4.20", "4.21"))
    style = Style(width=100, root=tmp_path)
    document = json.loads(render(found, "json", style))
    assert [(each["id"], each["status"]) for each in document["requirements"]] == [
        ("XenSwad~rt~1", "met"),
        ("XenSwad~x~2", "no-evidence"),
    ]
    assert {each["xen"] for each in document["requirements"][0]["evidence"]} == {"4.20", "4.21"}
    for name in ("text", "html", "markdown"):
        assert "XenSwad" in render(found, name, style), name
    suites = ElementTree.fromstring(render(found, "junit", style))
    named = [p.get("value") for p in suites.iterfind(".//testsuite[@name='theorems']//property[@name='requirement']")]
    assert named == ["XenSwad~rt~1"] * 6
    (suite,) = suites.iterfind("testsuite[@name='requirements']")
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")


def test_openfasttrace_covers_what_is_met_and_nothing_else(tmp_path: Path) -> None:
    manifest = '[requirements]\n"XenSwad~rt_1~3" = ["separation/rt/*"]\n"XenSwad~x~2" = "CC9x"\n"no id" = "memory/rt"\n'
    found = verified(tmp_path, manifest)
    document = ElementTree.fromstring(render(found, "openfasttrace", Style(width=100, root=tmp_path)))
    (objects,) = document
    assert objects.get("doctype") == "colorcheck"
    covered = [(e.findtext("linksto"), e.findtext("dstversion")) for e in document.iter("provcov")]
    assert covered == [("XenSwad:rt_1", "3")]
    assert [e.findtext("status") for e in objects] == ["approved", "draft", "draft"]


def test_sphinx_needs_links_requirements_and_theorems(tmp_path: Path) -> None:
    found = verified(tmp_path, '[requirements]\nREQ_RT = ["separation/rt/*", "separation/*/gui"]\n')
    document = json.loads(render(found, "sphinx-needs", Style(width=100, root=tmp_path)))
    version = document["versions"][document["current_version"]]
    first, *theorems = version["needs"].values()
    assert first["status"] == "met"
    assert first["links"] == ["REQ_RT", *(each["id"] for each in theorems)]
    assert version["needs_amount"] == len(theorems) + 1 == 6
    assert all(name == need["id"] and need["type"] == "test" for name, need in version["needs"].items())


def test_a_rule_that_had_nothing_to_look_at_shows_nothing(tmp_path: Path) -> None:
    """Without a device tree nobody knows which devices do DMA: no finding is no evidence."""
    (tmp_path / "colorcheck.toml").write_text(
        '[target]\nxen = "4.20"\nboard = "zcu102"\n[inputs]\n'
        'boot-arguments = "llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-5"\n[requirements]\nR = "CC307"\n',
        encoding="utf-8",
    )
    found = pipeline.verify(read_manifest(str(tmp_path / "colorcheck.toml")))
    assert found.requirements[0].standing is Standing.OPEN
    assert found.exit_status() is not Exit.CLEAN


def test_a_rule_that_crashed_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(facts: Facts) -> Iterator[Finding]:
        raise KeyError(3)

    monkeypatch.setattr(cc307_dma_without_iommu, "RULE", structs.replace(cc307_dma_without_iommu.RULE, check=crash))
    requirement, found = traced(tmp_path, '["CC307"]')
    assert requirement.standing is Standing.OPEN
    assert found.exit_status() is Exit.FAULT
