"""Single commands as a real U-Boot 2023.01 (`qemu_arm64`, Debian 12) answers them: status and variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.loader.u_boot.machine import UBootMachine
from colorcheck.loader.u_boot.text import unknowns
from tests.loader.script_machine import script_machine
from tests.loader.test_u_boot_bad_input import written


def run(folder: Path, script: str) -> UBootMachine:
    manifest = read_manifest(str(written(folder, script.encode())))
    return script_machine(manifest, None, str(folder / "boot.cmd"), script.encode())


def status(folder: Path, command: str) -> str | None:
    return run(folder, f"if {command}; then setenv r yes; else setenv r no; fi\n").text("r")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("help", "yes"),
        ("help booti", "no"),  # it prints the usage, whose status is 1
        ("? booti", "no"),
        ("help nosuchcommand", "no"),
        ("mw.s 41000000 1", "no"),
        ("mw.x 41000000 1", "no"),
        ("mw.foo 41000000 1", "yes"),
        ("cp.s 41000000 42000000 1", "no"),
        ("cp.x 41000000 42000000 1", "no"),
        ("cp.foo 41000000 42000000 1", "yes"),
        ("cmp.s 41000000 42000000 1", "no"),
        ("itest.x 1 == 1", "no"),
        ("itest.foo 1 == 1", "yes"),
        ("itest.ls a == a", "yes"),
        ("itest.s ab == ab", "yes"),
        ("setexpr.s d 2 + 3", "no"),
        ("base", "yes"),
    ],
)
def test_status(command: str, answer: str, tmp_path: Path) -> None:
    assert status(tmp_path, command) == answer


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("mw.q 41000000 1122334455667788\nsetexpr.x r *41000000\n", "1122334455667788"),
        ("mw.q 41000000 1122334455667788\nsetexpr.foo r *41000000\n", "55667788"),
        ("setexpr.x r 2 + 3\n", "5"),
        ("mw.q 41000000 41424300\nsetexpr.s r *41000001\n", "CBA"),
        ("mw.l 41000000 12345678\nmw.s 41000000 0\nsetexpr r *41000000\n", "12345678"),
        ("mw.l 41000000 12345678\nmw.foo 41000000 87654321\nsetexpr r *41000000\n", "87654321"),
    ],
)
def test_value(script: str, value: str, tmp_path: Path) -> None:
    assert run(tmp_path, script).text("r") == value


@pytest.mark.parametrize(
    "command",
    [
        "fdt header get r totalsize",
        "fdt h g r totalsize",
        "fdt get value r / compatible",
        "fdt get name r / 0",
        "fdt get addr r / compatible",
        "fdt get size r /",
    ],
)
def test_what_is_read_of_a_tree_of_the_board_is_not_known(command: str, tmp_path: Path) -> None:
    script = f"setenv fdt_addr 48000000\nmw.l 41000000 1\nsetenv r old\nfdt addr 0x48000000\n{command}\n"
    machine = run(tmp_path, script)
    assert machine.foreign == {0x48000000}
    assert unknowns(machine.text("r") or "")


def test_a_header_that_is_only_printed_sets_nothing(tmp_path: Path) -> None:
    script = "setenv fdt_addr 48000000\nmw.l 41000000 1\nsetenv r old\nfdt addr 0x48000000\nfdt header\n"
    assert run(tmp_path, script).text("r") == "old"


def test_random_data_takes_the_place_of_a_file(tmp_path: Path) -> None:
    script = "load virtio 0:1 41000000 xen\nrandom 41000000 20\nenv import -t 41000000 20\n"
    assert run(tmp_path, script).blanket is not None


def test_a_medium_that_a_script_relies_on_is_an_assumption(tmp_path: Path) -> None:
    from tests.loader.test_u_boot_bad_input import END, followed

    script = "fatload virtio 0:1 0x4a000000 board.dtb\nif fatload virtio 0:1 0x4c000000 xen; then\n"
    script += f"fdt addr 0x4a000000\nfdt resize 0x1000\n{END}fi\n"
    found = followed(tmp_path, f"if true; then\n{script}fi\n")
    assert found.stopped is None
    asking = script.replace("fatload virtio 0:1 0x4a000000 board.dtb\n", "", 1)
    asking = f"if fatload virtio 0:1 0x4a000000 board.dtb; then\n{asking}fi\n"
    assert "the board has the medium virtio 0:1 with FAT" in followed(tmp_path, asking).assumptions
