"""`verify --with-plan`: today's colors and the plan's in one HTML report."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example


def test_the_plan_is_a_part_of_the_page(tmp_path: Path) -> None:
    Example(guests=(("rt.cfg", GUEST.replace("11-14", "9-14")),)).write(tmp_path)
    page = tmp_path / "page.html"
    assert main(["verify", str(tmp_path), "--with-plan", "--output", f"html={page}"]) == 1, "as without the plan"
    text = page.read_text(encoding="utf-8")
    section = text[text.index('<h2 id="plan">') :]
    assert "<strong>optimal</strong>" in section
    assert section.count("<td>today</td>") == section.count("<td>plan</td>") == 3
    assert "rt.cfg:5:14" in section


def test_no_plan_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example(guests=(("rt.cfg", GUEST.replace("256", "8000")),)).write(tmp_path)
    assert main(["verify", str(tmp_path), "--with-plan", "--format", "html"]) == 1
    out = capsys.readouterr().out
    assert "<strong>infeasible</strong>" in out
    assert "These requirements conflict" in out


@pytest.mark.parametrize("words", [[], ["--recursive"], ["--format", "json"]])
def test_it_belongs_to_the_page_of_one_deployment(words: list[str], tmp_path: Path) -> None:
    Example().write(tmp_path)
    assert main(["verify", str(tmp_path), "--with-plan", *words]) == 2
