"""On which CPUs each domain may run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.domains.affinity import Affinity, affinities
from colorcheck.xen.domains.cpu_lists import UnreadableCpusError, hard_affinity, xl_cpus
from colorcheck.xen.effective import effective
from colorcheck.xen.system import System

BIG = (4, 5)
ALL = (0, 1, 2, 3, 4, 5)
TREE = """/dts-v1/;
/ {{ #address-cells = <2>; #size-cells = <2>;
    cpus {{ #address-cells = <1>; #size-cells = <0>;
        a0: cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x0>; enable-method = "psci"; }};
        a1: cpu@1 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x1>; enable-method = "psci"; }};
        a2: cpu@2 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x2>; enable-method = "psci"; }};
        a3: cpu@3 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x3>; enable-method = "psci"; }};
        b0: cpu@100 {{ device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x100>; enable-method = "psci"; }};
        b1: cpu@101 {{ device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <0x101>; enable-method = "psci"; }};
    }};
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


def written(
    folder: Path,
    xen: str = "4.21",
    *,
    options: str = "",
    chosen: str = "",
    guests: dict[str, str] | None = None,
    kconfig: str | None = None,
    boot_cpu: int | None = 0,
    hmp: str = "hmp-unsafe",
    lacking: int | None = None,
    loader: str = "",
) -> Deployment:
    tree = TREE.format(options=f"{hmp} {options}", chosen=chosen)
    if lacking is not None:
        tree = tree.replace(f'reg = <0x{lacking}>; enable-method = "psci";', f"reg = <0x{lacking}>;")
    (folder / "system.dts").write_text(tree, encoding="utf-8")
    manifest = f'[target]\nxen = "{xen}"\n{loader}'
    if boot_cpu is not None:
        manifest += f"boot-cpu = {boot_cpu}\n"
    if kconfig is not None:
        (folder / ".config").write_text(f"CONFIG_ARM_64=y\nCONFIG_LLC_COLORING=y\n{kconfig}", encoding="utf-8")
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
    return deployment


def system_of(folder: Path, xen: str = "4.21", **how: Any) -> System:
    return effective(written(folder, xen, **how), None, xen)


def found(folder: Path, xen: str = "4.21", **how: Any) -> dict[str, Affinity]:
    deployment = written(folder, xen, **how)
    system = effective(deployment, None, xen)
    result = affinities(system, deployment)
    for one, affinity in zip(system.domains, result, strict=True):
        assert one.cpus == (None if affinity.cpus is None else tuple(sorted(affinity.cpus)))
        assert affinity.reasons
        assert len(affinity.vcpus) == len(one.vcpu_cpus)
    return {affinity.domain: affinity for affinity in result}


def cpus(affinity: Affinity) -> tuple[int, ...] | None:
    return None if affinity.cpus is None else tuple(sorted(affinity.cpus))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('vcpus = 2\ncpus = "4-5"', [BIG, BIG]),
        ('vcpus = 2\ncpus = "0-5,^0-3"', [BIG, BIG]),
        ('vcpus = 2\ncpus = "all,^0-3"', [BIG, BIG]),
        ('vcpus = 2\ncpus = ["4", "5"]', [(4,), (5,)]),
        ('vcpus = 2\ncpus = ["4"]', [(4,), ALL]),  # the second vCPU is free
        ('vcpus = 1\ncpus = ["4", "0"]', [(4,)]),
        ('vcpus = 1\nmaxvcpus = 3\ncpus = ["1", "2", "3"]', [(1,), (2,), (3,)]),
        ('vcpus = 1\nmaxvcpus = 3\ncpus = "2"', [(2,), (2,), (2,)]),
        ('vcpus = 1\nmaxvcpus = 2\ncpus = ["4"]', [(4,), ALL]),  # the guest may start it
        ("vcpus = 2", [ALL, ALL]),
        ('vcpus = 2\ncpus_soft = "4-5"', [ALL, ALL]),
        ("vcpus = 2\ncpus = []", [ALL, ALL]),
        ('vcpus = 1\ncpus = "nodes:0"', [ALL]),
        ('vcpus = 1\ncpus = "0,9"', [(0,)]),
        ('vcpus = 1\ncpus = "0"\ncpus = "4-5"', [BIG]),
        ('vcpus = 1\ncpus = "4-5"\npool = "mine"', [None]),  # somebody made that pool in dom0
        ('vcpus = 1\ncpus = "4"\npool = "Pool-0"', [(4,)]),
        ('vcpus = 1\ncpus = "4"\npool = "0"', [(4,)]),
        ('vcpus = 1\ncpus = "4"\npool = "Pool-"', [None]),  # names that no pool of the boot has
        ('vcpus = 1\ncpus = "4"\npool = "Pool-00"', [None]),
        ('vcpus = 1\ncpus = "4"\npool = "Pool-Pool-0"', [None]),
    ],
)
def test_xl(tmp_path: Path, text: str, expected: list[tuple[int, ...] | None]) -> None:
    affinity = found(tmp_path, guests={"g": text})["g"]
    assert [None if each is None else tuple(sorted(each)) for each in affinity.vcpus] == expected


