"""What a log says of correct boots that a plain reader would take for a difference."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.evidence.attest import attest
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows.verify import verify

EXAMPLE = Path(__file__).parents[2] / "examples" / "qemu-attested"

TREE = """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;
    cpus { #address-cells = <1>; #size-cells = <0>;
        cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; }; };
    memory@0 { device_type = "memory"; reg = <0 0x0 0 0x80000000>; };
    chosen { #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "llc-coloring=on dom0_mem=256M xen-llc-colors=0 dom0-llc-colors=1-6";
        module@9000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x9000000 0 0x10000>; };
        rt { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; memory = <0 0x4000>; cpus = <1>;
            llc-colors = "7-15"; xen,enhanced;
            shm { compatible = "xen,domain-shared-memory-v1"; role = "owner"; xen,shm-id = "a";
                xen,shared-mem = <0 0x50000000 0 0x70000000 0 0x400000>; };
            module@a000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0xa000000 0 0x10000>; };
        }; }; };"""


def checked(folder: Path, lines: str) -> dict[str, bool | None]:
    (folder / "system.dts").write_text(TREE)
    (folder / "colorcheck.toml").write_text(
        '[target]\nxen = "4.21"\nboard = "zcu102"\nxen-address = 0x20000000\nxen-image-size = 0x17c000\n'
        'loader = "none"\ndevice-tree-address = 0x8000000\n[target.config]\nSTATIC_SHM = true\n'
        '[inputs]\ndevice-tree = "system.dts"\n'
    )
    (result,) = api.replay(folder / "colorcheck.toml").facts.results
    assert result.boot is not None
    log = parse_boot_log("boot.log", "".join(f"(XEN) {line}\n" for line in lines.splitlines()))
    return {check.subject: check.agrees for check in attest(log, result.boot, "").checks}


def test_a_bank_at_address_0_has_no_prefix(tmp_path: Path) -> None:
    found = checked(tmp_path, "d0 BANK[0] 0000000000000000-0x00000010000000 (256MB)")
    assert found["memory banks of dom0"] is True


def test_no_arguments_are_printed_as_null(tmp_path: Path) -> None:
    assert checked(tmp_path, "Command line: <NULL>")["command line"] is True


def test_xenstores_page_and_shared_memory_count(tmp_path: Path) -> None:
    pages = 4096 + 1 + 1024
    said = "General information for domain 1:\n    nr_pages={} xenheap_pages=2"
    assert checked(tmp_path, said.format(pages))["pages of rt"] is True
    assert checked(tmp_path, said.format(pages - 1))["pages of rt"] is False


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Number of LLC colors supported: 16", "Number of LLC colors supported: 32"),
        ("Xen LLC colors (2): { 0-1 }", "Xen LLC colors (2): { 0-2 }"),
    ],
)
def test_a_log_that_the_manifest_names_is_compared_too(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / "attested"
    shutil.copytree(EXAMPLE, folder)
    (log,) = folder.glob("*.log")
    manifest = folder / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("[inputs]", f'[inputs]\nboot-log = "{log.name}"'))
    assert not any(finding.rule == "CC701" for finding in verify(read_manifest(str(manifest))).findings)
    text = log.read_text()
    assert old in text
    log.write_text(text.replace(old, new))
    found = verify(read_manifest(str(manifest)))
    assert any(finding.rule == "CC701" for finding in found.findings)
    assert found.exit_status() == 1
