"""Boots of real Xen, many of them panics: memory, devices, arguments, the flow of the boot."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from tests.shapes import rows, table

Case = dict[str, Any]

GOLDEN = Path(__file__).parent.parent / "golden"
CASES: dict[str, Case] = {
    name: case
    for file in ("boots-memory.json.xz", "boots-more.json.xz", "boots-refusals.json.xz")
    for name, case in json.loads(lzma.decompress((GOLDEN / file).read_bytes())).items()
}
NEAR: set[str] = set()
ON = ("ARM_64", "LLC_COLORING", "DEBUG", "DOM0LESS_BOOT", "HAS_PASSTHROUGH")


def manifest(case: Case, folder: Path) -> Path:
    """The case as files, with the manifest that says how it was measured."""
    folder.joinpath("system.dts").write_text(case["tree_text"])
    lines = ["[target]", f'xen = "{case["xen"]}"', f'board = "{case.get("board") or "qemu-virt-" + case["cpu"]}"']
    lines += ['loader = "none"', f"xen-address = {case['xen_address']}"]
    for key, value in (("xen-image-size", case["xen_image_size"]), ("boot-cpu", case.get("boot_mpidr"))):
        lines += [f"{key} = {value}"] if value is not None else []
    region = case["device_tree_region"]
    lines += [f"device-tree-address = {region[0]}", f"device-tree-size = {region[1] - region[0]}"] if region else []
    if case.get("kconfig"):
        config = {**dict.fromkeys(ON, True), "NR_CPUS": 128, **case["kconfig"]}
        words = {True: "y"}
        told = {
            k: words.get(v, v) if isinstance(v, bool) else f'"{v}"' if isinstance(v, str) else v
            for k, v in config.items()
        }
        text = (f"CONFIG_{k}={v}" for k, v in told.items() if v is not None and v is not False)
        folder.joinpath("xen.config").write_text("\n".join(text) + "\n")
        lines.append('kconfig = "xen.config"')
    for address, text in case["module_texts"].items():
        folder.joinpath(f"{address}.dts").write_text(text)
        lines += ["[[target.modules]]", f"address = {address}", f'file = "{address}.dts"']
    lines += ["[inputs]", 'device-tree = "system.dts"']
    path = folder / "colorcheck.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("name", sorted(CASES.keys() - NEAR))
def test_boots_as_measured(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    expect = case["expect"]
    found = api.replay(manifest(case, tmp_path)).to_dict()
    assert found["outcome"] == expect["outcome"]
    if expect["outcome"] == "panics":
        assert table(found["panic"])["class"] == expect["panic"]["class"]
    elif expect["outcome"] == "boots" and expect["nr_colors"] is not None:
        assert table(found["heap"])["final"] == expect["color_heap"]
        domains = {str(d["id"]): (sorted(d["colors"]), d["pages"]) for d in rows(found["domains"])}
        assert domains == {k: (sorted(d["colors"]), d["pages"]) for k, d in expect["domains"].items()}