@pytest.mark.parametrize(
    "text",
    [
        'cpus = "4-"',
        'cpus = "9"',
        'cpus = "none"',
        'cpus = ""',
        'cpus = "3-1"',
        'cpus = "0x1"',
        'cpus = "^0"',
        'cpus = "^all"',
        'cpus = ["0", "x"]',
        'pool = ""',
        "vcpus = 2\nmaxvcpus = 1",
    ],
)
def test_xl_refuses(tmp_path: Path, text: str) -> None:
    guest = next(d for d in system_of(tmp_path, guests={"g": f"vcpus = 2\n{text}"}).domains if d.name == "g")
    assert guest.failure is not None
    assert guest.failure.kind == "xl-rejects"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", [ALL] * 6),
        ("dom0_max_vcpus=2 dom0_vcpus_pin", [(0,), (1,)]),
        ("dom0_max_vcpus=2 dom0_vcpus_pin=1", [(0,), (1,)]),
        ("dom0_max_vcpus=2 dom0_vcpus_pin=ON", [ALL, ALL]),
        ("dom0_max_vcpus=2 dom0_vcpus_pin=0", [ALL, ALL]),
        ("dom0_max_vcpus=2 no-dom0_vcpus_pin", [ALL, ALL]),
        ("dom0_max_vcpus=2 no-dom0_vcpus_pin=off", [(0,), (1,)]),
        ("dom0_max_vcpus=2x dom0_vcpus_pin", [(0,), (1,)]),
        ("dom0_vcpus_pin", [(n,) for n in range(6)]),
        ("dom0_max_vcpus=8 dom0_vcpus_pin", [(n % 6,) for n in range(8)]),
        ("dom0_vcpus_pin maxcpus=2", [(0,), (1,)]),
    ],
)
def test_dom0(tmp_path: Path, options: str, expected: list[tuple[int, ...]]) -> None:
    affinity = found(tmp_path, options=options)["dom0"]
    assert [None if each is None else tuple(sorted(each)) for each in affinity.vcpus] == expected


BUILT = "CONFIG_BOOT_TIME_CPUPOOLS=y\n"


def test_pools(tmp_path: Path) -> None:
    chosen = POOLS + domain("a", "domain-cpupool = <&big>;") + domain("b")
    guests = {"g": "", "h": 'pool = "mine"', "i": 'pool = "Pool-1"'}
    result = found(tmp_path, chosen=chosen, guests=guests, kconfig=BUILT)
    assert {name: cpus(affinity) for name, affinity in result.items()} == {
        "dom0": (0, 1, 2, 3),
        "a": BIG,
        "b": (0, 1, 2, 3),
        "g": (0, 1, 2, 3),
        "h": None,
        "i": BIG,
    }
    assert [affinity.pool for affinity in result.values()] == [0, 1, 0, 0, None, 1]


def test_the_pool_of_the_boot_cpu_is_pool_0(tmp_path: Path) -> None:
    """dom0 goes with it: booted on an A72, dom0 runs there."""
    result = found(tmp_path, chosen=POOLS + domain("a", "domain-cpupool = <&big>;"), kconfig=BUILT, boot_cpu=0x100)
    assert (result["a"].pool, cpus(result["a"]), cpus(result["dom0"])) == (0, (0, 5), (0, 5))


def test_cpus_left_over_are_in_a_pool_of_their_own(tmp_path: Path) -> None:
    chosen = POOLS.split("little", maxsplit=1)[0] + "big: pool-b" + POOLS.split("big: pool-b")[1] + domain("b")
    assert cpus(found(tmp_path, chosen=chosen, kconfig=BUILT)["b"]) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("cpus_of_pool", "panic"),
    [
        ("", "Missing or empty cpupool-cpus property!"),
        ("cpupool-cpus;", "Missing or empty cpupool-cpus property!"),
        ("cpupool-cpus = <&a0 &a1 &a0>;", "Logical cpu 0 already added to a cpupool!"),
    ],
)
def test_pools_at_which_xen_stops(tmp_path: Path, cpus_of_pool: str, panic: str) -> None:
    chosen = f'bad: pool-a {{ compatible = "xen,cpupool"; {cpus_of_pool} }};'
    stopped = system_of(tmp_path, chosen=chosen, kconfig=BUILT).pool_panic
    assert stopped is not None
    assert panic in stopped.message


def test_pools_of_a_xen_that_is_built_without_them_count_for_nothing(tmp_path: Path) -> None:
    chosen = POOLS + domain("a", "domain-cpupool = <&big>;")
    without = found(tmp_path, chosen=chosen, kconfig="# CONFIG_BOOT_TIME_CPUPOOLS is not set\n")
    assert cpus(without["a"]) is None
    assert without["a"].vcpus == (frozenset(ALL), frozenset(ALL))


