"""One cause, one finding: what several Xens agree on is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import pipeline
from colorcheck.diagnostic import Finding
from colorcheck.inputs.manifest_reader import read_manifest
from colorcheck.rules.example import Example

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
