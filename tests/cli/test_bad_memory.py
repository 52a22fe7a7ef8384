"""Memory that makes no sense, through the command line: a finding with its place, never a crash, and a replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import Example

KERNEL = """module@{0:x} {{
            compatible = "multiboot,kernel", "multiboot,module";
            reg = <{1:#x} {2:#x} {3:#x} {4:#x}>;
        }};"""
LOW = "<0x0 0x0 0x0 0x80000000>"


def module(start: int, size: int) -> str:
    return KERNEL.format(start, start >> 32, start & 0xFFFFFFFF, size >> 32, size & 0xFFFFFFFF)


def ramdisk(start: int, size: int) -> str:
    return module(start, size).replace("multiboot,kernel", "multiboot,ramdisk")


def reserved(*ranges: tuple[int, int]) -> str:
    nodes = "".join(
        f"r@{start:x} {{ reg = <{start >> 32:#x} {start & 0xFFFFFFFF:#x} {size >> 32:#x} {size & 0xFFFFFFFF:#x}>; }};"
        for start, size in ranges
    )
    return f"reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges; {nodes} }};"


def domain(memory: str) -> str:
    return f"""u {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = {memory};
        llc-colors = "11"; {module(0x5000000, 0x100000)} }};"""


ALL = 0xFFFFFFFFFFFFFFFF
# name: (deployment, the rule that tells it or None where it is no fault, how the boot ends)
CASES: dict[str, tuple[Example, str | None, str]] = {
    "banks-overlap": (Example(memory=f"{LOW}, <0x0 0x70000000 0x0 0x80000000>"), "CC516", "panics"),
    "bank-twice": (Example(memory=f"{LOW}, {LOW}"), "CC516", "panics"),
    "modules-overlap": (Example(chosen=ramdisk(0x1800000, 0x1000000)), "CC516", "boots"),
    "module-on-reserved": (Example(tree=reserved((0x1800000, 0x1000))), "CC516", ""),
    "reserved-overlap": (Example(tree=reserved((0x10000000, 0x2000), (0x10001000, 0x2000))), "CC516", ""),
    "module-outside": (Example(chosen=ramdisk(0x90000000, 0x1000)), "CC515", ""),
    "module-half-outside": (Example(chosen=ramdisk(0x7FFFF000, 0x2000)), "CC515", ""),
    "module-beyond-all-memory": (Example(chosen=ramdisk(0x7000000000, 0x1000)), "CC515", "boots"),
    "module-of-size-zero": (Example(chosen=ramdisk(0x3000000, 0)), None, "boots"),
    "bank-of-size-zero": (Example(memory=f"<0x0 0x0 0x0 0x0>, {LOW}"), None, "boots"),
    "module-as-large-as-everything": (Example(chosen=ramdisk(0x3000000, ALL)), "CC516", ""),
    "bank-wraps": (Example(memory=f"{LOW}, <0xffffffff 0xfff00000 0x0 0x80000000>"), "CC516", ""),
    "reserved-wraps": (Example(tree=reserved((ALL - 0xFFF, 0x100000))), "CC516", ""),
    "all-addresses-are-memory": (Example(memory="<0x0 0x0 0xffffffff 0xffffffff>"), None, ""),
    "hundreds-of-reservations": (
        Example(tree=reserved(*((0x10000000 + n * 0x4000, 0x1000) for n in range(300)))),
        "CC516",
        "",
    ),
    "hundreds-of-banks": (
        Example(memory=", ".join(f"<0x0 {n << 23:#x} 0x0 0x700000>" for n in range(300))),
        "CC516",
        "",
    ),
    "dozens-of-modules": (
        Example(chosen="".join(ramdisk(0x8000000 + n * 0x200000, 0x1000) for n in range(60))),
        "CC516",
        "boots",
    ),
    "no-memory-node": (
        Example(tree_text="/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; chosen { }; };"),
        "CC518",
        "",
    ),
    "memory-of-the-boot-loader": (Example(memory="<0x0 0x0 0x0 0x0>"), "CC518", ""),
    "bank-no-whole-pages": (Example(memory="<0x0 0x0 0x0 0x7ffffe00>, <0x8 0x0 0x0 0x80000000>"), "CC519", "boots"),
    "module-no-whole-pages": (Example(kernel=module(0x1000200, 0x1234)), None, "boots"),
    "domain-no-whole-pages": (Example(chosen=domain("<0x0 1025>")), "CC519", "panics"),
    "dom0-no-whole-pages": (
        Example(boot_arguments="llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-9 dom0_mem=1000001"),
        "CC519",
        "panics",
    ),
    "domain-of-no-memory": (Example(chosen=domain("<0x0 0x0>")), None, ""),
    "domain-of-all-memory": (Example(chosen=domain("<0xffffffff 0xffffffff>")), "CC501", "panics"),
    "dom0-of-exabytes": (
        Example(boot_arguments="llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-9 dom0_mem=16777215T"),
        "CC508",
        "panics",
    ),
    "tiny-memory": (Example(memory="<0x0 0x0 0x0 0x3000000>"), "CC503", "panics"),
    "image-of-gigabytes": (Example(target="xen-image-size = 0x100000000", placed=False), "CC503", "panics"),
    "xen-at-the-end": (Example(xen_address=ALL - 0xFFF), None, ""),
    "device-tree-at-the-end": (Example(device_tree_address=ALL - 0xFFF), None, ""),
}


@pytest.fixture(params=CASES, ids=list(CASES))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str | None, str]:
    example, rule, outcome = CASES[request.param]
    example.write(tmp_path)
    return tmp_path, rule, outcome


def test_bad_machines(case: tuple[Path, str | None, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, rule, outcome = case
    status = main(["verify", str(folder), "--format", "json"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    report = json.loads(out)
    assert report["faults"] == []
    assert status in (0, 1, 4)
    told = [finding for finding in report["findings"] if finding["rule"] == rule]
    assert rule is None or told, [(finding["rule"], finding["message"]) for finding in report["findings"]]
    assert all(finding["location"]["file"] and finding["help"] for finding in told)
    status = main(["replay", str(folder), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert status in (0, 4)
    assert found["outcome"] in ("boots", "panics", "unknown")
    assert not outcome or found["outcome"] == outcome
    for view in ([], ["--at", "xen"], ["--until", "list"]):
        assert main(["replay", str(folder), *view]) in (0, 2, 4)
        assert "Traceback" not in "".join(capsys.readouterr())
