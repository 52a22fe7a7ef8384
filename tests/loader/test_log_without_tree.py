"""A boot log without a device tree: what Xen printed about modules and reserved memory is what the model boots with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api

_LOGS = Path(__file__).parents[1] / "golden/logs"
_ARGUMENTS = "console=dtuart dom0_mem=512M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-5"
_LOG = f"""(XEN) Checking for initrd in /chosen
(XEN) RAM: 0000000000000000 - 000000007fefffff
(XEN) RAM: 0000000800000000 - 000000087fffffff
(XEN)
(XEN) MODULE[0]: 0000000000600000 - 0000000000773fff Xen
(XEN) MODULE[1]: 0000000000100000 - 000000000010afff Device Tree
(XEN) MODULE[2]: 0000000001000000 - 00000000023fffff Kernel
@RESERVED
(XEN)
(XEN) Command line: {_ARGUMENTS}
(XEN) LLC found: L2 (line size: 64 bytes, sets num: 1024)
(XEN) Xen version 4.20.4 (@) (gcc) debug=n
(XEN) *** LOADING DOMAIN 0 ***
(XEN) Loading d0 kernel from boot module @ 0000000001000000
"""
_RESERVED = "(XEN)  RESVD[0]: 0000000820000000 - 000000087fffffff"


@pytest.mark.parametrize("name", ["parse-emptytok-4.20", "geom-hugexen-4.20", "geom-hugexen-4.22"])
def test_real_xen_without_its_tree(tmp_path: Path, name: str) -> None:
    """The colors are known, and memory is not: real Xen took 127 frames for the page tables of dom0's devices."""
    log = (_LOGS / f"{name}.log").read_text()
    said = re.search(r"Xen version (\S+)", log)
    assert said is not None
    head = f'[target]\nxen = "{said[1]}"\nboard = "qemu-virt-cortex-a53"\n'
    (tmp_path / "colorcheck.toml").write_text(head + '[inputs]\nboot-log = "serial.txt"\n')
    (tmp_path / "serial.txt").write_text(log)
    document: dict[str, Any] = api.verify(str(tmp_path)).to_dict()
    assert [f["message"] for f in document["findings"] if f["rule"] == "CC701"] == []
    assert _memory(str(tmp_path)) == {"unknown"}
    assert [
        f["message"] for f in document["findings"] if any(e["location"]["file"] == "serial.txt" for e in f["fix"])
    ] == []


def test_the_reserved_memory_of_the_log_is_not_free(tmp_path: Path) -> None:
    without: dict[str, Any] = api.replay(_deployment(tmp_path, _LOG.replace("@RESERVED\n", ""))).to_dict()
    reserved: dict[str, Any] = api.replay(_deployment(tmp_path, _LOG.replace("@RESERVED", _RESERVED))).to_dict()
    assert sum(without["heap"]["initial"]) - sum(reserved["heap"]["initial"]) == (0x60000000 >> 12)


@pytest.mark.parametrize(
    "log",
    [
        _LOG.replace("@RESERVED", _RESERVED),
        _LOG.replace("@RESERVED", "(XEN)  RESVD[1]: 0000000820000000 - 000000087fffffff"),  # its first line is missing
        _LOG.replace("@RESERVED", "(XEN)  RESVD[0]: 00000008200000~0 - 000000087fffffff"),
        _LOG.replace("@RESERVED", "(XEN) MODULE[3]: 0000000003000000 - 00000000030fffff Kernel"),  # whose is which?
        _LOG.replace("@RESERVED\n", "").replace("Loading d0 kernel", "noise"),
        _LOG.replace("@RESERVED\n", "").replace("kernel from boot module @ 0000000001", "kernel from @ 0000000002"),
    ],
    ids=["whole log", "lost line", "damaged line", "two kernels", "no word of dom0's kernel", "another kernel"],
)
def test_memory_is_open_without_a_tree(tmp_path: Path, log: str) -> None:
    assert _memory(_deployment(tmp_path, log)) == {"unknown"}


def test_without_tree_and_log(tmp_path: Path) -> None:
    modules = '[[target.modules]]\nkind = "kernel"\naddress = 0x1000000\nsize = 0x1400000\n'
    numbers = 'memory = ["0x0+0x7ff00000"]\nxen-image-size = 0x174000\nxen-address = 0x600000\n'
    tree = "device-tree-address = 0x100000\ndevice-tree-size = 0xb000\n"
    text = f'[target]\nxen = "4.20"\nboard = "kv260"\n{numbers}{tree}{modules}[inputs]\n'
    (tmp_path / "colorcheck.toml").write_text(f'{text}boot-arguments = "{_ARGUMENTS}"\n')
    assert _memory(str(tmp_path)) == {"unknown"}


def _deployment(folder: Path, log: str) -> str:
    (folder / "serial.txt").write_text(log)
    manifest = '[target]\nxen = "4.20.4"\nboard = "kv260"\n[inputs]\nboot-log = "serial.txt"\n'
    (folder / "colorcheck.toml").write_text(manifest)
    return str(folder)


def _memory(manifest: str) -> set[Any]:
    document: dict[str, Any] = api.verify(manifest).to_dict()
    theorems = document["theorems"]
    return {one["verdict"] for one in theorems if one["id"].startswith(("memory/dom0", "memory/heap", "boots"))}
