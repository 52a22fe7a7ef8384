"""An image beside the text that it was made of: a finding where they differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.rules.reading.boot_script_examples import scripted
from tests.loader.u_boot_cases import script_image


@pytest.mark.parametrize("named", ["boot.cmd", "boot.scr"])
@pytest.mark.parametrize("more", ["", "setenv other text\n"])
def test_a_text_that_is_another_one(named: str, more: str, tmp_path: Path) -> None:
    scripted("").write(tmp_path)
    text = (tmp_path / "boot.cmd").read_bytes()
    (tmp_path / "boot.scr").write_bytes(script_image(text + more.encode()))
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("boot.cmd", named))
    told = [f for f in api.verify(tmp_path).findings if f.rule == "CC024"]
    assert bool(told) is bool(more)
    if told:
        assert "mkimage" in told[0].help
        assert f"{named} is followed" in told[0].message
