"""On which CPUs each domain may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.xen.domains.affinity import Affinity, affinities
from colorcheck.xen.domains.cpu_lists import UnreadableCpusError, xen_cpus, xl_cpus
from colorcheck.xen.effective import effective

BIG = (4, 5)
TREE = """/dts-v1/;
/ {{ #address-cells = <2>; #size-cells = <2>;
    cpus {{ #address-cells = <1>; #size-cells = <0>;
        a0: cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x0>; }};
        a1: cpu@1 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x1>; }};
        a2: cpu@2 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x2>; }};
        a3: cpu@3 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x3>; }};
        b0: cpu@100 {{ device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x100>; }};
        b1: cpu@101 {{ device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x101>; }}; }};
    memory@40000000 {{ device_type = "memory"; reg = <0x0 0x40000000 0x0 0x80000000>; }};
    chosen {{ #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "llc-coloring=on llc-size=512K llc-nr-ways=16 xen-llc-colors=0 dom0-llc-colors=1 {options}";
        module@42000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0x0 0x42000000 0x0 0x10000>; }};
        {chosen}
    }};
}};
"""
POOLS = """
        little: pool-a {{ compatible = "xen,cpupool"; cpupool-cpus = <&a0 &a1 &a2 &a3>; }};
        big: pool-b {{ compatible = "xen,cpupool"; cpupool-cpus = <&b0 &b1>; }};
