"""Real Xens under a real QEMU, where both are there."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from colorcheck.cli import main

PLAIN, COLORED = os.environ.get("COLORCHECK_PLAIN_XEN", ""), os.environ.get("COLORCHECK_XEN", "")
EXAMPLE = Path(__file__).parents[2] / "examples" / "zcu102-dom0less"

pytestmark = pytest.mark.skipif(
    shutil.which("qemu-system-aarch64") is None, reason="needs QEMU: install qemu-system-arm"
)


@pytest.mark.slow
@pytest.mark.skipif(
    not PLAIN,
    reason="needs a Xen without coloring: set COLORCHECK_PLAIN_XEN, e.g. to Debian's for arm64",
)
def test_a_xen_without_coloring_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evidence = tmp_path / "found.json"
    assert main(["boot", str(EXAMPLE), "--xen", PLAIN, "--transplant", "--evidence", str(evidence)]) == 1
    assert "built without cache coloring: it boots" in " ".join(capsys.readouterr().out.split())
    assert json.loads(evidence.read_text())["summary"] == {"uncolored": 1}


@pytest.mark.slow
@pytest.mark.skipif(
    not COLORED, reason="needs a Xen with cache coloring: set COLORCHECK_XEN; CONTRIBUTING.md says how one is built"
)
@pytest.mark.parametrize("more", [("--transplant",), ()], ids=["transplanted", "as it is"])
def test_a_colored_xen_agrees(more: tuple[str, ...], tmp_path: Path) -> None:
    evidence = tmp_path / "found.json"
    assert main(["boot", str(EXAMPLE), "--xen", COLORED, *more, "--evidence", str(evidence)]) == 0


@pytest.mark.slow
@pytest.mark.skipif(
    not COLORED, reason="needs a Xen with cache coloring: set COLORCHECK_XEN; CONTRIBUTING.md says how one is built"
)
def test_a_small_campaign_agrees(tmp_path: Path) -> None:
    evidence = tmp_path / "found.json"
    main(["boot", "--xen", COLORED, "--campaign", "4", "--seed", "77", "--evidence", str(evidence)])
    summary = json.loads(evidence.read_text())["summary"]
    assert summary.get("agrees", 0) >= 2
    assert "differs" not in summary
