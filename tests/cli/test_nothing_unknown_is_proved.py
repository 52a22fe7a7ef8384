"""Every command, every kind of unread or open input, every format: nothing unknown sounds proved, and none ends with 0.

Each case names the fact that is open, in words that stand in every answer, and what settles it. A case that Xen or xl
refuses outright may end with 1 (a finding) instead of 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from colorcheck.cli import main
from colorcheck.rules.example import BOOT_ARGUMENTS, GUEST, Example

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
CLUSTERS = """
        cpu-map { cluster0 { core0 { cpu = <&a0>; }; }; cluster1 { core0 { cpu = <&b0>; }; }; };
        a0: cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci";
            next-level-cache = <&l2a>; };
        b0: cpu@100 { device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x100>; enable-method = "psci";
            next-level-cache = <&l2b>; };
        l2a: l2-a { compatible = "cache"; cache-unified; cache-level = <2>; cache-size = <0x100000>;
            cache-line-size = <64>; cache-sets = <1024>; };
        l2b: l2-b { compatible = "cache"; cache-unified; cache-level = <2>; cache-size = <0x200000>;
            cache-line-size = <64>; cache-sets = <2048>; };"""
DOMU = """
        rt {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = <0 0x20000>;
            llc-colors = "11-14"; {more}
            module@3000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x3000000 0 0x100000>; }};
            {module}
        }};"""
SHARED = """shm@50000000 { compatible = "xen,domain-shared-memory-v1"; xen,shm-id = "m"; role = "owner";
            xen,shared-mem = %s; };"""
PARTIAL = """module@4000000 { compatible = "multiboot,device-tree", "multiboot,module";
            reg = <0 0x4000000 0 0x1000>; };"""

POOLS: dict[str, Any] = {
    "xen": "4.21",
    "board": "",
    "compatible": "x,board",
    "boot_arguments": BOOT_ARGUMENTS + " llc-size=1M llc-nr-ways=16",
    "cpus": CLUSTERS,
    "chosen": DOMU.format(more="domain-cpupool = <&p1>;", module="")
    + 'p0: p0 { compatible = "xen,cpupool"; cpupool-cpus = <&a0>; };'
    + 'p1: p1 { compatible = "xen,cpupool"; cpupool-cpus = <&b0>; };',
}


def domu(more: str = "", module: str = "") -> str:
    return DOMU.format(more=more, module=module)


class Case(Struct, frozen=True):
    """A deployment with something unread or open. `says` is what every answer names, `settle` what it proposes.

    `colors` tells that the open fact is about who has which colors, too, not about memory only.
    """

    example: Example
    says: str
    settle: str
    colors: bool = True
    change: Callable[[Path], object] | None = None


def wrote(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


PARTLY = "(XEN) Xen version 4.20.4 (a@b) (gcc) debug=y\n(XEN) RAM: 0000000040000000 - 00000000bfffffff\n"
CLEAN = Example(guests=(("rt.cfg", GUEST),))
CASES = {
    "missing tree": Case(CLEAN, "system.dts", "", change=lambda folder: (folder / "system.dts").unlink()),
    "empty tree": Case(CLEAN, "system.dts", "", change=wrote("system.dts", b"")),
    "lfs tree": Case(CLEAN, "system.dts", "lfs", change=wrote("system.dts", LFS.encode())),
    "missing include": Case(Example(tree_text='/include/ "soc.dtsi"\n' + Example()._tree()), "soc.dtsi", ""),
    "missing guest": Case(CLEAN, "rt.cfg", "", colors=False, change=lambda folder: (folder / "rt.cfg").unlink()),
    "lfs guest": Case(Example(guests=(("rt.cfg", LFS),)), "rt.cfg", "lfs"),
    "binary guest": Case(CLEAN, "rt.cfg", "", change=wrote("rt.cfg", b"\x00\x01\x02" * 50)),
    "guest of other kind": Case(CLEAN, "rt.cfg", "", change=wrote("rt.cfg", b"/dts-v1/;\n/ { };\n")),
    "no guest matches": Case(Example(inputs='domains = ["guests/*.cfg"]'), "guests/", ""),
    "missing overlay": Case(Example(inputs='overlays = ["xen.dtso"]'), "xen.dtso", ""),
    "missing kconfig": Case(Example(target='kconfig = "build.config"'), "build.config", ""),
    "kconfig with unreadable lines": Case(
        Example(target='kconfig = "build.config"', files=(("build.config", "CONFIG_LLC_COLORING=y\nwhat is this\n"),)),
        "build.config",
        "",
    ),
    "kconfig of other kind": Case(
        Example(target='kconfig = "build.config"', files=(("build.config", GUEST),)), "build.config", ""
    ),
    "lfs kconfig": Case(Example(target='kconfig = "build.config"', files=(("build.config", LFS),)), "build.config", ""),
    "missing xen-image": Case(Example(placed=False, target='xen-image = "xen"'), "xen", ""),
    "lfs xen-image": Case(Example(placed=False, target='xen-image = "xen"', files=(("xen", LFS),)), "xen", ""),
    "missing boot script": Case(Example(inputs='boot-script = "boot.cmd"'), "boot.cmd", ""),
    "lfs boot script": Case(Example(inputs='boot-script = "boot.cmd"', files=(("boot.cmd", LFS),)), "boot.cmd", ""),
    "module without reg": Case(
        Example(kernel='kernel { compatible = "multiboot,kernel", "multiboot,module"; };'),
        "boot loader",
        "boot-script",
        colors=False,
    ),
    "uefi mark without facts": Case(Example(chosen='xen,uefi-binary = "Image";', kernel=""), "", "", colors=False),
    "loader uefi without facts": Case(
        Example(placed=False, target='loader = "uefi"'), "memory", "efi-memory-map", colors=False
    ),
    "nothing placed, and no room by the bound": Case(
        Example(placed=False, boot_arguments=BOOT_ARGUMENTS.replace("1G", "2160M")),
        "boot loader",
        "xen-address",
        colors=False,
    ),
    "no memory": Case(
        Example(tree_text=re.sub(r"memory@0 \{.*?\};", "", Example()._tree(), flags=re.S)),
        "memory",
        "memory =",
        colors=False,
    ),
    "no arguments": Case(
        Example(tree_text=re.sub(r"xen,xen-bootargs = .*?;", "", Example()._tree())), "arguments", "boot-arguments"
    ),
    "no kernel": Case(Example(kernel=""), "kernel", "[[target.modules]]", colors=False),
    "shared memory, build unknown": Case(
        Example(chosen=domu(SHARED % "<0 0x50000000 0 0x50000000 0 0x1000000>")),
        "STATIC_SHM",
        "STATIC_SHM",
        colors=False,
    ),
    "partial tree not given": Case(
        Example(chosen=domu(module=PARTIAL)), "partial device tree", "[[target.modules]]", colors=False
    ),
    "module without an address": Case(
        Example(manifest='[[target.modules]]\nkind = "ramdisk"\nsize = 0x1000\n'),
        "has no address",
        "address =",
        colors=False,
    ),
    "module whose file is not here": Case(
        Example(kernel="", manifest='[[target.modules]]\nkind = "kernel"\nfile = "Image"\naddress = 0x10000000\n'),
        "Image",
        "size =",
    ),
    "number of the build that is none": Case(
        Example(manifest='[target.config]\nBUDDY_ALLOCATOR_SIZE = "lots"\n'),
        "BUDDY_ALLOCATOR_SIZE",
        "[target.config]",
        colors=False,
    ),
    "memory of a log that is not whole": Case(
        Example(inputs='boot-log = "serial.txt"', files=(("serial.txt", PARTLY),)), "boot log", "boot-log", colors=False
    ),
    "frame numbers compressed by offsets": Case(
        Example(xen="4.22", manifest="[target.config]\nPDX_OFFSET_COMPRESSION = true\n"),
        "PDX_OFFSET_COMPRESSION",
        "PDX_MASK_COMPRESSION",
        colors=False,
    ),
    "security module, build unknown": Case(
        Example(boot_arguments=BOOT_ARGUMENTS + " flask=enforcing"), "flask=enforcing", "XSM = false", colors=False
    ),
    "cpupool, build unknown": Case(Example(**POOLS), "BOOT_TIME_CPUPOOLS", "BOOT_TIME_CPUPOOLS", colors=False),
    "boot CPU open": Case(Example(**POOLS), "boot-cpu", "boot-cpu", colors=False),
}
FORMATS = ("json", "sarif", "junit", "markdown", "github", "gitlab")
LOG = "log.txt"
VERIFY = ("verify", ".", *(word for name in FORMATS for word in ("--output", f"{name}=report.{name}")))
COLORS_ONLY = ("effective", "migrate")
"""Commands whose answer is about who has which colors, or how they are spelled: where things lie does not change it."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "verify": VERIFY,
    "plan": ("plan", "."),
    "plan json": ("plan", ".", "--format", "json"),
    "effective": ("effective", "."),
    "effective json": ("effective", ".", "--format", "json"),
    "replay": ("replay", "."),
    "replay json": ("replay", ".", "--format", "json", "--no-frames"),
    "attest": ("attest", ".", "--log", LOG),
    "attest json": ("attest", ".", "--log", LOG, "--format", "json"),
    "diff": ("diff", ".", "."),
    "diff markdown": ("diff", ".", ".", "--format", "markdown"),
    "diff json": ("diff", ".", ".", "--format", "json"),
    "interfere": ("interfere", ".", "--accesses", "2000"),
    "migrate": ("migrate", ".", "--to", "4.22"),
    "migrate json": ("migrate", ".", "--to", "4.22", "--format", "json"),
    "certify": ("certify", ".", "--write", "out"),
}
SOUNDS_GOOD = re.compile(r"\bPROVED:|\bOPTIMAL\b|\bATTESTED\b|\"status\": \"optimal\"|\"verdict\": \"attested\"")


