"""Boots of real Xen that are packed into one file: each is written out as a deployment with a manifest of its own."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"
_SCHEDULERS = ("SCHED_CREDIT", "SCHED_CREDIT2", "SCHED_RTDS", "SCHED_ARINC653", "SCHED_NULL")
_ON = ("ARM_64", "LLC_COLORING", "DEBUG", "DOM0LESS_BOOT", "HAS_PASSTHROUGH", *_SCHEDULERS)


@cache
def packed(name: str) -> dict[str, dict[str, Any]]:
    """The cases of `tests/golden/NAME.json.gz` by name."""
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress((GOLDEN / f"{name}.json.gz").read_bytes()))
    return found


def written(folder: Path, case: dict[str, Any]) -> Path:
    """The manifest of a case, with its device tree and .config beside it. The tree is the one that Xen got."""
    (folder / "system.dts").write_text(case["dts"], encoding="utf-8")
    region = case["device_tree_region"]
    board = case.get("board") or f"qemu-virt-{case['cpu']}"
    lines = ["[target]", f'xen = "{case["xen"]}"', f'board = "{board}"', f"xen-address = {case['xen_address']}"]
    lines += [f"xen-image-size = {case['xen_image_size']}"] if case["xen_image_size"] else []
    lines += ['loader = "none"', f"device-tree-address = {region[0]}", f"device-tree-size = {region[1] - region[0]}"]
    lines += [f"boot-cpu = {case['boot_mpidr']}"] if case["boot_mpidr"] is not None else []
    if case.get("kconfig"):
        options = {**dict.fromkeys(_ON, True), "NR_CPUS": 128, **case["kconfig"]}
        (folder / "xen.config").write_text("".join(map(_line, options, options.values())), encoding="utf-8")
        lines.append('kconfig = "xen.config"')
    manifest = folder / "colorcheck.toml"
    manifest.write_text("\n".join([*lines, "[inputs]", 'device-tree = "system.dts"', ""]), encoding="utf-8")
    return manifest


def _line(name: str, value: object) -> str:
    if value is None or value is False:
        return f"# CONFIG_{name} is not set\n"
    text = "y" if value is True else f'"{value}"' if isinstance(value, str) else str(value)
    return f"CONFIG_{name}={text}\n"
