"""Files of `[[target.files]]` that are not what their name says, or cannot be read."""

from __future__ import annotations

from pathlib import Path

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from tests.loader.test_kernels_in_memory import _DOM0, _MANIFEST, _RT, _START, _TREE


def _deployment(folder: Path, file: str, content: bytes) -> Path:
    (folder / "system.dts").write_text(_TREE)
    (folder / file).write_bytes(content)
    script = _START.replace("system.dtb", "board.dtb") + _DOM0 + _RT
    (folder / "boot.cmd").write_text(f"{script}booti 0x600000 - 0x100000\n")
    listed = f'[[target.files]]\nname = "board.dtb"\nfile = "{file}"\n'
    (folder / "colorcheck.toml").write_text(_MANIFEST + listed)
    return folder


def test_what_stops_the_boot_is_said_once(tmp_path: Path) -> None:
    found = api.verify(_deployment(tmp_path, "wrong.dtb", b"\x7fELF\x02\x01\x01" + bytes(300))).findings
    (stops,) = [finding for finding in found if finding.rule == "CC022"]
    assert "there is no device tree at 0x100000" in stops.message
    (kind,) = [finding for finding in found if finding.rule == "CC014"]
    assert "is an ELF file, not a device tree" in kind.message


def test_a_listed_tree_that_cannot_be_read_is_no_other_tree(tmp_path: Path) -> None:
    """Not that of the manifest, which is here under another name."""
    found = api.verify(_deployment(tmp_path, "wrong.dts", b"name = 'x'\nmemory = 3\n"))
    assert not any(theorem.verdict is Verdict.PROVED for _, theorem in found.facts.theorems())
    (tmp_path / "wrong.dts").unlink()
    found = api.verify(tmp_path)
    assert not any(theorem.verdict is Verdict.PROVED for _, theorem in found.facts.theorems())