def plain(text: str) -> str:
    """Without the marks that Markdown needs before what it would read otherwise."""
    return text.replace("\\", "")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", CASES)
def test_nothing_unknown_sounds_proved(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, words = CASES[name], COMMANDS[command]
    case.example.write(tmp_path)
    (tmp_path / LOG).write_text("(XEN) Xen version 4.20.4 (a@b) (gcc) debug=y\n(XEN) Command line: x\n")
    if case.change:
        case.change(tmp_path)
    monkeypatch.chdir(tmp_path)
    status = main([*words])
    captured = capsys.readouterr()
    printed = plain(captured.out + captured.err)
    reports = [plain((tmp_path / f"report.{each}").read_text("utf-8")) for each in FORMATS if command == "verify"]
    assert all("Traceback" not in text and not SOUNDS_GOOD.search(text) for text in (printed, *reports))
    if words[0] in COLORS_ONLY and not case.colors:
        return
    assert status in ((1, 2, 4) if command == "certify" else (1, 4))  # 2: it refuses to certify what it cannot read
    assert case.says in printed
    assert case.settle.lower() in printed.lower()
    for report in reports:
        assert case.says in report


def test_the_same_without_anything_open_sounds_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(CLEAN.write(tmp_path))
    assert [main([command, path]) for command in ("verify", "plan", "effective", "replay")] == [0, 0, 0, 0]
    assert {"PROVED", "OPTIMAL"} <= set(capsys.readouterr().out.split())