""".replace("{{", "{").replace("}}", "}")


def domain(name: str, more: str = "", vcpus: int = 2) -> str:
    return f'{name} {{ compatible = "xen,domain"; memory = <0 0x10000>; cpus = <{vcpus}>; llc-colors = "2"; {more} }};'


def found(
    folder: Path,
    xen: str = "4.21",
    *,
    options: str = "",
    chosen: str = "",
    guests: dict[str, str] | None = None,
    kconfig: str | None = None,
) -> dict[str, Affinity]:
    (folder / "system.dts").write_text(TREE.format(options=options, chosen=chosen), encoding="utf-8")
    manifest = f'[target]\nxen = "{xen}"\n'
    if kconfig is not None:
        (folder / ".config").write_text(kconfig, encoding="utf-8")
        manifest += 'kconfig = ".config"\n'
    names = []
    for name, text in (guests or {}).items():
        head = f'name = "{name}"\nkernel = "Image"\nmemory = 64\nllc_colors = ["3"]\n'
        (folder / f"{name}.cfg").write_text(head + text + "\n", encoding="utf-8")
        names.append(f'"{name}.cfg"')
    manifest += f'[inputs]\ndevice-tree = "system.dts"\ndomains = [{", ".join(names)}]\n'
    (folder / "colorcheck.toml").write_text(manifest, encoding="utf-8")
    deployment = read_deployment(read_manifest(str(folder / "colorcheck.toml")))
    assert deployment.tree is not None, deployment.problems
    system = effective(deployment, None, xen)
    result = affinities(system, deployment)
    for one, affinity in zip(system.domains, result, strict=True):
        assert one.cpus == (None if affinity.cpus is None else tuple(sorted(affinity.cpus)))
        assert affinity.reasons
    return {affinity.domain: affinity for affinity in result}


def cpus(affinity: Affinity) -> tuple[int, ...] | None:
    return None if affinity.cpus is None else tuple(sorted(affinity.cpus))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('vcpus = 2\ncpus = "4-5"', BIG),
        ('vcpus = 2\ncpus = "0-5,^0-3"', BIG),
        ('vcpus = 2\ncpus = "all,^0-3"', BIG),
        ('vcpus = 2\ncpus = ["4", "5"]', BIG),
        ('vcpus = 2\ncpus = ["4"]', None),  # the second vCPU is free
        ('vcpus = 1\ncpus = ["4", "0"]', (4,)),
        ("vcpus = 2", None),
        ('vcpus = 2\ncpus = "nodes:0"', None),
        ('vcpus = 2\ncpus = "4-"', None),
        ('vcpus = 2\ncpus = "9"', None),  # there is no such CPU
        ('vcpus = 2\ncpus = "none"', None),
        ('vcpus = 2\ncpus = "0"\ncpus = "4-5"', BIG),
        ('vcpus = 2\ncpus = "4-5"\npool = "mine"', BIG),
    ],
)
def test_xl(tmp_path: Path, text: str, expected: tuple[int, ...] | None) -> None:
    assert cpus(found(tmp_path, guests={"g": text})["g"]) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", None),
        ("dom0_max_vcpus=2 dom0_vcpus_pin", (0, 1)),
        ("dom0_max_vcpus=2 dom0_vcpus_pin=1", (0, 1)),
        ("dom0_max_vcpus=2 dom0_vcpus_pin=0", None),
        ("dom0_max_vcpus=2 no-dom0_vcpus_pin", None),
        ("dom0_max_vcpus=2", None),
        ("dom0_vcpus_pin", None),
        ("dom0_max_vcpus=99 dom0_vcpus_pin", (0, 1, 2, 3, 4, 5)),
    ],
)
def test_dom0(tmp_path: Path, options: str, expected: tuple[int, ...] | None) -> None:
    assert cpus(found(tmp_path, options=options)["dom0"]) == expected


def test_pools(tmp_path: Path) -> None:
    chosen = POOLS + domain("a", "domain-cpupool = <&big>;") + domain("b")
    result = found(tmp_path, chosen=chosen, guests={"g": "", "h": 'pool = "mine"'})
    assert {name: cpus(affinity) for name, affinity in result.items()} == {
        "dom0": (0, 1, 2, 3),
        "a": BIG,
        "b": (0, 1, 2, 3),
        "g": (0, 1, 2, 3),
        "h": None,
    }


def test_cpus_left_over_form_pool_0_if_the_boot_cpu_is_among_them(tmp_path: Path) -> None:
    chosen = POOLS.split("little", maxsplit=1)[0] + "big: pool-b" + POOLS.split("big: pool-b")[1] + domain("b")
    assert cpus(found(tmp_path, chosen=chosen)["b"]) == (0, 1, 2, 3)


def test_pools_of_a_xen_that_is_built_without_them_count_for_nothing(tmp_path: Path) -> None:
    chosen = POOLS + domain("a", "domain-cpupool = <&big>;")
    without = found(tmp_path, chosen=chosen, kconfig="CONFIG_LLC_COLORING=y\n# CONFIG_BOOT_TIME_CPUPOOLS is not set\n")
    assert cpus(without["a"]) is None
    built = found(tmp_path, chosen=chosen, kconfig="CONFIG_LLC_COLORING=y\nCONFIG_BOOT_TIME_CPUPOOLS=y\n")
    assert cpus(built["a"]) == BIG


@pytest.mark.parametrize(("xen", "expected"), [("4.20", None), ("4.21", BIG), ("4.22", BIG)])
def test_hard_affinity_of_dom0less_vcpus(tmp_path: Path, xen: str, expected: tuple[int, ...] | None) -> None:
    vcpus = "".join(f'v{i} {{ compatible = "xen,vcpu"; id = <{i}>; hard-affinity = "{4 + i}"; }};' for i in range(2))
    assert cpus(found(tmp_path, xen, chosen=domain("a", vcpus))["a"]) == expected


def test_a_vcpu_without_hard_affinity_may_run_anywhere(tmp_path: Path) -> None:
    vcpu = 'v { compatible = "xen,vcpu"; id = <0>; hard-affinity = "4"; };'
    assert cpus(found(tmp_path, chosen=domain("a", vcpu))["a"]) is None


def test_the_null_scheduler_fixes_nothing_that_a_file_says(tmp_path: Path) -> None:
    result = found(tmp_path, options="sched=null", guests={"g": "vcpus = 1"})
    assert cpus(result["g"]) is None
    assert "null scheduler" in result["g"].reasons[-1].message


@pytest.mark.parametrize("text", ["", "x", "3-1", "1-99999", "-1", "1,,2"])
def test_unreadable_lists(text: str) -> None:
    for read in (lambda text: xl_cpus(text, ()), xen_cpus):
        with pytest.raises(UnreadableCpusError):
            read(text)
