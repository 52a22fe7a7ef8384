"""Numbers in the node of a dom0less domain, and options, at which Xen stops (measured on 4.20.4, 4.21.2, 4.22.0)."""

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.xen.options.iommu import UNUSABLE
from tests.xen.test_boot_modules import DOMAIN, GUEST, KERNEL, MEMORY, TREE

CREATED = "Error creating domain d (rc = -22)"
SET_UP = "Could not set up domain d (rc = -22)"
OFF = "[target.config]\nGRANT_TABLE = false"


def manifest(folder: Path, more: str = "", options: str = "", xen: str = "4.21", build: str = "") -> Path:
    text = TREE.format(chosen=KERNEL + DOMAIN % (more + GUEST), memory=MEMORY)
    text = text.replace("dom0_mem=64M", f"dom0_mem=64M {options}")
    (folder / "a.dts").write_text(text)
    place = "xen-image-size = 0x174000\nxen-address = 0x40400000\ndevice-tree-address = 0x48000000"
    (folder / "colorcheck.toml").write_text(
        f'[target]\nxen = "{xen}"\nboard = "qemu-virt-cortex-a53"\nloader = "none"\n{place}\n{build}\n'
        '[inputs]\ndevice-tree = "a.dts"\n'
    )
    return folder


@pytest.mark.parametrize(
    ("more", "xen", "message"),
    [
        ("max_grant_frames = <0>;", "4.20", CREATED),
        ("max_grant_frames = <1>;", "4.20", ""),
        ("max_grant_frames = <0x80000000>;", "4.22", "max_grant_frames (2147483648) overflow"),
        ("max_maptrack_frames = <0x80000001>;", "4.21", "max_maptrack_frames (2147483649) overflow"),
        ("max_maptrack_frames = <0>;", "4.21", ""),
        ("max_grant_version = <2>;", "4.22", CREATED),
        ("max_grant_version = <0>;", "4.20", CREATED),
        ("max_grant_version = <0x11>;", "4.22", ""),
        ("trap-unmapped-accesses = <2>;", "4.21", "trap-unmapped-accesses: supported values are 0 or 1"),
        ("trap-unmapped-accesses = <2>;", "4.20", ""),
        ("trap-unmapped-accesses = <1>;", "4.22", ""),
        ("nr_spis = <961>;", "4.22", CREATED),
        ("nr_spis = <960>;", "4.20", ""),
        ("nr_spis = <0xffffffff>; vpl011;", "4.21", SET_UP),
        ("nr_spis = <0>;", "4.21", ""),
    ],
)
def test_numbers_of_a_domains_node(tmp_path: Path, more: str, xen: str, message: str) -> None:
    found = api.verify(manifest(tmp_path, more, xen=xen))
    panic = api.replay(str(tmp_path / "colorcheck.toml")).to_dict()["panic"]
    assert (panic["message"] if isinstance(panic, dict) else "") == message
    told = [each for each in found.findings if message and message in each.message]
    assert [each.rule for each in told] == ["CC309"] * bool(message)
    assert all(each.location.line for each in told)


def test_vcpus_that_no_domain_has(tmp_path: Path) -> None:
    folder = manifest(tmp_path)
    tree = folder / "a.dts"
    tree.write_text(tree.read_text().replace("0x8000>; cpus = <1>", "0x8000>; cpus = <129>"))
    panic = api.replay(str(folder / "colorcheck.toml")).to_dict()["panic"]
    assert isinstance(panic, dict)
    assert panic["message"] == CREATED


@pytest.mark.parametrize(
    ("options", "build", "message"),
    [
        ("gnttab_max_frames=0", "", "Error creating domain 0 (rc = -22)"),
        ("gnttab_max_frames=0", OFF, ""),
        ("gnttab_max_frames=0x", "", ""),
        ("gnttab_max_frames=0 gnttab_max_frames=4", "", ""),
        ("gnttab_max_frames=0x80000000", "", ""),
        ("no-gnttab_max_frames=0", "", ""),
    ],
)
def test_frames_of_grant_tables(tmp_path: Path, options: str, build: str, message: str) -> None:
    panic = api.replay(str(manifest(tmp_path, options=options, build=build) / "colorcheck.toml")).to_dict()["panic"]
    assert (panic["message"] if isinstance(panic, dict) else "") == message


@pytest.mark.parametrize("more", ["max_maptrack_frames = <0x7fffffff>;", "max_grant_frames = <0x7fffffff>;"])
def test_large_grant_tables_leave_open_whether_they_fit(tmp_path: Path, more: str) -> None:
    """Measured: Xen panics with -12."""
    found = api.replay(str(manifest(tmp_path, more) / "colorcheck.toml")).to_dict()
    assert found["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("options", "message"), [("iommu=force", UNUSABLE), ("iommu=no,required", UNUSABLE), ("iommu=no-force", "")]
)
def test_an_iommu_that_xen_must_use(tmp_path: Path, options: str, message: str) -> None:
    """The board has none that Xen drives: it panics before any domain is built, also while coloring is off."""
    for more in ("", " llc-coloring=off"):
        found = api.replay(str(manifest(tmp_path, options=options + more) / "colorcheck.toml")).to_dict()
        panic = found["panic"]
        assert not message or (isinstance(panic, dict) and panic["message"] == message)
        assert message or more or panic is None


@pytest.mark.parametrize(
    ("scheduler", "build", "outcome"),
    [
        ("null", "SCHED_NULL = true", "boots"),
        ("null", "SCHED_NULL = false", "panics"),
        ("null", "", "unknown"),
        ("rtds", "ARM_64 = true\nDOM0LESS_BOOT = true", "panics"),  # a whole .config, and what is absent is off
        ("credit2", "", "boots"),
        ("credit", "SCHED_CREDIT = false", "panics"),
        ("nosuch", "", "panics"),
    ],
)
def test_schedulers_that_are_not_built_in(tmp_path: Path, scheduler: str, build: str, outcome: str) -> None:
    """credit and credit2 are in every usual build, the others in debug builds only."""
    folder = manifest(tmp_path, build=f"[target.config]\nLLC_COLORING = true\nBOOT_TIME_CPUPOOLS = true\n{build}")
    pool = f'pool {{ compatible = "xen,cpupool"; cpupool-cpus = <&c0>; cpupool-sched = "{scheduler}"; }};'
    tree = folder / "a.dts"
    tree.write_text(tree.read_text().replace(KERNEL, KERNEL + pool).replace("cpu@0", "c0: cpu@0"))
    found = api.replay(str(folder / "colorcheck.toml")).to_dict()
    assert found["outcome"] == outcome
    panic = found["panic"]
    assert outcome != "panics" or (
        isinstance(panic, dict) and panic["message"] == f"Scheduler {scheduler} does not exists!"
    )
    if outcome == "unknown":
        assert [fact.what for fact in api.verify(folder).open_facts()] == ["pool-scheduler"]
