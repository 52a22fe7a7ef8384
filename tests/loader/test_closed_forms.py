"""Commands, names and answers of which a script may not rely on more than is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Verdict
from colorcheck.loader.handover import Handover
from tests.loader.test_u_boot_version import followed
from tests.loader.test_ways import DOMAIN, verdicts, verified
from tests.shapes import present

BAD = "fdt set /chosen xen,xen-bootargs console=dtuart"


def chosen(found: Handover, name: str) -> bytes | None:
    held = present(present(found.tree).node("/chosen")).properties.get(name)
    return None if held is None else held.value


@pytest.mark.parametrize("line", ["time fdt set /chosen c 1", 'setenv m "fdt set /chosen c 1"; time run m'])
def test_time_runs_its_words(line: str, tmp_path: Path) -> None:
    assert chosen(followed(tmp_path, f"{line}\n", ""), "c") == b"1\0"


def test_time_has_the_status_of_the_command(tmp_path: Path) -> None:
    line = "if time false; then fdt set /chosen c 1; else fdt set /chosen c 2; fi\n"
    assert chosen(followed(tmp_path, line, ""), "c") == b"2\0"


def test_sleep_without_a_word_fails(tmp_path: Path) -> None:
    line = "if sleep; then fdt set /chosen c 1; else fdt set /chosen c 2; fi\n"
    assert chosen(followed(tmp_path, line, ""), "c") == b"2\0"


def test_the_address_of_a_property_is_its_own(tmp_path: Path) -> None:
    """Its bytes may stand elsewhere in the tree before."""
    line = "fdt set /chosen c a\nfdt set /chosen d a\nfdt get addr x /chosen {}\nmw.b $x 0x62\n"
    for name in ("c", "d"):
        found = followed(tmp_path, line.format(name), "")
        assert {each: chosen(found, each) for each in "cd"} == {
            each: b"b\0" if each == name else b"a\0" for each in "cd"
        }


@pytest.mark.parametrize(("release", "ways"), [("2023.01", 0), ("2024.01", 0), ("2024.04", 1), (None, 1)])
def test_fdt_fixup_is_run_by_newer_releases(release: str | None, ways: int, tmp_path: Path) -> None:
    keys = f'u-boot = "{release}"' if release else ""
    found = followed(tmp_path, f'setenv fdt_fixup "{BAD}"\n', keys)
    assert len(found.alternatives) == ways
    assert all(any("fdt_fixup" in fact.what for fact in way.open) for way in found.alternatives)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "rtc read 0 8 0x100000",
            "mmc rpmb read 0x100000 0 1",
            "tpm2 pcr_read 0 0x100000",
            "misc read m 0 0x100000 8",
        ),
        *("fuse readm 0 0 0x100000", "rproc load 0 0x100000 8", "mmc rea 0x100000 0 1", "nand read.raw 0x100000 0 1"),
        *("env indirect z x", "env ind z x", "mtdparts default"),
        *(
            "hash md5 0 1 *0x8000000",
            "hash md5 0 1 *0x8000100",
            "mmc partconf 0 v",
            "bootstage unstash 0 1",
            "smc 1",
            "sleep 1; tftpput 0 1 x",
        ),
    ],
)
def test_forms_that_may_write_leave_nothing_proved(line: str, tmp_path: Path) -> None:
    assert verdicts(verified(tmp_path, DOMAIN + line)).get("separation/dom0/d") is not Verdict.PROVED


@pytest.mark.parametrize(
    "line",
    [
        *("rtc read 0 8", "mmc dev 0; mmc rescan; mmc info", "gpt guid mmc 0", "usb start"),
        *("gpt guid mmc 0 gid", "gpt read mmc 0 gid", "hash md5 0 1 *0x100000"),
    ],
)
def test_forms_that_write_nothing_leave_it_proved(line: str, tmp_path: Path) -> None:
    assert verdicts(verified(tmp_path, DOMAIN + line)).get("separation/dom0/d") is Verdict.PROVED


@pytest.mark.parametrize("ask", ["button b", "gpio input 3", "ping 10.0.0.1", "itest *0x70000000 == 1"])
def test_an_answer_that_can_change_is_asked_each_time(ask: str, tmp_path: Path) -> None:
    line = f"if {ask}; then fdt set /chosen c 1; fi\nif {ask}; then fdt set /chosen d 1; fi\n"
    found = followed(tmp_path, line, "")
    seen = {(chosen(way, "c") is None, chosen(way, "d") is None) for way in (found, *found.alternatives)}
    assert len(seen) == 4


def test_one_answer_read_twice_is_one(tmp_path: Path) -> None:
    line = "button b\nif test $? = 0; then fdt set /chosen c 1; fi\n"
    assert len(followed(tmp_path, line, "").alternatives) == 1


@pytest.mark.parametrize(
    ("command", "found", "ways"),
    [("fatload mmc 0:1", True, 1), ("ext4load mmc 0:1", False, 2), ("load mmc 0:1", True, 2), ("ubifsload", False, 2)],
)
def test_only_fat_ignores_the_case_of_names(command: str, found: bool, ways: int, tmp_path: Path) -> None:
    (tmp_path / "Small").write_bytes(b"x" * 5)
    line = f"setenv filesize 9\n{command} 0x60000000 SMALL\nfdt set /chosen c $filesize\n"
    got = followed(tmp_path, line, "")
    assert (chosen(got, "c") == b"5\0") is found
    assert len(got.alternatives) + 1 >= ways


def test_values_worked_out_at_one_place_are_told_apart(tmp_path: Path) -> None:
    """The same line in a loop gives another value each time, and so another answer."""
    line = "for i in 1 2; do setexpr x $v + $i; if test $x = 5; then fdt set /chosen c$i 1; fi; done\n"
    found = followed(tmp_path, "env default v\n" + line, "")
    ways = (found, *found.alternatives)
    assert len({(chosen(way, "c1") is None, chosen(way, "c2") is None) for way in ways}) == 4


def test_many_answers_that_can_change_are_not_all_followed_and_that_is_said(tmp_path: Path) -> None:
    line = "for i in 1 2 3 4 5 6 7 8; do button b && fdt set /chosen c$i 1; done\n"
    found = followed(tmp_path, line, "")
    assert any(fact.what.startswith(("answers to", "paths")) for fact in found.open)


@pytest.mark.parametrize("before", ["", "time "])
def test_a_tree_that_is_not_here_over_the_one_that_is(before: str, tmp_path: Path) -> None:
    found = followed(tmp_path, f"{before}load virtio 0:1 0x4a000000 other.dtb\n", "")
    assert any(fact.what == "tree of other.dtb" and fact.what not in found.harmless for fact in found.open)
