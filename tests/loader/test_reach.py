"""Open facts of a boot script are kept to the theorems that read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.verification.results import Verification
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
