"""One cause, one finding: what several Xens agree on is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Finding
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline

LINES = ("4.20", "4.21", "4.22")
NO_ROOM = "llc-coloring=on xen-llc-colors=0 dom0_mem=1600M dom0-llc-colors=1-2"


def findings(example: Example, folder: Path, *rules: str) -> list[Finding]:
    found = pipeline.verify(read_manifest(str(example.write(folder)))).findings
    return [finding for finding in found if not rules or finding.rule in rules]


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        ("CC402", Example(xen=LINES, boot_arguments="llc-size=2M llc-nr-ways=16 dom0_mem=1G dom0-llc-colors=1-10")),
        ("CC403", Example(xen=LINES, board="rk3588", boot_arguments="llc-coloring=on dom0_mem=1G dom0-llc-colors=1-9")),
        ("CC505", Example(xen=LINES, boot_arguments="llc-coloring=on dom0-llc-colors=1-9 buddy-alloc-size=67108864")),
        ("CC504", Example(xen=LINES, boot_arguments="llc-coloring=on dom0-llc-colors=1-9 buddy-alloc-size=64K")),
        ("CC501", Example(xen=LINES, boot_arguments=NO_ROOM, memory="<0x0 0x0 0x0 0x80000000>")),
        ("CC204", Example(xen=LINES, guests=(("rt.cfg", 'kernel = "Image"\nmemory = 64\ncolors = ["11"]\n'),))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_three_xens_one_finding(rule: str, example: Example, tmp_path: Path) -> None:
    assert [finding.rule for finding in findings(example, tmp_path, rule)] == [rule]


GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 64\nvcpus = 1\n'
CONTROL = 'name = "control"\nkernel = "Image"\nmemory = 64\nvcpus = 1\nllc_colors = ["11"]\n'
DOMAIN = (
    'rt { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = <0x0 0x10000>; '
    'module@3000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x3000000 0x0 0x100000>; }; };'
)
SECOND = DOMAIN.replace("rt {", "gui {").replace("3000000", "5000000")


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        ("CC111", Example(guests=(("rt.cfg", GUEST + 'llc_colors = "12-14"\n'), ("control.cfg", CONTROL)))),
        ("CC113", Example(guests=(("rt.cfg", GUEST + 'llc_color = ["12-14"]\n'), ("control.cfg", CONTROL)))),
        ("CC204", Example(guests=(("rt.cfg", GUEST + 'colors = ["12-14"]\n'), ("control.cfg", CONTROL)))),
        ("CC302", Example(guests=(("rt.cfg", GUEST), ("control.cfg", CONTROL)))),
        ("CC203", Example(chosen=DOMAIN.replace("cpus", "colors = <0x0 0x7800>; cpus"))),
        ("CC117", Example(chosen=DOMAIN.replace("cpus", "llc-colors; cpus"))),
        ("CC302", Example(chosen=DOMAIN)),
    ],
)
def test_a_domain_without_its_colors_is_told_once(rule: str, example: Example, tmp_path: Path) -> None:
    found = findings(example, tmp_path)
    assert [(finding.rule, finding.severity) for finding in found] == [(rule, "error")]


def test_the_consequence_is_told_where_the_cause_is_silenced(tmp_path: Path) -> None:
    example = Example(
        guests=(("rt.cfg", GUEST + 'llc_colors = "12-14"\n'),),
        manifest='[rules]\nreason = "a test"\nignore = ["CC111", "CC302"]\n',
    )
    assert {"CC401"} == {finding.rule for finding in findings(example, tmp_path)}


HARDWARE = DOMAIN.replace("cpus", "capabilities = <3>; cpus")
SMMU = 'iommu@fd800000 { compatible = "arm,mmu-500"; reg = <0x0 0xfd800000 0x0 0x20000>; #iommu-cells = <1>; };'
BAD_SIZE = "llc-size=1048576 llc-nr-ways=16 xen-llc-colors=0 dom0_mem=64M dom0-llc-colors=1-60"
START = "llc-coloring=on xen-llc-colors=0 dom0_mem=512M "


@pytest.mark.parametrize(
    ("rules", "example"),
    [
        (["CC110"], Example(xen=LINES, boot_arguments=BAD_SIZE)),
        (["CC505"], Example(boot_arguments=START + "dom0-llc-colors=1-9 buddy-alloc-size=67108864")),
        (["CC301"], Example(boot_arguments=START + "dom0-llc-colors=1-10,3-13")),
        (["CC103"], Example(xen=LINES, boot_arguments=START + "dom0-llc-colors=02-012")),
        (["CC217"], Example(xen="4.21", kernel="", chosen=HARDWARE, tree=SMMU)),
        (["CC217", "CC311"], Example(xen="4.21", kernel="", chosen=HARDWARE)),
        (["CC213"], Example(chosen=DOMAIN.replace("cpus", 'llc-colors = "12"; cpus') + SECOND)),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_cause_stands_for_what_follows(rules: list[str], example: Example, tmp_path: Path) -> None:
    assert [finding.rule for finding in findings(example, tmp_path) if finding.severity != "info"] == rules


@pytest.mark.parametrize("arguments", ["dom0-llc-colors=1-9 buddy-alloc-size=67108864", "dom0-llc-colors=1-8x,9"])
def test_the_cause_is_as_bad_as_what_follows(arguments: str, tmp_path: Path) -> None:
    found = findings(Example(xen=("4.20", "4.22"), boot_arguments=START + arguments), tmp_path)
    assert "error" in {finding.severity for finding in found}


def test_a_rejected_list_is_told_once_with_what_each_xen_makes_of_it(tmp_path: Path) -> None:
    example = Example(xen=LINES, boot_arguments=START + "dom0-llc-colors=1-8x,9")
    (found,) = findings(example, tmp_path, "CC101")
    assert "{1, 2, 3, 4, 5, 6, 7, 8} for dom0 (Xen 4.20, 4.21)" in found.message
    assert "all colors (Xen 4.22)" in found.message


OFF = "xen-llc-colors=0 dom0_mem=512M dom0-llc-colors=1-9"


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        ("CC107", Example(boot_arguments=f"llc-coloring=2 {OFF}")),
        ("CC106", Example(boot_arguments=f"llc-size=1M {OFF}")),
        ("CC105", Example(boot_arguments=f"LLC-coloring=on {OFF}")),
        ("CC125", Example(boot_arguments=f"llc-coloring=on\\t{OFF}")),
        ("CC128", Example(boot_arguments=OFF)),
        ("CC110", Example(boot_arguments=f"llc-coloring=on {OFF.replace('512M', '512')}")),
        ("CC211", Example(guests=(("rt.cfg", GUEST + 'llc_colors = ["16"]\n'),))),
        ("CC301", Example(xen="4.21", guests=(("rt.cfg", GUEST + 'llc_colors = ["-3"]\n'),))),
    ],
)
def test_other_causes(rule: str, example: Example, tmp_path: Path) -> None:
    found = findings(example, tmp_path)
    assert [finding.rule for finding in found if finding.severity != "info"] == [rule]
    assert found[0].severity == "error" or rule == "CC110"


def test_a_size_without_a_unit_is_said_in_words(tmp_path: Path) -> None:
    found = findings(Example(boot_arguments=f"llc-coloring=on {OFF.replace('512M', '512')}"), tmp_path)
    assert [finding.message for finding in found if finding.rule == "CC110"] == [
        "dom0_mem=512 has no unit and is read as KiB: 512 KiB"
    ]
