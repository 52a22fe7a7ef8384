"""Starts of real Xen from EDK2, by its own loader and by GRUB: spellings of xen.cfg and grub.cfg, sections, chains,
reserved ranges and files that the tree asks for. Measured with Xen 4.20.4, 4.21.2 and 4.22.0, Debian's EDK2 2022.11 and
GRUB 2.12; of the logs, the lines that are read are kept."""

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from colorcheck.inputs.boot.boot_log import parse_boot_log
from tests.loader.uefi_deployment import written
from tests.shapes import table

CASES = json.loads(lzma.decompress((Path(__file__).parent.parent / "golden" / "uefi-more.json.xz").read_bytes()))
ON_THE_COMMAND_LINE = re.compile(r"xen\.efi (?!-cfg|-mapbs$|-foo)|--")
MISSING = ("chain-miss",)  # a file that is not there: a problem of the deployment
FROM_FILES = [
    case for case in CASES if not ON_THE_COMMAND_LINE.search(case["command"]) and not case["name"].startswith(MISSING)
]


def manifest(folder: Path, case: Any, *, log: bool) -> str:
    inputs = {
        "boot-log": "serial.txt" if log else None,
        "device-tree": "system.dts",
        "grub-config" if case["grub"] else "uefi-config": case["config"],
    }
    return written(folder, case, inputs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_start_is_the_measured_one(tmp_path: Path, case: Any) -> None:
    found = api.replay(manifest(tmp_path, case, log=True)).to_dict()
    assert found["outcome"] == case["outcome"]
    if case["outcome"] == "panics":
        assert table(found["panic"])["message"] in case["panic"]
    elif case["outcome"] == "boots" and case["heap"]:
        assert list(table(found["heap"])["final"]) == case["heap"]
        assert list(table(found["xen"])["region"]) == case["region"] or case["region"] is None


@pytest.mark.parametrize("case", FROM_FILES, ids=lambda case: case["name"])
def test_the_files_alone_give_the_arguments(tmp_path: Path, case: Any) -> None:
    found = api.handover(manifest(tmp_path, case, log=False)).to_dict()
    assert bool(found["stopped"]) == (case["outcome"] == "stopped")
    if found["stopped"] or case["arguments"] is None or found["open"]:
        return
    chosen = table(found["tree"])["/chosen"]
    given = chosen.get("xen,xen-bootargs") or (chosen.get("bootargs") if case["grub"] else None)
    if given is None or (case["grub"] and case["arguments"] == ""):
        return  # Xen's EFI loader then hands over bytes that nobody set
    assert bytes.fromhex(given).rstrip(b"\0").decode("latin-1").strip() == case["arguments"].strip()


def test_without_arguments_of_the_kernel_those_of_grub_are_dom0s(tmp_path: Path) -> None:
    """`bootargs` is Xen's only where dom0 has arguments of its own: measured, GRUB's line for Xen is then lost."""
    (case,) = [case for case in CASES if case["name"] == "g-nokernelargs-4.22"]
    assert api.effective(manifest(tmp_path, case, log=False)).to_dict()["coloring"] is False


def test_a_line_that_xen_could_not_print_whole_is_not_taken_for_the_arguments() -> None:
    """One printk prints 1,023 characters; the rest of the line and its end are missing, the arguments count."""
    (case,) = [case for case in CASES if case["name"] == "long-opt2-4.22"]
    log = parse_boot_log("serial.txt", case["log"])
    assert "command_line" in log.damaged
    assert log.command_line is not None
    assert "parameter" not in str(log.command_line.value)
