"""Values of xl files of the wrong kind, out of range, empty or in the wrong case: what xl ignores is a warning,
what it refuses an error, each at its line; what it accepts is silent.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Finding, Verdict
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline

CPUS = "".join(
    f'cpu@{n} {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <{n}>; enable-method = "psci"; }}; '
    for n in range(4)
)
LINE = len(GUEST.splitlines()) + 1


def verified(folder: Path, line: str) -> Verification:
    return pipeline.verify(
        read_manifest(str(Example(guests=(("rt.cfg", f"{GUEST}{line}\n"),), cpus=CPUS).write(folder)))
    )


def findings(folder: Path, line: str) -> list[Finding]:
    return [found for found in verified(folder, line).findings if found.location.file.endswith("rt.cfg")]


@pytest.mark.parametrize(
    "line",
    [
        'cpus = "9"',
        "cpus = 9",
        'cpus = ["9"]',
        'cpus = ""',
        'cpus = "ALL"',
        'type = "PVH"',
        'uuid = "rt"',
        'passthrough = "on"',
        'gic_version = "v9"',
        'tee = "op-tee"',
        'irqs = ["x"]',
        'irqs = ["33 "]',
        'irqs = [["33"]]',
        'irqs = ["-1"]',
        'max_grant_frames = "x"',
        'max_grant_frames = "-1"',
        "max_maptrack_frames = [1]",
        'llc_colors = [""]',
        'iomem = ["ff010"]',
        'on_crash = "Destroy"',
    ],
)
def test_a_guest_that_xl_refuses_is_an_error_at_its_line(line: str, tmp_path: Path) -> None:
    found = [each for each in findings(tmp_path, line) if each.rule == "CC119"]
    assert [each.location.line for each in found] == [LINE]


@pytest.mark.parametrize(
    "line",
    [
        'iomem = "0xff010,1"',
        'pci = "0000:00:00.0"',
        'dtdev = "/soc/dma"',
        'irqs = "33"',
        'pool = ["Pool-0"]',
        'nr_spis = "many"',
        'hap = "yes"',
        "max_event_channels += 5",
        'shadow_memory = "8M"',
    ],
)
def test_a_value_of_another_kind_is_a_warning_and_has_no_effect(line: str, tmp_path: Path) -> None:
    found = verified(tmp_path, line)
    assert [(each.rule, each.location.line) for each in found.findings] == [("CC132", LINE)]
    assert all(theorem.verdict is Verdict.PROVED for theorem in found.theorems)


@pytest.mark.parametrize(
    "line",
    [
        'cpus = "all"',
        'cpus = " 1"',
        "cpus = []",
        "iomem = []",
        "pci = []",
        "irqs = [33]",
        'type = "pvh"',
        'uuid = "C94B32F6-44C0-4d79-8f30-1e0e2ad8d3a9"',
        'type = "pv"',
        'passthrough = "Disabled"',
        'gic_version = "V3"',
        'hap = "0x1"',
        'max_grant_frames = "0x20"',
        'kernel += ".gz"',
    ],
)
def test_what_xl_accepts_is_silent(line: str, tmp_path: Path) -> None:
    found = verified(tmp_path, line)
    assert not found.findings
    assert all(theorem.verdict is Verdict.PROVED for theorem in found.theorems)


@pytest.mark.parametrize("line", ["memory += 256", "vcpus += 1"])
def test_numbers_are_not_added(line: str, tmp_path: Path) -> None:
    assert ("CC114", LINE) in [(each.rule, each.location.line) for each in findings(tmp_path, line)]


def test_a_list_gets_its_brackets(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, 'iomem = "0xff010,1"')
    assert [edit.new_text for edit in found.fix] == ["[", "]"]


def test_a_kernel_without_a_name_is_not_proved(tmp_path: Path) -> None:
    found = verified(tmp_path, 'kernel = ""')
    assert [each.rule for each in found.findings if each.location.line == LINE] == ["CC119"]
    assert {t.verdict for t in found.theorems if "rt" in t.subjects} <= {Verdict.VACUOUS, Verdict.REFUTED}


def test_cpus_that_no_input_describes_are_not_refused(tmp_path: Path) -> None:
    """Without a board and a device tree the CPUs are not known: the guest may run."""
    (tmp_path / "rt.cfg").write_text(f'{GUEST}cpus = "7"\n', encoding="utf-8")
    arguments = "llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"
    text = f'[target]\nxen = "4.20"\n[inputs]\nboot-arguments = "{arguments}"\ndomains = ["rt.cfg"]\n'
    (tmp_path / "colorcheck.toml").write_text(text, encoding="utf-8")
    found = pipeline.verify(read_manifest(str(tmp_path / "colorcheck.toml")))
    assert "CC119" not in {each.rule for each in found.findings}
    assert all(domain.failure is None for _, system in found.facts.systems() for domain in system.domains)
