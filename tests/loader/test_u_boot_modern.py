"""The modern shell: what U-Boot 2026.10-rc2 with `CONFIG_HUSH_MODERN_PARSER` (`qemu_arm64`) made of scripts."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.loader.handover import Handover
from colorcheck.loader.read_by import blocking
from colorcheck.loader.u_boot.follow import ScriptRun, ScriptWorld
from colorcheck.loader.u_boot.text import unknowns
from tests.loader import u_boot_cases
from tests.loader.u_boot_cases import flat, write_case
from tests.shapes import table

FOLDER = Path(__file__).parent.parent / "golden" / "u-boot"
OF_THE_BUILD = {"u-boot,version", "kaslr-seed", "rng-seed", "smbios3-entrypoint"}
MAY_BE_OPEN = {"linux,initrd-start", "linux,initrd-end"}
NEWER = {"exit-in-main", "exit-in-second", "load-into-u-boot", "bracket-test", "if-else", "source-status"}
"""Cases in which it is the release, not the shell, that makes a difference, or that ran another way there."""


@cache
def cases(name: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / name).read_bytes()))


def followed(name: str, case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Handover:
    monkeypatch.setattr(u_boot_cases, "cases", lambda: {name: case})
    manifest = write_case(name, folder)
    overlays = str(name in cases("modern.json.gz")).lower()
    keys = f'loader = "u-boot"\nu-boot = "2026.10"\nu-boot-shell = "modern"\nu-boot-overlays = {overlays}\n'
    manifest.write_text(manifest.read_text().replace('loader = "u-boot"\n', keys))
    return api.handover(manifest)


def is_as_measured(found: Handover, case: dict[str, Any]) -> None:
    if case["outcome"] != "handover":
        assert found.stopped or list(blocking(found))
        return
    assert found.stopped is None
    if list(blocking(found)):
        return
    want, got = flat(case["after"]), table(found.to_dict()["tree"])
    assert list(got) == list(want)
    for path, properties in want.items():
        for key in {*properties, *got[path]} - OF_THE_BUILD:
            if got[path].get(key, "") is not None or key not in MAY_BE_OPEN:
                assert got[path].get(key) == properties.get(key), f"{path}:{key}"


@pytest.mark.parametrize("name", cases("modern.json.gz"))
def test_what_the_modern_shell_hands_over(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = cases("modern.json.gz")[name]
    found = followed(name, case, tmp_path, monkeypatch)
    is_as_measured(found, case)
    followed_exactly = {"and-or", "loops", "variable-holds-special", "macro-with-escaped-quotes", "local-variables"}
    if name in followed_exactly | {"continuation-and-tabs", "two-apostrophes-in-double-quotes", "source-nested"}:
        assert not list(blocking(found))


@pytest.mark.parametrize("name", sorted(u_boot_cases.cases().keys() - cases("modern.json.gz").keys() - NEWER))
def test_where_both_shells_agree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = u_boot_cases.cases()[name]
    is_as_measured(followed(name, case, tmp_path, monkeypatch), case)


def ended(folder: Path, script: str) -> ScriptWorld:
    manifest = '[target]\nxen = "4.21"\nu-boot = "2026.10"\nu-boot-shell = "modern"\n[target.environment]\n'
    (folder / "colorcheck.toml").write_text(f'{manifest}[inputs]\nboot-script = "boot.cmd"\n')
    given = read_manifest(str(folder / "colorcheck.toml"))
    return ScriptWorld(given, None, "boot.cmd", ScriptRun("boot.cmd", script.encode()), {})


@pytest.mark.parametrize("number", range(len(cases("modern-made.json.gz"))))
def test_variables_of_random_scripts(number: int, tmp_path: Path) -> None:
    script, real = cases("modern-made.json.gz")[number]
    ours = ended(tmp_path, script)
    assert not ours.ends_open
    held = {k: v.text for k, v in ours.machine.environment.items() if k[0] == "r" and not unknowns(v.text)}
    assert held == real


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("while false; do true; done; setenv r $?", "0"),
        ("false; if false; then true; fi; setenv r $?", "0"),
        ("false; if false; then true; else setenv r $?; fi", "0"),
        ("if false; then true; elif test $? = 0; then setenv r yes; fi", "yes"),
        ("if false; then true; fi && setenv r yes", "yes"),
        ("true; x=1; while test $x = 1; do x=2; false; done; setenv r $?", "0"),
        ("true; x=1; until test $x = 2; do x=2; false; done; setenv r $?", "0"),
        ("false; for i in a; do setenv r $?; done", "0"),
        ("false; for i in $nothing; do true; done; setenv r $?", "0"),
        ("false; $nothing; setenv r $?", "1"),
        ("if false; then true; else false; fi; setenv r $?", "1"),
        ("for i in a; do false; done; setenv r $?", "1"),
        ("false && true; setenv r $?", "1"),
        ("setenv m 'false; if false; then true; fi'; run m && setenv r yes", "yes"),
    ],
)
def test_the_status_of_what_runs_nothing(script: str, value: str, tmp_path: Path) -> None:
    assert ended(tmp_path, f"{script}\n").machine.text("r") == value


@pytest.mark.parametrize(
    "script",
    [
        *(
            "IFS=x",
            "for IFS in x; do true; done",
            "setenv a $(x)",
            "setenv a ${v:-x}",
            "setenv a 1 & setenv b 2",
            "setenv a a|b",
            'setenv a "`x`"',
        ),
        *("if ! false; then setenv a 1; fi", "{ setenv a 1; }", "setenv a $1 b", "setenv a $#x", "exit"),
        *("case a in a) setenv a 1;; esac", "if true; then fi", "for i in a; do exit; done", "(setenv a 1)"),
    ],
)
def test_what_is_not_followed_is_open(script: str, tmp_path: Path) -> None:
    ours = ended(tmp_path, f"setenv before 1\n{script}\nsetenv behind 1\n")
    assert ours.ends_open
    assert ours.machine.text("before") == "1"
    assert ours.machine.text("behind") is None


@pytest.mark.parametrize(
    "script", ["fi; setenv r 1", "setenv r 1; then", "if true; then", "setenv r 'x", 'setenv r "x']
)
def test_a_syntax_error_is_the_end(script: str, tmp_path: Path) -> None:
    ours = ended(tmp_path, f"setenv before 1\n{script}\nsetenv behind 1\n")
    assert "syntax error" in str(ours.stopped)
    assert ours.machine.text("before") == "1"
    assert ours.machine.text("r") is None


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ('if false; then true; fi; setenv r "$?"', "0"),
        ('if false; then true; elif false; then true; fi; setenv r "$?"', "0"),
        ('if false; then true; else setenv r "$?"; fi', "0"),
        ('if true; then false; fi; setenv r "$?"', "1"),
        ("if false; then true; fi && setenv r ran", "ran"),
        ("if false; then true; fi || setenv r ran", None),
        ("if if false; then true; fi; then setenv r yes; else setenv r no; fi", "yes"),
        ("setenv m 'if false; then true; fi'; run m && setenv r ran", "ran"),
        ('while false; do true; done; setenv r "$?"', "0"),
        ("while false; do true; done || setenv r ran", None),
        ('false; for i in a b; do setenv r "${r}<$?>"; false; done', "<0><1>"),
        ('_a=1; setenv r "x$_a"', "x1"),
        ('k=; until test "$k" = ii; do setenv r "${r}<$?>"; k="${k}i"; false; done', "<1><1>"),
    ],
)
def test_statuses_and_names_as_measured(script: str, value: str | None, tmp_path: Path) -> None:
    ours = ended(tmp_path, f"setenv before 1\n{script}\n")
    assert not ours.ends_open
    assert ours.machine.text("r") == value


def test_the_modern_shell_is_of_a_release_that_may_run_fdt_fixup(tmp_path: Path) -> None:
    from tests.loader.test_u_boot_bad_input import END, HEAD, written

    manifest = written(tmp_path, f"{HEAD}{END}".encode())
    text = manifest.read_text().replace("[target.environment]\n", "")
    for shell, asked in (("old", False), ("modern", True)):
        manifest.write_text(text.replace("[target]\n", f'[target]\nu-boot-shell = "{shell}"\n'))
        found = api.handover(manifest)
        assert any(fact.what == "U-Boot runs fdt_fixup" for fact in found.open) is asked


def test_a_fit_is_open(tmp_path: Path) -> None:
    from tests.loader.test_u_boot_bad_input import followed as old

    loads = "load virtio 0:1 0x4c000000 board.dtb\n"
    for line in ("bootm 4c000000", "bootm 4c000000#conf", "bootm 4c000000 - 4c000000"):
        found = old(tmp_path, f"{loads}{line}\n")
        assert found.stopped is None
        assert list(blocking(found))
