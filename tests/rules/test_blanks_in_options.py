"""Blanks around the = of a boot option: Xen takes the parts for options of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Severity
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.workflows import verify as pipeline


@pytest.mark.parametrize("written", ["llc-coloring = off", "llc-coloring =off", "dom0_mem = 1G"])
def test_an_equals_sign_alone_is_an_error(written: str, tmp_path: Path) -> None:
    manifest = str(Example(boot_arguments=f"{BOOT_ARGUMENTS} {written}").write(tmp_path))
    found = [each for each in pipeline.verify(read_manifest(manifest)).findings if "of its own" in each.message]
    assert [(each.rule, each.severity) for each in found] == [("CC105", Severity.ERROR)]
    assert found[0].location.file.endswith("system.dts")
    assert found[0].help == "write NAME=VALUE without blanks"
