"""Ways through a boot script that nobody can tell apart: theorems hold on all of them, or are unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.rules.reading.boot_script_examples import scripted
from colorcheck.verification.results import Verification

DOMAIN = """fdt mknod /chosen d
fdt set /chosen/d compatible xen,domain
fdt set /chosen/d memory <0 0x20000>
fdt set /chosen/d cpus <1>
fdt set /chosen/d llc-colors "11-12"
fdt mknod /chosen/d k@3000000
fdt set /chosen/d/k@3000000 compatible "multiboot,kernel" "multiboot,module"
fdt set /chosen/d/k@3000000 reg <0 0x3000000 0 0x100000>
"""
_CLEAR = "setenv bootargs\nsetenv fdt_fixup\n"  # what U-Boot itself would take of the environment
ASKS = 'if test "${mode}" = rt; then\n%s\nelse\n%s\nfi'


def verified(folder: Path, line: str, *, environment: bool = False) -> Verification:
    example = scripted(line)
    manifest = example.manifest if environment else example.manifest.replace("[target.environment]\n", "# ")
    text = line if environment else f"setenv fdt_high 0xffffffffffffffff\nsetenv initrd_high\n{_CLEAR}{line}"
    files = tuple((name, content.replace(line, text)) for name, content in example.files)
    replace(example, manifest=manifest, files=files).write(folder)
    return api.verify(folder)


def verdicts(found: Verification) -> dict[str, Verdict]:
    return {theorem.id: theorem.verdict for _, theorem in found.facts.theorems()}


def colors(text: str) -> str:
    return f'fdt set /chosen/d llc-colors "{text}"'


def test_both_ways_keep_apart(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % (colors("11-13"), colors("13-15")))
    held = verdicts(found)
    assert held["separation/dom0/d"] is Verdict.PROVED, found.skipped
    theorem = next(t for _, t in found.facts.theorems() if t.id == "separation/dom0/d")
    assert "boot-script-branch" in theorem.facts


def test_one_way_shares_and_is_not_the_usual_one(tmp_path: Path) -> None:
    for answers in ((colors("11-12"), colors("9-12")), (colors("9-12"), colors("11-12"))):
        found = verified(tmp_path, DOMAIN + ASKS % answers)
        assert verdicts(found)["separation/dom0/d"] is Verdict.UNKNOWN
        theorem = next(t for _, t in found.facts.theorems() if t.id == "separation/dom0/d")
        assert len(theorem.worlds) == 2
        assert "mode" in theorem.reason or "test" in theorem.reason


def test_both_ways_share(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % (colors("9-12"), colors("8-12")))
    assert verdicts(found)["separation/dom0/d"] is Verdict.REFUTED


def test_memory_on_one_way_only(tmp_path: Path) -> None:
    more = "fdt set /chosen/d memory <0 0x400000>"
    found = verified(tmp_path, DOMAIN + ASKS % ("true", more))
    held = verdicts(found)
    assert held["separation/dom0/d"] is Verdict.PROVED
    assert held["memory/d"] is Verdict.UNKNOWN


def test_a_way_that_never_starts_xen(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % ("true", "reset"))
    held = verdicts(found)
    assert any(v is Verdict.UNKNOWN for name, v in held.items() if name.startswith("boots"))
    assert Verdict.PROVED not in {v for name, v in held.items() if name.startswith("boots")}
    assert api.replay(tmp_path).to_dict()["outcome"] == "unknown"


@pytest.mark.parametrize(
    "line",
    [
        "fdt set /chosen/d llc-colors $mode",
        "fdt set /chosen/d $mode x",
        "run $mode",
        "$mode fdt",
        "setenv other $mode; run other",
        "for x in $mode; do fdt set /chosen/d llc-colors $x; done",
        "load mmc 0:1 $mode xen",
        "fdt addr $mode",
        "setexpr other $mode + 1; fdt set /chosen/d llc-colors $other",
        "if env exists mode; then fdt set /chosen/d llc-colors 9; fi",
        "x=$mode; fdt set /chosen/d llc-colors $x",
        "boardspecial",
    ],
)
def test_what_is_more_than_a_condition_proves_nothing(line: str, tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + line)
    assert verdicts(found).get("separation/dom0/d") is not Verdict.PROVED


def test_where_only_the_place_of_the_tree_is_open_isolation_is_proved(tmp_path: Path) -> None:
    """fdt_high of the board's environment is not given."""
    example = scripted(DOMAIN)
    manifest = example.manifest.replace("[target.environment]\nfdt_high", "# fdt_high")
    files = tuple((n, t.replace("fdt mknod /chosen d\n", f"{_CLEAR}fdt mknod /chosen d\n")) for n, t in example.files)
    replace(example, manifest=manifest, files=files).write(tmp_path)
    held = verdicts(api.verify(tmp_path))
    assert held["separation/dom0/d"] is Verdict.PROVED


@pytest.mark.parametrize(("other", "held"), [("true", True), (colors("12-13"), False), ("reset", False)])
def test_a_plan_holds_on_every_way(other: str, held: bool, tmp_path: Path) -> None:
    verified(tmp_path, DOMAIN + ASKS % ("fdt set /chosen/d vpl011", other))
    found = api.plan(tmp_path).to_dict()
    assert (found["status"] in ("feasible", "optimal")) is held, found["reason"]


@pytest.mark.parametrize("second", ["ext4load mmc 0:1", "load usb 0:1"])
def test_a_load_that_the_script_asks_for_may_fail(tmp_path: Path, second: str) -> None:
    one = f"if fatload mmc 0:1 0x70000000 board.dtb; then {colors('11-13')}; fi"
    other = f"if {second} 0x70000000 board.dtb; then {colors('9-12')}; fi"
    found = verified(tmp_path, f"{DOMAIN}{one}\n{other}")
    assert verdicts(found)["separation/dom0/d"] is Verdict.UNKNOWN


def test_the_only_medium_is_there(tmp_path: Path) -> None:
    found = verified(tmp_path, f"{DOMAIN}if load mmc 0:1 0x70000000 board.dtb; then {colors('11-13')}; fi")
    assert verdicts(found)["separation/dom0/d"] is Verdict.PROVED
