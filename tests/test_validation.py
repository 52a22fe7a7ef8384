"""`colorcheck validate`: the measured cases in the package are those of the tests, and a difference is told."""

from __future__ import annotations

import importlib.util
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from colorcheck.cli import main
from colorcheck.documents.validation import CaseStanding, Judged, Validation
from colorcheck.report import Style
from colorcheck.report.terminal.validation import render
from colorcheck.workflows.validation import cases as room
from colorcheck.workflows.validation.cases import KINDS, MeasuredCase, NoCases, cases
from colorcheck.workflows.validation.run import judged

ROOT = Path(__file__).parents[1]
PACKED = ROOT / "validation"


@pytest.fixture(scope="module")
def pack() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pack", PACKED / "pack.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", KINDS)
def test_the_packed_cases_are_those_of_the_tests(kind: str, pack: ModuleType) -> None:
    assert set(pack.KINDS) == set(KINDS)
    packed = lzma.decompress((PACKED / f"{kind}.json.xz").read_bytes()).decode()
    assert packed == pack.text(kind), "run python validation/pack.py"


def test_the_data_is_small_and_in_the_wheel() -> None:
    assert sum(path.stat().st_size for path in PACKED.glob("*.xz")) < 300_000
    said = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f'"validation/{kind}.json.xz" = "colorcheck/_data/validation/{kind}.json.xz"' in said


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "field"])
def test_some_of_each_kind_agree(kind: str) -> None:
    """All of them are judged by the golden tests as well."""
    found = [judged(case) for case in cases(kind)[:: 97 if kind == "readers" else 24]]
    assert found
    assert [each for each in found if each.standing is CaseStanding.DIFFERS] == []


def test_field_cases_agree() -> None:
    found = [judged(case) for case in cases("field") if case.name in ("own-carrier", "init-by-content")]
    assert [each.standing for each in found] == [CaseStanding.AGREES] * 2, found


def test_a_known_difference_is_that_one_and_no_other() -> None:
    known = [case for kind in KINDS for case in cases(kind) if case.known]
    assert {case.name for case in known} == {"xl-memory"}
    for case in known:
        found = judged(case)
        assert found.standing is CaseStanding.KNOWN, found
        assert found.note == case.known
        assert judged(replace(case, known_difference="another")).standing is CaseStanding.DIFFERS


CHANGED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "boots": ("heap", lambda old: [0, *old[1:]]),
    "cpus": ("may_run", lambda old: {**old, "0": [[9]]}),
    "lifecycle": ("heap_before", lambda old: old),
    "uefi": ("nr_colors", lambda old: old + 1),
    "u-boot": ("outcome", lambda old: "reset"),
}


@pytest.mark.parametrize("kind", ["boots", "cpus", "uefi", "u-boot"])
def test_another_measurement_differs(kind: str) -> None:
    key, change = CHANGED[kind]
    case = next(each for each in cases(kind) if each.expect["outcome"] in ("boots", "handover"))
    wrong = judged(replace(case, expect={**case.expect, key: change(case.expect[key])}))
    assert wrong.standing is CaseStanding.DIFFERS


@pytest.mark.parametrize("kind", ["guests", "lifecycle"])
def test_other_heaps_differ(kind: str) -> None:
    case = cases(kind)[0]
    steps = [{**step, "heap_after": [n + 99 for n in step["heap_after"]]} for step in case.expect["steps"]]
    assert judged(replace(case, expect={**case.expect, "steps": steps})).standing is CaseStanding.DIFFERS


def test_readers_that_read_otherwise_differ() -> None:
    for area in ("boot-arguments", "color-list", "xl", "device-tree"):
        case = next(each for each in cases("readers") if each.area == area)
        wrong = {
            "boot-arguments": {**case.expect, "llc_size": 1},
            "color-list": {"rc": 0, "colors": [99]},
            "xl": {**case.expect, "rc": 1 - case.expect.get("rc", 0)},
            "device-tree": {**case.expect, "ok": not case.expect.get("ok")},
        }[area]
        assert judged(replace(case, expect=wrong)).standing is CaseStanding.DIFFERS, area


def test_a_crash_is_a_difference() -> None:
    case = MeasuredCase("boots", "x", "4.20", "boot", "", {}, {}, {"outcome": "boots"})
    found = judged(case)
    assert found.standing is CaseStanding.DIFFERS
    assert "colorcheck failed" in found.difference


def test_no_file_leads_out_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = [{"name": "x", "xen": "", "area": "", "manifest": "", "files": {"../x": ""}, "expect": {}}]
    (tmp_path / "boots.json.xz").write_bytes(lzma.compress(json.dumps(evil).encode()))
    monkeypatch.setattr(room, "data_folder", lambda _: tmp_path)
    with pytest.raises(NoCases):
        cases("boots")
    with pytest.raises(NoCases):
        cases("cpus")
    assert main(["validate", "cpus"]) == 2


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "lifecycle", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "colorcheck/validate/1"
    assert document["summary"] == {"agrees": 2, "differs": 0, "known-difference": 0}
    assert document["environment"]["python"]
    assert main(["validate", "lifecycle"]) == 0
    assert "2 of 2 measured cases agree" in capsys.readouterr().out
    assert main(["validate", "boot"]) == 2
    assert main(["validate", "lifecycle", "--every", "0"]) == 2


def test_the_report_tells_what_differs() -> None:
    found = Judged("boots", "x", "4.20", "boot", CaseStanding.DIFFERS, "heap: measured 1, found 2")
    text = render(Validation({"version": "0", "sha256": "ab"}, {"python": "3"}, (found,), 7), Style())
    assert "DIFFERS" in text
    assert "heap: measured 1, found 2" in text
    assert "one case in 7" in text


def test_a_difference_ends_with_1() -> None:
    code = (
        "import sys; from colorcheck.workflows.validation import judges; from colorcheck.cli import main;"
        "judges.JUDGES['lifecycle'] = lambda case, folder: 'all'; sys.exit(main(['validate', 'lifecycle']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
