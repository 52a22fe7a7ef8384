"""A plan, a fix and a migration edit the line of the boot script in which the colors stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.rules.reading.boot_script_examples import scripted
from tests.loader.u_boot_cases import script_image, stub
from tests.shapes import present

DOMAIN = """fdt mknod /chosen d
fdt set /chosen/d compatible xen,domain
fdt set /chosen/d memory <0 0x20000>
fdt set /chosen/d cpus <1>
setenv colors 10-12
fdt set /chosen/d llc-colors "${colors}"
fdt mknod /chosen/d k@3000000
fdt set /chosen/d/k@3000000 compatible "multiboot,kernel" "multiboot,module"
fdt set /chosen/d/k@3000000 reg <0 0x3000000 0 0x100000>"""


def test_the_variable_that_holds_the_colors_is_edited(tmp_path: Path) -> None:
    scripted(DOMAIN).write(tmp_path)
    assert main(["plan", str(tmp_path), "--pin", "d=11-12", "--write"]) in (0, 4)
    text = (tmp_path / "boot.cmd").read_text()
    assert 'llc-colors "${colors}"' in text
    assert "setenv colors 10-12" not in text
    assert "setenv colors " in text
    main(["verify", str(tmp_path)])


def test_colors_that_overlap_are_told_at_the_lines_of_the_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted(DOMAIN).write(tmp_path)
    assert main(["verify", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "CC401" in out
    assert "boot.cmd:9:15" in "".join(out.split())


def test_an_image_is_not_edited(tmp_path: Path) -> None:
    scripted(DOMAIN).write(tmp_path)
    image = script_image((tmp_path / "boot.cmd").read_bytes())
    (tmp_path / "boot.scr").write_bytes(image)
    (tmp_path / "boot.cmd").unlink()
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("boot.cmd", "boot.scr"))
    main(["plan", str(tmp_path), "--write"])
    assert (tmp_path / "boot.scr").read_bytes() == image
    found = present(present(api.handover(manifest).tree).node("/chosen/d")).properties["llc-colors"]
    assert str(found.location).endswith("boot.scr:line 10")


ARGUMENTS = "console=dtuart xen_colors=0-1 dom0_mem=1G dom0_colors=2-9"


def test_a_migration_edits_the_script(tmp_path: Path) -> None:
    scripted(f'fdt set /chosen xen,xen-bootargs "{ARGUMENTS}"').write(tmp_path)
    main(["migrate", str(tmp_path), "--from", "xilinx-4.17", "--to", "4.22", "--write"])
    text = (tmp_path / "boot.cmd").read_text()
    assert "xen-llc-colors=0-1" in text
    assert "dom0-llc-colors=2-9" in text
    assert " xen_colors" not in text


def test_a_domain_without_colors_gets_a_line_of_the_script(tmp_path: Path) -> None:
    scripted(DOMAIN.replace('fdt set /chosen/d llc-colors "${colors}"\n', "")).write(tmp_path)
    main(["plan", str(tmp_path), "--write"])
    text = (tmp_path / "boot.cmd").read_text()
    lines = text.splitlines()
    assert [line for line in lines if line.startswith('fdt set /chosen/d llc-colors "')]
    assert lines[-1].startswith("booti")
    assert not any(line.startswith("llc-colors") for line in lines)


def test_an_image_says_what_must_follow(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    scripted(DOMAIN).write(tmp_path)
    (tmp_path / "boot.scr").write_bytes(script_image((tmp_path / "boot.cmd").read_bytes()))
    (tmp_path / "boot.cmd").unlink()
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("boot.cmd", "boot.scr"))
    main(["plan", str(tmp_path), "--pin", "d=11-12"])
    assert "mkimage -A arm64 -T script" in "".join(capsys.readouterr())


def test_extra_commands_of_imagebuilder_get_the_colors(tmp_path: Path) -> None:
    from tests.loader.test_image_builder_script import CONFIG, TREE

    (tmp_path / "board.dts").write_text(TREE)
    (tmp_path / "config").write_text(CONFIG + "APPEND_EXTRA_CMDS=extra.txt\n")
    (tmp_path / "extra.txt").write_text("setenv x 1")
    for name in ("xen", "Image", "rt.bin"):
        (tmp_path / name).write_bytes(stub(0x17C000).ljust(4096, b"\0"))
    manifest = '[target]\nxen = "4.21"\nboard = "zcu102"\nmemory = ["0x0+0x7ff00000"]\n[inputs]\n'
    (tmp_path / "colorcheck.toml").write_text(manifest + 'device-tree = "board.dts"\nimage-builder = "config"\n')
    main(["plan", str(tmp_path), "--write"])
    text = (tmp_path / "extra.txt").read_text()
    assert text.startswith('setenv x 1\nfdt set /chosen/domU0 llc-colors "')
