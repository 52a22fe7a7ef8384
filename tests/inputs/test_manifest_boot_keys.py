"""The keys of the manifest that say how Xen is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest import Loader, Manifest
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from tests.shapes import present

FULL = """\
[target]
loader = "u-boot"
boot-cpu = 0x100
u-boot-shell = "modern"
[target.config]
BOOT_TIME_CPUPOOLS = true
CONFIG_NR_CPUS = 8
CMDLINE = "sync_console"
[target.environment]
fdt_high = "0xffffffff"
"serial#" = "LAB"
[[target.files]]
name = "Image"
size = "20M"
[[target.files]]
name = "board.dtb"
file = "board.dts"
symbols = true
[[target.modules]]
kind = "kernel"
size = 0x1000
address = 0x2000000
[inputs]
boot-script = "boot.cmd"
[policy]
prove = ["separation/*"]
"""


def manifest(folder: Path, text: str) -> Manifest:
    path = folder / "colorcheck.toml"
    path.write_text(text, encoding="utf-8")
    return read_manifest(str(path), {})


def test_every_key_is_read(tmp_path: Path) -> None:
    found = manifest(tmp_path, FULL)
    assert not found.problems
    target = found.target
    assert (target.loader, target.boot_cpu, target.modern_shell) == (Loader.U_BOOT, 0x100, True)
    assert [(o.name, o.value) for o in target.config] == [
        ("BOOT_TIME_CPUPOOLS", True),
        ("NR_CPUS", 8),
        ("CMDLINE", "sync_console"),
    ]
    assert [(v.name, v.value.text) for v in present(target.environment)] == [
        ("fdt_high", "0xffffffff"),
        ("serial#", "LAB"),
    ]
    assert [(f.name, f.file, f.size, f.symbols) for f in target.files] == [
        ("Image", None, 20 << 20, False),
        ("board.dtb", "board.dts", None, True),
    ]
    assert [(m.kind, m.size, m.address) for m in target.modules] == [("kernel", 0x1000, 0x2000000)]
    assert found.boot_script == "boot.cmd"
    assert found.policy.prove == ("separation/*",)
    assert found.location("target.files.1.symbols").line == 18


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('[target]\nloader = "grub"', 2, "loader"),
        ('[target]\nboot-cpu = "first"', 2, "boot-cpu"),
        ("[target]\nboot-cpu = -1", 2, "boot-cpu"),
        ('[target]\nu-boot-shell = "bash"', 2, "u-boot-shell"),
        ("[target]\nconfig = 3", 2, "config"),
        ("[target.config]\nNR_CPUS = [1]", 2, "NR_CPUS"),
        ("[target.environment]\nfdt_high = 4", 2, "fdt_high"),
        ('[target]\nenvironment = "a=b"', 2, "environment"),
        ("[target]\nfiles = 3", 2, "files"),
        ("[target.files]\nname = 'x'", 1, "target.files"),
        ('[[target.files]]\nname = "x"', 1, "content"),
        ("[[target.files]]\nsize = 3", 1, "name"),
        ('[[target.files]]\nname = "x"\nsizes = 3', 3, "sizes"),
        ('[[target.files]]\nname = "x"\nsize = "big"', 3, "size"),
        ('[[target.modules]]\nkind = "kernel"', 1, "content"),
        ("[inputs]\nboot-script = 3", 2, "boot-script"),
        ("[policy]\nprove = 3", 2, "prove"),
    ],
)
def test_a_wrong_value_is_a_problem_at_its_place(tmp_path: Path, text: str, line: int, word: str) -> None:
    found = manifest(tmp_path, text + "\n")
    assert found.problems
    assert any(p.location.line == line and word in p.message for p in found.problems)
