"""Starts of real Xen from EDK2, with xen.cfg, the tree that was used and the boot log as sources of facts."""

import json
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.inputs.boot.efi_memory_map import read_efi_memory_map
from tests.loader.uefi_deployment import written
from tests.shapes import rows, table

Case = dict[str, Any]
CASES: list[Case] = json.loads(lzma.decompress((Path(__file__).parent.parent / "golden" / "uefi.json.xz").read_bytes()))
WITH_A_TREE = [case for case in CASES if case["tree"] is not None]
WITH_A_MAP = [case for case in CASES if case["memmap"] and case["memory"]]


def manifest(folder: Path, case: Case, *more: str, without: Sequence[str] = ()) -> str:
    """The deployment of a case, as somebody who has the log would write it."""
    inputs = {"boot-log": "serial.txt", "device-tree": "system.dts", "uefi-config": case["config"]}
    return written(folder, case, {key: value for key, value in inputs.items() if key not in without}, *more)


@pytest.mark.parametrize("case", WITH_A_TREE, ids=lambda case: case["name"])
def test_a_start_from_uefi_is_the_measured_one(tmp_path: Path, case: Case) -> None:
    found = api.replay(manifest(tmp_path, case)).to_dict()
    assert found["outcome"] == case["outcome"]
    if case["outcome"] == "panics":
        assert table(found["panic"])["class"] == case["panic"]
    elif case["outcome"] == "boots" and case["nr_colors"] is not None:
        assert (found["nr_colors"], list(table(found["heap"])["final"])) == (case["nr_colors"], case["heap"])
        assert list(table(found["xen"])["region"]) == case["region"]


@pytest.mark.parametrize("case", WITH_A_MAP[::7], ids=lambda case: case["name"])
def test_banks_follow_from_the_map(case: Case) -> None:
    """Xen's banks from the final map; joined ones are those of the shell's map too, as long as -mapbs is not given."""
    final = read_efi_memory_map(case["memmap"], "memmap.txt")
    mapbs = "mapbs" in case["name"]
    banks = final.banks(joined=case["xen"] != "4.20", map_boot_services=mapbs)
    assert final.final
    assert [[start, start + size] for start, size in banks] == case["memory"]
    if case["xen"] != "4.20" and not mapbs and "\nmemmap\n" in case["memmap"]:
        shell = read_efi_memory_map(case["memmap"].split("\nmemmap\n")[-1], "memmap.txt")
        assert not shell.final
        assert shell.banks(joined=True) == banks


def named(name: str) -> Case:
    return next(case for case in CASES if case["name"] == name)


def test_nothing_about_memory_is_concluded_without_a_log(tmp_path: Path) -> None:
    """The traps: shared colors by xen.cfg are found, and nothing is proved of memory that only the firmware knows."""
    case = named("uefi-trap-options-4.22")
    found = api.verify(manifest(tmp_path, case, without=("boot-log",)))
    verdicts = {theorem["id"]: theorem["verdict"] for theorem in rows(found.to_dict()["theorems"])}
    assert verdicts["separation/dom0/domU1"] == "refuted"
    assert {v for name, v in verdicts.items() if name.startswith(("memory", "boots"))} == {"unknown"}


def test_without_a_configuration_the_arguments_are_open(tmp_path: Path) -> None:
    case = named("uefi-trap-options-4.22")
    found = api.verify(manifest(tmp_path, case, without=("boot-log", "uefi-config"))).to_dict()
    proved = [theorem["id"] for theorem in rows(found["theorems"]) if theorem["verdict"] == "proved"]
    assert not [name for name in proved if name.startswith(("separation", "memory", "boots"))]


def test_the_memory_map_gives_the_banks(tmp_path: Path) -> None:
    case = named("uefi-plain-4.22")
    path = manifest(tmp_path, case, 'efi-memory-map = "memmap.txt"', without=("boot-log",))
    (tmp_path / "memmap.txt").write_text(case["memmap"])
    assert api.replay(path).to_dict()["outcome"] in {"unknown", "panics"}


def test_a_damaged_line_leaves_memory_open() -> None:
    log = parse_boot_log("serial.txt", named("uefi-plain-4.22")["log"])
    assert log.banks_found
    text = named("uefi-plain-4.22")["log"].replace("RAM: 0000000040000000 - ", "RAM: 00000000400000 0 - ", 1)
    assert parse_boot_log("serial.txt", text).banks_found is None
    text = named("uefi-plain-4.22")["log"].replace("MODULE[2]", "MODULE[3]", 1)
    assert parse_boot_log("serial.txt", text).modules_found is None


def test_a_log_of_another_release_settles_no_places(tmp_path: Path) -> None:
    case = {**named("uefi-plain-4.20"), "xen": "4.22"}
    found = api.verify(manifest(tmp_path, case)).to_dict()
    assert "CC026" in {finding["rule"] for finding in rows(found["findings"])}
    assert {t["verdict"] for t in rows(found["theorems"]) if t["id"].startswith("memory")} == {"unknown"}


STARVED = [c for c in CASES if c["panic"] == "domain-memory" and "plain" in c["name"]]


@pytest.mark.parametrize("case", STARVED, ids=lambda case: case["name"])
def test_a_start_without_anything_low_is_told_with_what_helps(tmp_path: Path, case: Case) -> None:
    found = rows(api.verify(manifest(tmp_path, case)).to_dict()["findings"])
    (told,) = [finding for finding in found if finding["rule"] == "CC509"]
    assert "-mapbs" in told["help"]
    assert "/reserved-memory" in told["help"]


def test_what_is_said_to_help_does(tmp_path: Path) -> None:
    """The node that the finding names, put into the tree, boots in the model; real Xen booted with such a node."""
    case = named("uefi-plain-4.22")
    cells = "#address-cells = <2>; #size-cells = <2>; ranges;"
    node = f"reserved-memory {{ {cells} low@40100000 {{ reg = <0 0x40100000 0 0x200000>; }}; }};"
    mended = {**case, "tree": case["tree"].replace("chosen {", f"{node}\n chosen {{", 1)}
    assert api.replay(manifest(tmp_path, mended)).to_dict()["outcome"] == "boots"
