"""Every command, every kind of unread or open input, every format: nothing unknown sounds proved, and none ends with 0.

Each case names the fact that is open, in words that stand in every answer, and what settles it. A case that Xen or xl
refuses outright may end with 1 (a finding) instead of 4.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from colorcheck.cli import main
from colorcheck.core.value import dataclass
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


def domu(more: str = "", module: str = "") -> str:
    return DOMU.format(more=more, module=module)


@dataclass(frozen=True, slots=True)
class Case:
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
        Example(kernel='kernel { compatible = "multiboot,kernel", "multiboot,module"; };'), "reg", "reg", colors=False
    ),
    "uefi mark without facts": Case(Example(chosen='xen,uefi-binary = "Image";', kernel=""), "", "", colors=False),
    "loader uefi without facts": Case(
        Example(placed=False, target='loader = "uefi"'), "memory", "efi-memory-map", colors=False
    ),
    "loader u-boot without script": Case(
        Example(placed=False, target='loader = "u-boot"'), "boot loader", "xen-address", colors=False
    ),
    "no memory": Case(
        Example(tree_text=re.sub(r"memory@0 \{.*?\};", "", Example()._tree(), flags=re.S)), "memory", "memory =",
        colors=False,
    ),
    "no arguments": Case(
        Example(tree_text=re.sub(r"xen,xen-bootargs = .*?;", "", Example()._tree())), "arguments", "boot-arguments"
    ),
    "no kernel": Case(Example(kernel=""), "kernel", "[[target.modules]]", colors=False),
    "shared memory with two cells": Case(
        Example(chosen=domu(SHARED % "<0x50000000 0x1000000>")), "shared-mem", "", colors=False
    ),
    "shared memory of odd length": Case(
        Example(chosen=domu(SHARED % "[00 00 00 01 02]")), "shared-mem", "", colors=False
    ),
    "shared memory, build unknown": Case(
        Example(chosen=domu(SHARED % "<0 0x50000000 0 0x50000000 0 0x1000000>")), "STATIC_SHM", "STATIC_SHM",
        colors=False,
    ),
    "static memory, build unknown": Case(
        Example(chosen=domu("xen,static-mem = <0 0x60000000 0 0x10000000>;")), "", "", colors=False
    ),
    "iomem of unread shape": Case(
        Example(guests=(("rt.cfg", GUEST + 'iomem = ["50000, 100"]\n'),)), "iomem", "", colors=False
    ),
    "iomem as text": Case(Example(guests=(("rt.cfg", GUEST + 'iomem = "50000,100"\n'),)), "iomem", "", colors=False),
    "partial tree not given": Case(
        Example(chosen=domu(module=PARTIAL)), "partial device tree", "[[target.modules]]", colors=False
    ),
    "reg of odd length": Case(Example(memory="[00 00 00 00 00 00 00 00 00 00 00 00 40 00 00]"), "reg", ""),
    "cpupool, build unknown": Case(
        Example(
            xen="4.21",
            boot_arguments=BOOT_ARGUMENTS.replace("llc-colors=2-10", "llc-colors=2-12"),
            cpus="",
            chosen=domu("domain-cpupool = <&p1>;")
            + 'p0: p0 { compatible = "xen,cpupool"; cpupool-cpus = <&a0>; };'
            + 'p1: p1 { compatible = "xen,cpupool"; cpupool-cpus = <&b0>; };',
            tree="",
        ),
        "BOOT_TIME_CPUPOOLS",
        "BOOT_TIME_CPUPOOLS",
    ),
}
FORMATS = ("text", "json", "sarif", "junit", "markdown", "github", "gitlab")
COMMANDS: dict[str, tuple[str, ...]] = {
    **{f"verify {name}": ("verify", ".", "--format", name) for name in FORMATS},
    **{
        f"{command} {name}": (command, ".", "--format", name)
        for command in ("plan", "effective", "replay")
        for name in ("text", "json")
    },
    "attest text": ("attest", ".", "--log", "log.txt"),
    "attest json": ("attest", ".", "--log", "log.txt", "--format", "json"),
    **{f"diff {name}": ("diff", ".", ".", "--format", name) for name in ("text", "markdown", "json")},
    "interfere text": ("interfere", ".", "--accesses", "2000"),
    "interfere json": ("interfere", ".", "--accesses", "2000", "--format", "json"),
    "migrate text": ("migrate", ".", "--to", "4.22"),
    "migrate json": ("migrate", ".", "--to", "4.22", "--format", "json"),
    "certify text": ("certify", ".", "--write", "out"),
}
SOUNDS_GOOD = re.compile(r"\bPROVED:|\bOPTIMAL\b|\bATTESTED\b|\"status\": \"optimal\"|\"verdict\": \"attested\"")
