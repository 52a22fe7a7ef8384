"""A device tree that the script loads and that is not here: one finding names it, and nothing is concluded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from colorcheck import api

_MANIFEST = """[target]
xen = "4.20"
board = "zcu102"
memory = ["0x0+0x80000000"]
[inputs]
boot-script = "boot.cmd"
[target.environment]
"""
_SIZES = """[[target.files]]
name = "xen"
size = 0x17c000
[[target.files]]
name = "system.dtb"
size = 0xb000
"""
_EDITS = """fdt resize 0x1000
fdt mknod / chosen
fdt set /chosen xen,xen-bootargs "dom0_mem=512M llc-coloring=on dom0-llc-colors=1-5"
"""
_SCRIPTS = {
    "plain": "{load}fdt addr 0x100000\n{edits}booti 0x600000 - 0x100000\n",
    "no edits": "{load}booti 0x600000 - 0x100000\n",
    "asked": "{load}if fdt addr 0x100000; then\n{edits}booti 0x600000 - 0x100000\nfi\nreset\n",
    "stops where it fails": "{load}fdt addr 0x100000 || exit\n{edits}booti 0x600000 - 0x100000\n",
    "moved": "{load}fdt addr 0x100000\nfdt move 0x100000 0x200000\n{edits}booti 0x600000 - 0x200000\n",
}
_LOADS = "load mmc 0:1 0x600000 xen\nload mmc 0:1 0x100000 system.dtb\n"


@pytest.mark.parametrize("script", _SCRIPTS.values(), ids=_SCRIPTS)
@pytest.mark.parametrize("manifest", [_MANIFEST, _MANIFEST + _SIZES], ids=["not here", "size only"])
def test_nothing_is_concluded_and_the_file_is_named(tmp_path: Path, script: str, manifest: str) -> None:
    result = _verified(tmp_path, script, manifest)
    findings, document = result
    assert document["summary"]["proved"] == document["summary"]["refuted"] == 0
    assert [f["rule"] for f in findings if f["severity"] == "error"] == []
    about_the_tree = [f for f in findings if "system.dtb" in f["message"]]
    assert {f["location"]["line"] for f in about_the_tree} == {2}
    assert not [f for f in findings if f["rule"] == "CC020"]


def test_a_tree_with_a_missing_include(tmp_path: Path) -> None:
    (tmp_path / "system.dts").write_text('/dts-v1/;\n/include/ "../soc.dtsi"\n/ { };\n')
    findings, document = _verified(tmp_path, _SCRIPTS["plain"], _MANIFEST)
    assert document["summary"]["proved"] == document["summary"]["refuted"] == 0
    first = findings[0]
    assert (first["rule"], first["location"]["line"]) == ("CC002", 2)
    assert "include of [inputs]" in first["help"]
    assert [f["rule"] for f in findings if f["severity"] == "error"] == ["CC002"]


def _verified(folder: Path, script: str, manifest: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    (folder / "boot.cmd").write_text(script.format(load=_LOADS, edits=_EDITS))
    (folder / "colorcheck.toml").write_text(manifest)
    document: dict[str, Any] = api.verify(str(folder)).to_dict()
    return document["findings"], document
