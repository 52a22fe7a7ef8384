"""Deployments that were once proved apart by affinity, and are not: what a wrong reader of CPUs would conclude."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from colorcheck import api
from tests.shapes import rows

TREE = """/dts-v1/;
/ {{ #address-cells = <2>; #size-cells = <2>; compatible = "x,board";
    cpus {{ #address-cells = <1>; #size-cells = <0>;
        {cpus}
        l2a: l2-cache0 {{ compatible = "cache"; cache-unified; cache-level = <2>; {l2} }};
        l2b: l2-cache1 {{ compatible = "cache"; cache-unified; cache-level = <2>; {l2} }};
    }};
    memory@0 {{ device_type = "memory"; reg = <0 0 0 0x80000000>; }};
    chosen {{ #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "dom0_mem=128M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-6 {options}";
        xen,dom0-bootargs = "console=hvc0";
        module@1000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x1000000 0 0x1000000>; }};
        {pools}
        rt {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = <0 0x8000>;
            llc-colors = "7-15"; {rt}
            module@3000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x3000000 0 0x100000>; }};
        }};
        gui {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <{count}>;
            memory = <0 0x8000>;
            llc-colors = "7-15"; {gui}
            module@4000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x4000000 0 0x100000>; }};
        }};
    }};
}};
"""
L2 = "cache-size = <0x100000>; cache-line-size = <64>; cache-sets = <1024>;"
ORDER = (0, 1, 0x100, 0x101)
POOLS = (
    'cp0: pool-a { compatible = "xen,cpupool"; cpupool-cpus = <&cpu0 &cpu1>; }; '
    'cp1: pool-b { compatible = "xen,cpupool"; cpupool-cpus = <&cpu256 &cpu257>; };'
)


def cpu(mpidr: int, core: str = "cortex-a53") -> str:
    return (
        f'cpu{mpidr}: cpu@{mpidr:x} {{ device_type = "cpu"; compatible = "arm,{core}"; reg = <{mpidr}>; '
        f'enable-method = "psci"; next-level-cache = <&l2{"b" if mpidr >= 0x100 else "a"}>; }};'
    )


def vcpu(cpus: str, number: str = "id = <0>;") -> str:
    return f'vcpu0 {{ compatible = "xen,vcpu"; {number} hard-affinity = "{cpus}"; }};'


def verdict(
    folder: Path,
    target: str = "boot-cpu = 0",
    *,
    order: tuple[int, ...] = ORDER,
    rt: str = vcpu("0-1"),
    gui: str = vcpu("2-3"),
    xen: str = "4.21",
    pools: str = "",
    options: str = "",
    big: str = "cortex-a53",
    count: int = 1,
) -> str:
    nodes = "\n        ".join(cpu(each, big if each >= 0x100 else "cortex-a53") for each in order)
    text = TREE.format(cpus=nodes, l2=L2, rt=rt, gui=gui, pools=pools, options=options, count=count)
    (folder / "system.dts").write_text(text, encoding="utf-8")
    lines = ["[target]", f'xen = "{xen}"', 'loader = "none"', "xen-image-size = 0x17c000", "xen-address = 0x600000"]
    lines += ["device-tree-address = 0x100000", "device-tree-size = 0x9000", target]
    manifest = folder / "colorcheck.toml"
    manifest.write_text("\n".join([*lines, "[inputs]", 'device-tree = "system.dts"', ""]), encoding="utf-8")
    found = rows(api.verify(manifest).to_dict()["theorems"])
    return next(str(t["verdict"]) for t in found if t["id"].startswith("separation/rt/gui"))


def test_two_clusters_with_same_colors_are_apart(tmp_path: Path) -> None:
    """What the attacks below start from: this is true."""
    assert verdict(tmp_path) == "proved"


@pytest.mark.parametrize(
    "attack",
    [
        {"target": "boot-cpu = 256"},  # number 1 is then MPIDR 0, in the other cluster than number 0
        {"target": ""},  # nobody says on which CPU Xen starts
        {"order": (0x100, 0, 1, 0x101)},  # the numbers of each domain lie in both clusters
        {"xen": "4.20"},  # does not read xen,vcpu
        {"rt": vcpu("0-1").replace("hard-affinity", "hard-afinity")},
        {"gui": ""},  # may run anywhere
        {"gui": vcpu("2-3"), "count": 2},  # its second vCPU may run anywhere
        {"rt": "domain-cpupool = <&cp0>;", "gui": "domain-cpupool = <&cp1>;", "pools": POOLS},  # off by default
        {"big": "cortex-a72", "target": ""},
    ],
    ids=str,
)
def test_not_apart(tmp_path: Path, attack: dict[str, Any]) -> None:
    assert verdict(tmp_path, **attack) != "proved"


@pytest.mark.parametrize(
    "attack",
    [
        {"rt": vcpu("0-1", "")},  # no id
        {"rt": vcpu("0-1", "id = <1>;")},
        {"gui": vcpu("2-4")},  # there is no CPU 4
        {"gui": vcpu("3-2")},  # no CPU at all
        {"options": "maxcpus=2"},
        {"big": "cortex-a72"},  # parked without hmp-unsafe
    ],
    ids=str,
)
def test_xen_panics(tmp_path: Path, attack: dict[str, Any]) -> None:
    assert verdict(tmp_path, **attack) == "vacuous"


def test_pools_that_are_built_in_separate(tmp_path: Path) -> None:
    pools: dict[str, Any] = {"rt": "domain-cpupool = <&cp0>;", "gui": "domain-cpupool = <&cp1>;", "pools": POOLS}
    target = "boot-cpu = 0\n[target.config]\nBOOT_TIME_CPUPOOLS = true"
    assert verdict(tmp_path, target, **pools) == "proved"
    assert verdict(tmp_path, target.replace("true", "false"), **pools) == "refuted"
