"""What rules propose is enough: written into the files, the finding is gone."""

from __future__ import annotations

import pytest

from colorcheck.rules.example import GUEST, Example
from colorcheck.testing import verify_text
from colorcheck.verification.results import Verification

FAR = """module@31000000 {
    compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x31000000 0x0 0x1000000>; };"""
COLORS = "llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-10 dom0_mem=1G"


def verified(example: Example) -> Verification:
    return verify_text(dict(example.texts()))


def told(example: Example, rule: str) -> list[tuple[str, str]]:
    return [(finding.message, finding.help) for finding in verified(example).findings if finding.rule == rule]


@pytest.mark.parametrize(
    ("rule", "bad", "proposed", "mended"),
    [
        (
            "CC501",
            Example(boot_arguments=COLORS.replace("1G", "1600M").replace("2-10", "4-7")),
            "give it 3 more colors that no domain has (8-10); or take 621 MiB off its memory (979 MiB fit)",
            Example(boot_arguments=COLORS.replace("1G", "979M").replace("2-10", "4-7")),
        ),
        (
            "CC501",
            Example(
                guests=(("rt.cfg", GUEST.replace("256", "976")),), boot_arguments=COLORS + " buddy-alloc-size=200M"
            ),
            "lower buddy-alloc-size to 65M",
            Example(guests=(("rt.cfg", GUEST.replace("256", "976")),), boot_arguments=COLORS + " buddy-alloc-size=65M"),
        ),
        (
            "CC504",
            Example(boot_arguments=COLORS + " buddy-alloc-size=64K"),
            "write buddy-alloc-size=15M",
            Example(boot_arguments=COLORS + " buddy-alloc-size=15M"),
        ),
        (
            "CC506",
            Example(device_tree_address=0x30000000, kernel=FAR),
            "load the device tree at 0x400000 instead of 0x30000000: that gives each color 47.8 MiB more",
            Example(device_tree_address=0x400000, kernel=FAR),
        ),
        (
            "CC508",
            Example(boot_arguments=COLORS.replace("1G", "3G"), memory="<0x0 0x0 0x0 0x80000000>"),
            "dom0_mem=1075M",
            Example(boot_arguments=COLORS.replace("1G", "1075M"), memory="<0x0 0x0 0x0 0x80000000>"),
        ),
    ],
)
def test_what_is_proposed_is_enough(rule: str, bad: Example, proposed: str, mended: Example) -> None:
    found = told(bad, rule)
    assert found
    assert proposed in found[0][1], found
    assert not told(mended, rule)
