"""What the gate in .ci prints about its tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COUNTS = Path(__file__).parents[1] / ".ci" / "counts.py"


@pytest.mark.parametrize(
    ("report", "line", "status"),
    [
        (
            '<testsuites><testsuite tests="9" errors="0" failures="0" skipped="2"/></testsuites>',
            "7 passed, 0 failed, 2",
            0,
        ),
        (
            '<testsuites><testsuite tests="9" errors="1" failures="2" skipped="0"/></testsuites>',
            "6 passed, 3 failed, 0",
            1,
        ),
        ('<testsuite tests="2" errors="0" failures="0" skipped="2"/>', "0 passed, 0 failed, 2", 1),
        ("<testsuites><testsuite te", "0 passed, 0 failed, 0", 1),
        (None, "0 passed, 0 failed, 0", 1),
    ],
)
def test_the_counts_of_a_report(tmp_path: Path, report: str | None, line: str, status: int) -> None:
    path = tmp_path / "junit.xml"
    if report is not None:
        path.write_text(report, encoding="utf-8")
    done = subprocess.run([sys.executable, str(COUNTS), str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == f"{line} skipped\n"
    assert done.returncode == status


def test_the_last_line_of_a_gate_that_fails_is_the_count(tmp_path: Path) -> None:
    """A clone that is none: the first step fails, the line is there all the same."""
    folder = tmp_path / "copy" / ".ci"
    folder.mkdir(parents=True)
    for name in ("run", "counts.py"):
        (folder / name).write_bytes((COUNTS.parent / name).read_bytes())
    programs = tmp_path / "bin"  # with them it is not root, and installs nothing
    programs.mkdir()
    (programs / "id").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (programs / "id").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", str(folder / "run")], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == "0 passed, 0 failed, 0 skipped"
    assert "not passed: clean clone" in done.stdout
