"""Single commands as a real U-Boot 2023.01 (`qemu_arm64`, Debian 12) answers them: status and variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.loader.read_by import blocking
from colorcheck.loader.u_boot.machine import UBootMachine
from colorcheck.loader.u_boot.text import unknowns
from tests.loader.script_machine import script_machine
from tests.loader.test_u_boot_bad_input import END, HEAD, followed, written


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
        ('false; for i in a b; do setenv r "${r}<$?>"; false; done\n', "<0><0>"),
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
    script = f"fatload virtio 0:1 0x4c000000 xen\nfdt addr 0x4a000000\nfdt resize 0x1000\n{END}"
    asking = f"if fatload virtio 0:1 0x4a000000 board.dtb; then\n{script}fi\n"
    assert "the board has the medium virtio 0:1 with FAT" in followed(tmp_path, asking).assumptions


@pytest.mark.parametrize(
    "command",
    [
        "fatwrite virtio 0:1 41000000 log.txt 10",
        "lsblk",
        "md5sum 41000000 100",
        "md5sum 41000000 100 sum",
        "hash sha256 41000000 100 *42000000",
        "lzmadec 41000000 42000000 1000",
        "unlz4 41000000 42000000 1000",
        "zip 41000000 1000 42000000 1000",
        "i2c dev 1",
        "base",
    ],
)
def test_what_cannot_touch_the_tree_leaves_it_known(command: str, tmp_path: Path) -> None:
    found = followed(tmp_path, f"{HEAD}{command}\n{END}")
    assert found.stopped is None
    assert not list(blocking(found))


@pytest.mark.parametrize(
    "command",
    [
        "vendorcmd 1",
        "lzmadec 41000000 42000000",
        "unlz4 41000000 4a000000 1000",
        "hash sha256 41000000 100 *4a000000",
        "base 1000",
        "smc 84000000",
        "mtest 40000000 50000000",
    ],
)
def test_what_may_touch_the_tree_leaves_all_open(command: str, tmp_path: Path) -> None:
    found = followed(tmp_path, f"{HEAD}{command}\n{END}")
    assert found.stopped or list(blocking(found))


@pytest.mark.parametrize(
    ("script", "environment"),
    [
        ("booti 4c000000 - ${fdtcontroladdr}\n", None),
        ("booti 4c000000 - ${fdtcontroladdr}\n", {"fdtcontroladdr": "bedb6db0"}),
        ("booti 4c000000 - ${fdt_addr}\n", None),
        ("booti 4c000000 - ${fdt_addr}\n", {"fdt_addr": "48000000"}),
        ("bootefi 4c000000 ${fdtcontroladdr}\n", {"fdtcontroladdr": "bedb6db0"}),
        ("booti ${k}0 - 4a000000\n", None),
        ("load virtio 0:1 48000000 absent.bin && booti 4c000000 - 48000000\n", {}),
        ("go 4c000000\n", {}),
        ("run board_boot\n", None),
        ("boot\n", None),
        ("source ${scriptaddr}\n", None),
        ("sysboot virtio 0:1 any 41000000 /extlinux.conf\n", {}),
    ],
)
def test_what_is_started_and_not_known_is_open(script: str, environment: dict[str, str] | None, tmp_path: Path) -> None:
    loads = "load virtio 0:1 4a000000 board.dtb\nload virtio 0:1 4c000000 xen\n"
    manifest = written(tmp_path, (loads + script).encode())
    text = manifest.read_text().replace("[target.environment]\n", "")
    if environment is not None:
        lines = "".join(f'{name} = "{value}"\n' for name, value in environment.items())
        text = text.replace("[inputs]", f"[target.environment]\n{lines}[inputs]")
    manifest.write_text(text)
    found = api.handover(manifest)
    ways = [way for way in (found, *found.alternatives) if way.stopped is None]
    assert ways
    assert all(list(blocking(way)) for way in ways)
    if "absent" not in script:
        assert found.stopped is None
        assert any(fact.location.line == 3 and fact.location.file.endswith("boot.cmd") for fact in blocking(found))


def test_a_wrong_address_of_the_tree_stops(tmp_path: Path) -> None:
    assert "no device tree at 48000000" in str(followed(tmp_path, f"{HEAD}booti 4c000000 - 48000000\n").stopped)


def test_boot_runs_bootcmd(tmp_path: Path) -> None:
    assert followed(tmp_path, f"{HEAD}setenv bootcmd '{END.strip()}'\nboot\n").stopped is None
    assert "bootcmd" in str(followed(tmp_path, f"{HEAD}boot\n").stopped)


@pytest.mark.parametrize(
    ("command", "stops"),
    [("fatload", {False}), ("load", {False, True}), ("ext4load", {False, True}), ("sqfsload", {False, True})],
)
def test_the_case_of_a_name(command: str, stops: set[bool], tmp_path: Path) -> None:
    """FAT ignores it; to other file systems the file that is here is another one."""
    script = f"{command} virtio 0:1 0x4a000000 board.dtb\n{command} virtio 0:1 0x4c000000 XEN\n"
    found = followed(tmp_path, f"{script}fdt addr 0x4a000000\nfdt resize 0x1000\n{END}")
    assert {bool(way.stopped) for way in (found, *found.alternatives)} == stops


def test_a_tree_of_another_case_is_not_the_one_that_is_here(tmp_path: Path) -> None:
    script = "ext4load virtio 0:1 0x4a000000 Board.dtb\next4load virtio 0:1 0x4c000000 xen\n"
    found = followed(tmp_path, f"{script}fdt addr 0x4a000000\nfdt resize 0x1000\n{END}")
    assert all(way.stopped or list(blocking(way)) for way in (found, *found.alternatives))


@pytest.mark.parametrize(
    ("lines", "asked"), [("", False), ('u-boot = "2023.01"\n', False), ('u-boot = "2024.04"\n', True)]
)
def test_fdt_fixup_of_an_environment_that_is_not_given(lines: str, asked: bool, tmp_path: Path) -> None:
    manifest = written(tmp_path, f"{HEAD}setenv bootargs x\nsetenv fdt_high ffffffffffffffff\n{END}".encode())
    manifest.write_text(manifest.read_text().replace("[target.environment]\n", lines))
    found = api.handover(manifest)
    assert any(fact.what == "U-Boot runs fdt_fixup" for fact in found.open) is asked
    assert any(list(blocking(way)) for way in found.alternatives) is asked
    assert any("does not set fdt_fixup" in each for each in found.assumptions) is (not lines)


def test_fdt_fixup_that_the_script_deletes(tmp_path: Path) -> None:
    script = f"{HEAD}setenv fdt_fixup\nsetenv bootargs x\nsetenv fdt_high ffffffffffffffff\n{END}"
    manifest = written(tmp_path, script.encode())
    manifest.write_text(manifest.read_text().replace("[target.environment]\n", ""))
    assert not api.handover(manifest).alternatives


@pytest.mark.parametrize(
    "use",
    [
        "fdt set /chosen/$u a b",
        "fdt set /chosen xen,xen-bootargs $u",
        "setenv fdt_high $u",
        "setenv initrd_high $u\nbooti 4c000000 41000000:1000 4a000000",
        "load virtio 0:1 $u xen",
        "run $u",
        "$u",
    ],
)
def test_an_answer_of_the_board_counts_where_it_is_used(use: str, tmp_path: Path) -> None:
    found = followed(tmp_path, f"{HEAD}uuid u\n{use}\n{END}")
    ways = [way for way in (found, *found.alternatives) if ("command with u", False) not in way.choices]
    assert ways
    assert all(way.stopped or list(blocking(way)) or ("/chosen", "xen,xen-bootargs") in way.unsure for way in ways)


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("fatwrite virtio 0:1 4a000000 board.dtb 100", False),
        ("save virtio 0:1 4a000000 /board.dtb 100", False),
        ("mv virtio 0:1 other.dtb board.dtb", False),
        ("rm virtio 0:1 BOARD.dtb", False),
        ("fatwrite virtio 0:1 4a000000 log.txt 100", True),
    ],
)
def test_a_file_that_the_script_changes_is_not_the_one_that_is_here(command: str, known: bool, tmp_path: Path) -> None:
    found = followed(tmp_path, f"{HEAD}{command}\n{HEAD}{END}")
    assert found.stopped is None
    assert (not list(blocking(found))) is known


@pytest.mark.parametrize("end", ["", "reset\n", "exit\n", "run c; run c\n"])
def test_a_text_that_is_not_known_may_start_xen(end: str, tmp_path: Path) -> None:
    manifest = written(tmp_path, f"setenv c run c\nrun hidden\n{end}".encode())
    manifest.write_text(manifest.read_text().replace("[target.environment]\n", ""))
    found = api.handover(manifest)
    assert found.stopped is None
    assert list(blocking(found))


def test_a_variable_of_the_shell_that_the_environment_may_hide(tmp_path: Path) -> None:
    script = f"{HEAD}place=4a000000\nbooti 4c000000 - $place\n"
    manifest = written(tmp_path, script.encode())
    assert not any("place" in each for each in api.handover(manifest).assumptions)
    manifest.write_text(manifest.read_text().replace("[target.environment]\n", ""))
    assert any("no variable place" in each for each in api.handover(manifest).assumptions)


@pytest.mark.parametrize("line", ["setenv a $a$a", "a=$a$a"])
def test_a_variable_that_doubles_is_bounded(line: str, tmp_path: Path) -> None:
    found = followed(tmp_path, f"setenv b 1\na=12\nwhile true; do {line}; done\n")
    assert "grows beyond" in str(found.stopped) or "does not end" in str(found.stopped)
