"""Keys of xl files that xl ignores: a warning names the releases, an error those that bear on colors and memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.release.releases import RELEASES, find_release
from colorcheck.xen.release.xl_keys import XL_4_20, XL_4_22

IGNORED = (
    "args",
    "blkif",
    "bootargs",
    "cpuid_policy",
    "cpus_allowed",
    "domid",
    "dt_overlay",
    "hvm_builder",
    "loader",
    "nospec",
    "on_xend_start",
    "on_xend_stop",
    "passthrough_dtb",
    "sched",
    "static_shm",
    "tee_type",
    "vcpu_affinity",
    "vcpus_soft",
    "viridian_enlightenments_enable",
    "weight",
)


def keys(folder: Path, names: tuple[str, ...], *xen: str) -> list[Finding]:
    folder.mkdir(exist_ok=True)
    text = GUEST + "".join(f"{name} = 1\n" for name in names)
    found = pipeline.verify(read_manifest(str(Example(xen=xen, guests=(("rt.cfg", text),)).write(folder))))
    return [finding for finding in found.findings if finding.rule == "CC113"]


def test_each_key_that_xl_ignores_is_a_warning(tmp_path: Path) -> None:
    found = keys(tmp_path, IGNORED, "4.20.4")
    assert [finding.message for finding in found] == [
        f"the xl of Xen 4.20.4 has no key {name} and ignores it" for name in IGNORED
    ]
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert not any(finding.fix for finding in found)
    helps = dict(zip(IGNORED, (finding.help for finding in found), strict=True))
    assert helps["weight"] == "did you mean cpu_weight?"
    assert helps["vcpus_soft"] == "did you mean cpus_soft?"


def test_keys_that_xl_reads_are_none(tmp_path: Path) -> None:
    read = tuple(sorted(XL_4_20 - {"name", "kernel", "memory", "vcpus", "llc_colors"}))
    assert not keys(tmp_path, read, "4.20.4")


@pytest.mark.parametrize("release", ["xilinx-4.17", "4.23-unstable"])
def test_an_xl_whose_keys_are_not_known_is_silent(release: str, tmp_path: Path) -> None:
    assert not keys(tmp_path, IGNORED, release)


def test_the_releases_that_ignore_a_key_are_named(tmp_path: Path) -> None:
    (found,) = keys(tmp_path, ("trap_unmapped_accesses",), "4.20", "4.21", "4.22")
    assert found.message == "xl has no key trap_unmapped_accesses and ignores it (Xen 4.20)"
    assert found.help == "Xen 4.21 is the first that reads it"


def test_a_key_of_another_file_is_pointed_out(tmp_path: Path) -> None:
    (found,) = keys(tmp_path, ("claim_mode",), "4.22")
    assert found.help == "claim_mode is a key of /etc/xen/xl.conf"


@pytest.mark.parametrize(
    ("written", "meant"), [("llc_color", "llc_colors"), ("memroy", "memory"), ("vcpu", "vcpus"), ("cpu", "cpus")]
)
def test_a_key_about_colors_and_memory_is_an_error_everywhere(written: str, meant: str, tmp_path: Path) -> None:
    for number, release in enumerate(("4.20", "4.23-unstable", "xilinx-4.17")):
        (found,) = keys(tmp_path / str(number), (written,), release)
        assert (found.severity, found.help) == (Severity.ERROR, f"did you mean {meant}?")


def test_later_releases_read_all_that_earlier_ones_read() -> None:
    known = [release.guest_keys for release in RELEASES if release.guest_keys]
    assert XL_4_20 < XL_4_22
    assert all(XL_4_20 <= keys <= XL_4_22 for keys in known)
    assert (release := find_release("4.20.2")) is not None
    assert release.guest_keys == XL_4_20