def test_pools_of_a_xen_that_nobody_describes_are_open(tmp_path: Path) -> None:
    """The option is off by default; which of the two worlds it is decides where each domain runs."""
    result = found(tmp_path, chosen=POOLS + domain("a", "domain-cpupool = <&big>;"))
    assert result["a"].vcpus == (None, None)
    fact = system_of(tmp_path, chosen=POOLS).cpu_facts[1]
    assert isinstance(fact, OpenFact)
    assert (fact.values, fact.settle) == ((False, True), ("[target.config]\nBOOT_TIME_CPUPOOLS = true",))


def test_an_open_boot_cpu_has_the_first_cpu_of_each_cluster_as_values(tmp_path: Path) -> None:
    fact = system_of(tmp_path, boot_cpu=None).cpu_facts[0]
    assert isinstance(fact, OpenFact)
    assert fact.values == (0, 0x100)
    assert fact.undecided


def test_a_given_boot_cpu_is_a_fact(tmp_path: Path) -> None:
    fact = system_of(tmp_path, boot_cpu=0x100).cpu_facts[0]
    assert isinstance(fact, Fact)
    assert (fact.value, fact.origin) == (0x100, Origin.GIVEN)


def test_cpus_of_another_kind_are_parked(tmp_path: Path) -> None:
    """Without hmp-unsafe only CPUs like the boot CPU come up; a domain pinned to others ends the boot."""
    vcpu = 'v { compatible = "xen,vcpu"; id = <0>; hard-affinity = "4"; };'
    parked = system_of(tmp_path, chosen=domain("a", vcpu, 1), hmp="")
    assert parked.domains[0].vcpu_cpus == ((0, 1, 2, 3),) * 4
    assert parked.domains[1].late_failure is not None
    assert parked.domains[1].late_failure.message == "vcpu0: failed (rc=-22) to set hard affinity for domain a"
    assert system_of(tmp_path, chosen=domain("a", vcpu, 1)).domains[1].vcpu_cpus == ((4,),)


@pytest.mark.parametrize(("xen", "expected"), [("4.20", None), ("4.21", BIG), ("4.22", BIG)])
def test_hard_affinity_of_dom0less_vcpus(tmp_path: Path, xen: str, expected: tuple[int, ...] | None) -> None:
    vcpus = "".join(f'v{i} {{ compatible = "xen,vcpu"; id = <{i}>; hard-affinity = "{4 + i}"; }};' for i in range(2))
    assert cpus(found(tmp_path, xen, chosen=domain("a", vcpus))["a"]) == expected


def test_a_vcpu_without_hard_affinity_may_run_anywhere(tmp_path: Path) -> None:
    vcpu = 'v { compatible = "xen,vcpu"; id = <0>; hard-affinity = "4"; };'
    affinity = found(tmp_path, chosen=domain("a", vcpu))["a"]
    assert affinity.vcpus == (frozenset((4,)), frozenset(ALL))
    assert cpus(affinity) is None


def test_a_node_without_method_leaves_a_hole_in_some_releases(tmp_path: Path) -> None:
    """Measured: 4.20.4 and 4.21.2 give the number to the next CPU, 4.22.0 leaves it unused and loses the last CPU."""
    last = {}
    for xen in ("4.20", "4.21.0", "4.21", "4.22"):
        system = system_of(tmp_path, xen, lacking=1, loader='loader = "none"\n')
        last[xen] = system.domains[0].vcpu_cpus[0]
    assert last["4.20"] == last["4.21"] == (0, 1, 2, 3, 4)
    assert last["4.21.0"] == last["4.22"] == (0, 2, 3, 4)


def test_a_loader_may_still_add_the_method(tmp_path: Path) -> None:
    assert system_of(tmp_path, lacking=1).domains[0].vcpu_cpus[0] is None


@pytest.mark.parametrize("text", ["x", "3-1", "1-", "-1", "1,x", "^all", "1 ,2", f"0-{2**64 - 1}"])
def test_lists_that_xl_refuses(text: str) -> None:
    with pytest.raises(UnreadableCpusError):
        xl_cpus(text, range(6))


@pytest.mark.parametrize(
    ("text", "mask", "beyond", "rest"),
    [
        ("0-1,3", {0, 1, 3}, None, ""),
        ("all", {0}, None, "all"),
        (" 2", {0}, None, " 2"),
        ("010", set(), 8, ""),
        ("3-1", set(), None, ""),
        ("9-2", set(), None, ""),
        ("1;2", {1}, None, ";2"),
        ("2,", {2}, None, ""),
        ("4294967297", {1}, None, ""),
    ],
)
def test_hard_affinity_as_xen_reads_it(text: str, mask: set[int], beyond: int | None, rest: str) -> None:
    found = hard_affinity(text, 6)
    assert (set(found.cpus), found.beyond) == (mask, beyond)
    assert beyond is not None or found.rest == rest


@given(st.text(alphabet="0123456789-,^xX ;al", max_size=12), st.integers(1, 9))
def test_no_text_crashes_a_reader(text: str, count: int) -> None:
    read = hard_affinity(text, count)
    assert read.beyond is None or read.beyond >= count
    assert read.cpus <= frozenset(range(count))
    with suppress(UnreadableCpusError):
        assert xl_cpus(text, range(count)) <= frozenset(range(count))
