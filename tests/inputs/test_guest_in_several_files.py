"""A guest whose file is put together from several, with arguments of `xl create`."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.verification.results import Verification
from tests.shapes import rows

EXAMPLE = Path(__file__).parents[2] / "examples" / "zcu102-xl"
FIRST = 'name = "domu"\nkernel = "Image"\nmemory = 64\n'
SECOND = '# colors\nvcpus = 1\nllc_colors = [ "14-15" ]\n'


def system(folder: Path, domains: str) -> Verification:
    (folder / "domu.cfg").write_text(FIRST)
    (folder / "colors.cfg").write_text(SECOND)
    (folder / "system.dts").write_text(
        """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;
        cpus { #address-cells = <1>; #size-cells = <0>;
        cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; }; };
        memory@0 { device_type = "memory"; reg = <0 0 0 0x80000000>; };
        chosen { #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "llc-coloring=on dom0_mem=128M xen-llc-colors=0 dom0-llc-colors=1-6";
        module@1000000 { compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x1000000 0 0x100000>; };
        }; };"""
    )
    (folder / "colorcheck.toml").write_text(
        '[target]\nxen = "4.20"\nboard = "zcu102"\nloader = "none"\nxen-address = 0x40000000\n'
        "xen-image-size = 0x17c000\ndevice-tree-address = 0x8000000\n"
        f'[inputs]\ndevice-tree = "system.dts"\ndomains = {domains}\n'
    )
    return api.verify(folder / "colorcheck.toml")


def test_two_files_are_one_guest(tmp_path: Path) -> None:
    result = system(tmp_path, '[["domu.cfg", "colors.cfg"]]')
    found = {theorem.id: theorem for theorem in result.theorems}
    assert found["memory/domu"].verdict == "proved"
    assert not [name for name in found if name.startswith("memory/") and "colors" in name]
    domains = rows(api.effective(tmp_path / "colorcheck.toml").to_dict()["domains"])
    guest = next(domain for domain in domains if domain["id"])
    assert guest["colors"] == [14, 15]
    assert guest["location"]["file"].endswith("colors.cfg")
    assert guest["location"]["line"] == 3


def test_arguments_of_xl_create_stand_behind_the_file(tmp_path: Path) -> None:
    domains = """["domu.cfg", ["domu.cfg", "colors.cfg", "name='second'"]]"""
    result = system(tmp_path, domains)
    names = {theorem.id for theorem in result.theorems}
    assert {"memory/domu", "memory/second"} <= names
    assert not [finding for finding in result.findings if finding.rule == "CC303"]


def test_an_error_stands_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "more.cfg").write_text("# one\nvcpus == 2\n")
    result = system(tmp_path, '[["domu.cfg", "more.cfg"]]')
    wrong = [finding for finding in result.findings if finding.rule == "CC001"]
    assert [(Path(finding.location.file).name, finding.location.line) for finding in wrong] == [("more.cfg", 2)]


@pytest.mark.parametrize("domains", ["[[]]", '[["name=1"]]', "[[1]]", '[[["a.cfg"]]]'])
def test_what_is_no_guest_is_said(tmp_path: Path, domains: str) -> None:
    result = system(tmp_path, domains)
    assert any(finding.rule == "CC005" for finding in result.findings)


def test_a_missing_part_leaves_the_guest_open(tmp_path: Path) -> None:
    result = system(tmp_path, '[["domu.cfg", "missing.cfg"]]')
    assert any("missing.cfg" in finding.message for finding in result.findings)
    assert result.exit_code() != 0 if hasattr(result, "exit_code") else True
