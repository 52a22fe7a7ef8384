"""Open facts of a boot script are kept to the theorems that read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.verification.results import Verification
from colorcheck.workflows.open_colors import concerned
from colorcheck.xen.release.releases import release_of
from tests.loader.test_ways import DOMAIN, verdicts, verified

BOARD = """load mmc 0:1 ${fdt_addr_r} board.dtb
load mmc 0:1 ${kernel_addr_r} xen
fdt addr ${fdt_addr_r}
fdt resize 0x1000
"""


def told(found: Verification) -> str:
    return "; ".join(str(each) for each in found.skipped)


@pytest.mark.parametrize(
    "line",
    [
        "load mmc 0:1 0x9000000 gone.bin\nfdt set /chosen/d/k@3000000 reg <0 0x3000000 0 0x${filesize}>",
        "fdt set /chosen/d memory <0 ${megabytes}>",
        "fdt set /chosen/d/k@3000000 bootargs ${guest_args}",
        "setenv serial# 12\nsetenv ethaddr ${mac}",
    ],
)
def test_sizes_leave_the_pairs_proved(line: str, tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + line)
    held = verdicts(found)
    assert held.get("separation/dom0/d") is Verdict.PROVED, told(found)
    if "reg" in line or "memory" in line:
        assert held["memory/d"] is Verdict.UNKNOWN
        theorem = next(t for _, t in found.facts.theorems() if t.id == "memory/d")
        assert "boot-modules" in theorem.facts


def test_banks_that_nobody_named_leave_the_pairs_proved(tmp_path: Path) -> None:
    verified(tmp_path, DOMAIN, environment=True)
    manifest = tmp_path / "colorcheck.toml"
    text = manifest.read_text()
    manifest.write_text("\n".join(line for line in text.splitlines() if not line.startswith("memory =")))
    found = api.verify(tmp_path)
    held = verdicts(found)
    assert held.get("separation/dom0/d") is Verdict.PROVED, told(found)
    assert held["memory/d"] is Verdict.UNKNOWN
    theorem = next(t for _, t in found.facts.theorems() if t.id == "memory/d")
    assert "memory" in theorem.facts


@pytest.mark.parametrize("line", ["fdt set /chosen/d llc-colors ${c}", "boardspecial 1", "fdt set / compatible $x"])
def test_what_reaches_everything_still_blocks(line: str, tmp_path: Path) -> None:
    assert verdicts(verified(tmp_path, DOMAIN + line)).get("separation/dom0/d") is not Verdict.PROVED


def test_limits_of_an_environment_that_is_not_given_leave_the_place_open(tmp_path: Path) -> None:
    script = "setenv fdt_high 0x10000000\nsetenv bootargs\nsetenv fdt_fixup\n" + DOMAIN
    found = verified(tmp_path, script)
    assert found.facts.handover is not None
    assert found.facts.handover.device_tree[0] is None
    assert any(fact.what == "variable bootm_size" for fact in found.facts.handover.open)
    assert verdicts(found)["separation/dom0/d"] is Verdict.PROVED


def test_an_address_that_is_worked_out_is_another_one(tmp_path: Path) -> None:
    script = """load mmc 0:1 ${fdt_addr_r} board.dtb
setexpr next ${fdt_addr_r} + 200000
load mmc 0:1 ${next} xen
fdt addr ${fdt_addr_r}
fdt resize 0x1000
fdt set /chosen xen,xen-bootargs "llc-coloring=on"
booti ${next} - ${fdt_addr_r}
"""
    verified(tmp_path, DOMAIN)
    (tmp_path / "boot.cmd").write_text(script)
    found = api.handover(tmp_path / "colorcheck.toml")
    assert found.stopped is None
    assert found.tree is not None


SECOND = DOMAIN.replace("/chosen d\n", "/chosen e\n").replace("/chosen/d", "/chosen/e").replace("3000000", "3200000")
OPEN = "fdt set /chosen/d llc-colors ${c}\n"
OTHER = SECOND.replace("11-12", "13-14")


def test_open_colors_of_one_domain_leave_the_other_pairs_proved(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + OTHER + OPEN)
    held = verdicts(found)
    assert held["separation/dom0/e"] is Verdict.PROVED
    assert held["separation/xen/e"] is Verdict.PROVED
    unknown = (
        "separation/dom0/d",
        "separation/xen/d",
        "separation/e/d",
        "boots",
        "memory/dom0",
        "memory/d",
        "memory/e",
    )
    assert {held[name] for name in unknown} == {Verdict.UNKNOWN}
    assert found.exit_status() == 4
    assert [each.check for each in found.skipped] == ["everything but the separation of other domains"]
    assert not any(theorem.core for _, theorem in found.facts.theorems() if theorem.verdict is Verdict.UNKNOWN)


def test_a_pair_that_meets_is_not_proved_beside_open_colors(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + SECOND.replace("11-12", "2-3") + OPEN)
    assert verdicts(found)["separation/dom0/e"] is Verdict.UNKNOWN


@pytest.mark.parametrize("xen", ["4.20", "4.22"])
def test_a_domain_that_may_inherit_open_colors(xen: str, tmp_path: Path) -> None:
    """4.20 gives a domain without a list the one of the domain before it, later releases all colors."""
    plain = SECOND.replace('fdt set /chosen/e llc-colors "11-12"\n', "")
    verified(tmp_path, plain + DOMAIN + OPEN)  # the last one comes first in the tree
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(re.sub(r'xen = "4\.\d+"', f'xen = "{xen}"', manifest.read_text()))
    found = api.verify(tmp_path)
    assert verdicts(found)["separation/dom0/e"] is Verdict.UNKNOWN
    assert concerned(found.facts.deployment, {"/chosen/d"}, release_of(xen)) == ({"d", "e"} if xen == "4.20" else {"d"})


@pytest.mark.parametrize("line", ["fdt set /chosen/e cpus <${n}>", "boardspecial 1", "fdt set /chosen ${name} x"])
def test_what_else_is_open_blocks_the_other_pairs_too(line: str, tmp_path: Path) -> None:
    assert Verdict.PROVED not in verdicts(verified(tmp_path, DOMAIN + OTHER + OPEN + line)).values()
