"""Rules look at every way through a boot script: what only another way has is told once, with its condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Verdict
from tests.loader.test_ways import ASKS, DOMAIN, colors, verdicts, verified


def test_a_fault_on_the_other_way_is_told_once_with_its_condition(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % ("fdt set /nosuch a b", colors("11-13")))
    told = [finding for finding in found.findings if "/nosuch" in finding.message]
    assert len(told) == 1
    assert "mode" in told[0].message
    assert not told[0].fix


def test_a_fault_on_both_ways_is_told_without_a_condition(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + "fdt set /nosuch a b\n" + ASKS % ("true", colors("11-13")))
    told = [finding for finding in found.findings if "/nosuch" in finding.message]
    assert [("on the way" in finding.message) for finding in told] == [False]


def test_rejected_colors_on_the_other_way_are_named(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % (colors("13,x"), colors("11-13")))
    assert any("rejects the colors of d" in finding.message for finding in found.findings)


def test_a_way_that_never_starts_xen_is_named(tmp_path: Path) -> None:
    found = verified(tmp_path, DOMAIN + ASKS % ("reset", "true"))
    told = [finding.message for finding in found.findings if "Xen is never started" in finding.message]
    assert len(told) == 1
    assert "mode" in told[0]


def test_a_loader_that_cannot_be_followed_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[()]:
        raise ValueError

    monkeypatch.setattr("colorcheck.workflows.verify.branches", broken)
    found = verified(tmp_path, DOMAIN + colors("11-13"))
    assert found.faults
    assert Verdict.PROVED not in verdicts(found).values()
