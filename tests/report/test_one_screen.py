"""The report on one screen: what is short by default, and what it must not leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.report import Style, render, view
from colorcheck.rules.example import GUEST, Example
from colorcheck.workflows import verify as pipeline
from tests.report import report_samples as samples

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["zcu102-dom0less", "zcu104-attack"])
def test_a_clean_deployment_fits_on_one_screen(name: str) -> None:
    verification = pipeline.verify(read_manifest(str(EXAMPLES / name / "colorcheck.toml")))
    told = render(verification, "text", Style(width=80))
    assert verification.exit_status() == 0
    assert len(told.splitlines()) < 45
    assert "KiB" in told
    assert "grade " in told
    assert f"{len(verification.questions())} theorems proved, resting on" in told


def test_releases_that_differ_by_a_frame_are_told_once() -> None:
    verification = pipeline.verify(read_manifest(str(EXAMPLES / "zcu102-dom0less" / "colorcheck.toml")))
    panels = list(view.memory_panels(verification.facts))
    assert [lines for lines, _, _ in panels] == ["4.20, 4.21, 4.22"]
    assert any("(Xen 4.20, 4.21)" in budget for row in panels[0][2] for budget in row.budgets)


def test_verbose_leaves_nothing_out() -> None:
    verification = samples.broken()
    told = " ".join(render(verification, "text", samples.style(160, verbose=True)).split())
    for theorem in verification.theorems:
        assert theorem.statement in told
        assert theorem.mathematics in told
    assert samples.MEASURED.text in told


def test_refutations_are_positive_and_counted(tmp_path: Path) -> None:
    guests = tuple(
        (f"{name}.cfg", f'name = "{name}"\nkernel = "Image"\nmemory = 64\nvcpus = 1\n') for name in ("linux", "zephyr")
    )
    example = Example(boot_arguments="dom0_mem=256M", guests=guests)
    verification = pipeline.verify(read_manifest(str(example.write(tmp_path))))
    told = " ".join(render(verification, "text", Style(width=80)).split())
    refuted = [theorem for theorem in verification.theorems if theorem.verdict is Verdict.REFUTED]
    assert len(refuted) == 6
    assert "Xen can evict lines of dom0 (coloring is off: every domain may get every frame), and 5 more pairs" in told
    assert "No access" not in told


def test_every_refutation_says_what_can_happen() -> None:
    made = Theorem("separation/a/b", TheoremKind.PAIR_SEPARATION, "No access …", "", ("a", "b"), Verdict.REFUTED)
    assert made.refutation == "a can evict lines of b"
    other = Theorem("x", TheoremKind.CAPACITY, "The colors are those of the cache", "", (), Verdict.REFUTED)
    assert other.refutation == "It is not true that the colors are those of the cache"


@pytest.mark.parametrize("form", ["text", "concise", "markdown", "github", "html"])
def test_what_no_release_can_check_is_there_once(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Example(xen=("4.20", "4.21", "4.22"), guests=(("rt.cfg", GUEST),)).write(tmp_path)
    (tmp_path / "system.dts").unlink()
    assert main(["verify", str(tmp_path), "--format", form]) in (1, 2, 4)
    out = "".join(capsys.readouterr())
    assert out.count("the device tree system.dts could not be read") == 1
