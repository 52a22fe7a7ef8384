"""The edits of ImageBuilder's script (`xlnx_rel_v2023.2`), as U-Boot's shell reads them, or as the FIT has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.loader.handover import Handover
from tests.loader.test_image_builder_script import run


def tree(folder: Path, more: str, **files: str) -> tuple[Handover, dict[str, dict[str, bytes]]]:
    run(folder, more, **files)
    found = api.handover(folder / "colorcheck.toml")
    assert found.stopped is None, found.stopped
    assert found.tree is not None
    return found, {n.path: {k: p.value for k, p in n.properties.items()} for n in found.tree.root.walk()}


def test_a_guest_has_a_console_and_dom0_its_root(tmp_path: Path) -> None:
    _, found = tree(tmp_path, 'DOM0_CMD="console=hvc0"\n')
    assert found["/chosen/domU0"]["vpl011"] == b""
    assert found["/chosen"]["xen,dom0-bootargs"] == b"console=hvc0 root=/dev/ram0\0"


def test_the_first_console_is_that_of_all(tmp_path: Path) -> None:
    _, found = tree(tmp_path, "DOMU_VUART_PL011[0]=1\nDOMU_VIOMMU[0]=1\nDOMU_PASSTHROUGH_PATHS[0]=/soc/uart\n")
    assert found["/chosen/domU0"]["vpl011"] == b"pl011\0"
    assert found["/chosen/domU0"]["viommu"] == b""
    assert found["/soc/uart"]["xen,passthrough"] == b""


def test_quotes_in_arguments_are_read_by_the_shell(tmp_path: Path) -> None:
    _, found = tree(tmp_path, "XEN_CMD=\"llc-coloring=on 'dom0_mem=512M'\"\n")
    assert found["/chosen"]["xen,xen-bootargs"] == b"llc-coloring=on dom0_mem=512M\0"
    told = run(tmp_path, "XEN_CMD=\"llc-coloring=on 'dom0_mem=512M'\"\n").findings
    assert any("quotes" in finding.message for finding in told)


def test_a_dollar_is_a_variable_of_u_boot(tmp_path: Path) -> None:
    _, found = tree(tmp_path, "DOMU_CMD[0]='console=$nosuch root=/dev/ram0'\nFIT=boot.fit\n")
    module = next(values for path, values in found.items() if path.startswith("/chosen/domU0/module"))
    assert module["bootargs"] == b"console=$nosuch root=/dev/ram0\0"


def test_a_domain_on_a_disk_is_not_created(tmp_path: Path) -> None:
    _, found = tree(tmp_path, "DOMU_ROOTFS[0]=disk\n")
    assert "/chosen/domU0" not in found


@pytest.mark.parametrize("line", ["", "FIT=boot.fit\n"])
def test_in_a_fit_there_is_room_for_everything(tmp_path: Path, line: str) -> None:
    more = "".join(f"DOMU_KERNEL[{n}]=rt.bin\nDOMU_CMD[{n}]={'x' * 400}\n" for n in range(16))
    found, nodes = tree(tmp_path, f"NUM_DOMUS=16\n{more}{line}")
    last = "/chosen/domU15" in nodes and "bootargs" in next(
        (values for path, values in nodes.items() if path.startswith("/chosen/domU15/module")), {}
    )
    assert last is bool(line)
    assert bool([p for p in found.problems if "fails in U-Boot" in p.message]) is not bool(line)


def test_cpu_pools_are_open(tmp_path: Path) -> None:
    found = run(tmp_path, "NUM_CPUPOOLS=1\nCPUPOOL[0]='cpu@0 null'\n")
    assert any("CPU pools" in finding.message for finding in found.findings)


def test_a_boot_command_that_it_does_not_know(tmp_path: Path) -> None:
    found = run(tmp_path, "BOOT_CMD=boot\n")
    assert any("BOOT_CMD is none of" in finding.message for finding in found.findings)
