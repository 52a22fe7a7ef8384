"""Deployments that were once proved to boot or to find their memory although the model does not know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.theorem import Theorem
from colorcheck.verification.results import Verification

TREE = """/dts-v1/;
/ {{ #address-cells = <2>; #size-cells = <2>; {top}
    cpus {{ #address-cells = <1>; #size-cells = <0>;
        cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; }};
    }};
    memory@40000000 {{ device_type = "memory"; reg = <0 0x40000000 0 0x80000000>; }};
    {reserved}
    chosen {{ #address-cells = <2>; #size-cells = <2>;
        xen,xen-bootargs = "llc-coloring=on dom0_mem=256M xen-llc-colors=0 dom0-llc-colors=1-6 {options}";
        xen,dom0-bootargs = "console=hvc0";
        module@49000000 {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0x49000000 0 0x10000>; }};
        {chosen}
    }};
}};
"""


def domain(number: int, extra: str = "", *, vcpus: int = 1, bootargs: str = "") -> str:
    address = 0x4A000000 + number * 0x100000
    args = f'bootargs = "{bootargs}";' if bootargs else ""
    return f"""domU{number} {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
        memory = <0 0x4000>; cpus = <{vcpus}>; llc-colors = "7-15"; {extra}
        module@{address:x} {{ compatible = "multiboot,kernel", "multiboot,module";
            reg = <0 {address:#x} 0 0x10000>; {args} }};
    }};"""


def ranges(*found: tuple[int, int]) -> str:
    nodes = "".join(f"r@{start:x} {{ reg = <0 {start:#x} 0 {size:#x}>; }};" for start, size in found)
    return f"reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges; {nodes} }};"


def verified(
    folder: Path,
    chosen: str = "",
    *,
    reserved: str = "",
    top: str = "",
    options: str = "",
    target: str = "",
    guests: str = "",
    xen: str = "4.20",
) -> tuple[dict[str, Theorem], Verification]:
    (folder / "system.dts").write_text(TREE.format(chosen=chosen, reserved=reserved, options=options, top=top))
    tree_at = "" if "device-tree-address" in target else "device-tree-address = 0x48000000"
    (folder / "colorcheck.toml").write_text(
        f'[target]\nxen = "{xen}"\nboard = "qemu-virt-cortex-a53"\nxen-address = 0x60000000\n'
        f'xen-image-size = 0x17c000\nloader = "none"\n{tree_at}\n{target}\n'
        f'[inputs]\ndevice-tree = "system.dts"\n{guests}'
    )
    result = api.verify(folder / "colorcheck.toml")
    return {theorem.id: theorem for theorem in result.theorems}, result


def test_a_buddy_heap_that_may_be_too_small(tmp_path: Path) -> None:
    """The lowest region has as many frames as Xen and ten domains took at least when it was measured."""
    domains = "".join(domain(number) for number in range(10))
    found, result = verified(
        tmp_path, domains, reserved=ranges((0x40000000 + 350 * 4096, 0x1000)), options="buddy-alloc-size=0"
    )
    assert found["boots"].verdict == "unknown"
    assert "buddy-heap" in found["boots"].facts
    assert {world.verdict for world in found["boots"].worlds} == {"proved", "refuted"}
    assert found["memory/domU9"].verdict != "proved"
    assert any(fact.what == "buddy-heap" for fact in result.open_facts())
    assert api.replay(tmp_path / "colorcheck.toml").to_dict()["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("count", "verdict"), [(44, "proved"), (49, "unknown"), (56, "unknown"), (63, "unknown"), (70, "refuted")]
)
def test_reserved_ranges_that_may_not_fit_into_the_tree_of_dom0(tmp_path: Path, count: int, verdict: str) -> None:
    found, _ = verified(tmp_path, reserved=ranges(*((0x80000000 + n * 0x200000, 0x1000) for n in range(count))))
    assert found["boots"].verdict == verdict
    assert ("dom0-tree" in found["boots"].facts) == (verdict == "unknown")


@pytest.mark.parametrize(
    ("vcpus", "bootargs", "verdict"),
    [
        (28, "", "proved"),
        (32, "", "proved"),
        (33, "", "proved"),
        (34, "", "unknown"),
        (36, "", "refuted"),
        (32, "x" * 140, "unknown"),
        (24, "x" * 120, "proved"),
    ],
)
def test_vcpus_that_may_not_fit_into_the_tree_of_a_guest(
    tmp_path: Path, vcpus: int, bootargs: str, verdict: str
) -> None:
    found, _ = verified(tmp_path, domain(1, vcpus=vcpus, bootargs=bootargs))
    assert found["boots"].verdict == verdict
    newer, _ = verified(tmp_path, domain(1, vcpus=vcpus, bootargs=bootargs), xen="4.22")
    assert newer["boots"].verdict == "proved"


def shared(size: int) -> str:
    return f"""shm@1 {{ compatible = "xen,domain-shared-memory-v1"; role = "owner"; xen,shm-id = "a";
        xen,shared-mem = <0x0 0x70000000 0x0 {size:#x}>; }};"""


@pytest.mark.parametrize(("step", "verdict"), [(0, "proved"), (0x100000, "refuted")])
def test_shared_memory_of_more_pieces_than_xen_keeps(tmp_path: Path, step: int, verdict: str) -> None:
    """The reserve is cut from a hundred regions of less than a MiB each, and Xen keeps 32 pieces."""
    cut = ranges((0x40100000, 0x1000), *((0xB8000000 + n * step, 0x1000) for n in range(100 if step else 1)))
    found, _ = verified(
        tmp_path, domain(1, shared(0x2800000)), reserved=cut, target="[target.config]\nSTATIC_SHM = true"
    )
    assert found["boots"].verdict == verdict


def guest(name: str, more: str = "") -> str:
    return f'name = "{name}"\nkernel = "Image"\nmemory = 700\nllc_colors = [ "7-10" ]\n{more}\n'


def test_a_pool_that_somebody_may_make(tmp_path: Path) -> None:
    """With that pool the first guest takes the memory of the second."""
    (tmp_path / "a.cfg").write_text(guest("a", 'pool = "rt"'))
    (tmp_path / "b.cfg").write_text(guest("b"))
    found, _ = verified(tmp_path, guests='domains = ["a.cfg", "b.cfg"]')
    assert found["memory/b"].verdict != "proved"
    (tmp_path / "b.cfg").write_text(guest("b").replace("700", "300"))
    (tmp_path / "a.cfg").write_text(guest("a", 'pool = "rt"').replace("700", "300"))
    found, _ = verified(tmp_path, guests='domains = ["a.cfg", "b.cfg"]')
    assert found["memory/a"].verdict == "unknown"
    assert found["memory/b"].verdict == "unknown"
    assert "cpu-pool rt" in found["memory/b"].facts


def test_what_an_unread_partial_tree_maps(tmp_path: Path) -> None:
    """Its tables may be more than the P2M pool of the domain holds."""
    partial = """module@4f000000 { compatible = "multiboot,device-tree", "multiboot,module";
        reg = <0 0x4f000000 0 0x1000>; };"""
    found, _ = verified(tmp_path, domain(1, partial))
    assert found["boots"].verdict == "unknown"
    assert found["memory/domU1"].verdict == "unknown"
    assert "mapped-memory" in found["boots"].facts


def modules(count: int) -> str:
    return "".join(
        f"""module@{at:x} {{ compatible = "xen,linux-initrd", "multiboot,module"; reg = <0 {at:#x} 0 0x1000>; }};"""
        for at in range(0x50000000, 0x50000000 + count * 0x100000, 0x100000)
    )


@pytest.mark.parametrize(
    ("chosen", "reserved", "xen"),
    [
        (modules(20), "", "4.20"),
        (modules(40), "", "4.20"),
        (modules(40) + domain(1), "", "4.22"),
        ("", ranges(*((0x80000000 + n * 0x2000, 0x1000) for n in range(250))), "4.22"),
        ("", ranges(*((0x80000000 + n * 0x2000, 0x1000) for n in range(257))), "4.22"),
        ("", ranges(*((0x80000000 + n * 0x2000, 0x1000) for n in range(300))), "4.20"),
    ],
)
def test_replay_says_what_verify_says_of_many_modules_and_ranges(
    tmp_path: Path, chosen: str, reserved: str, xen: str
) -> None:
    found, _ = verified(tmp_path, chosen, reserved=reserved, xen=xen)
    outcome = str(api.replay(tmp_path / "colorcheck.toml").to_dict()["outcome"])
    told = {"boots": "proved", "panics": "refuted", "hangs": "refuted", "unknown": "unknown"}
    assert found["boots"].verdict == told[outcome]


R5 = """remoteproc@ffe00000 { compatible = "xlnx,zynqmp-r5fss"; #address-cells = <2>; #size-cells = <2>;
    ranges = <0 0 0 0xffe00000 0 0x10000>, <0 0x20000 0 0xffe20000 0 0x10000>;
    r5f@0 { compatible = "xlnx,zynqmp-r5f"; reg = <0 0 0 0x10000>, <0 0x20000 0 0x10000>; };
    r5f@1 { compatible = "xlnx,zynqmp-r5f"; reg = <1 0 0 0x10000>, <1 0x20000 0 0x10000>; }; };"""
UARTS = """aliases { serial0 = "/soc/serial@7e201000"; };
    gic: interrupt-controller@8000000 { compatible = "arm,gic-400"; #interrupt-cells = <3>; interrupt-controller;
        reg = <0 0x8000000 0 0x1000>, <0 0x8010000 0 0x2000>; };
    soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>;
        ranges = <0x7e000000 0 0xfe000000 0x1800000>;
        serial@7e201000 { compatible = "arm,pl011"; reg = <0x7e201000 0x200>; interrupts = <0 121 4>; };
        serial@7e201400 { compatible = "arm,pl011"; reg = <0x7e201400 0x200>; interrupts = <0 121 4>;
            status = "disabled"; }; };"""


@pytest.mark.parametrize(
    ("root", "options", "node"),
    [(R5, "", "/remoteproc@ffe00000/r5f@1"), (UARTS, "dtuart=serial0", "/soc/serial@7e201400")],
    ids=["R5 core of a ZynqMP", "UARTs of a Raspberry Pi 4"],
)
def test_the_node_that_stops_dom0_is_named(tmp_path: Path, root: str, options: str, node: str) -> None:
    """What stops mainline's trees of these boards, in a small tree."""
    found, result = verified(
        tmp_path, reserved=root, options=options, top="interrupt-parent = <&gic>;" if "gic:" in root else ""
    )
    assert found["boots"].verdict == "refuted"
    (told,) = [finding for finding in result.findings if finding.rule == "CC525"]
    assert f"{node} " in told.message
    assert told.location.line


@pytest.mark.parametrize(("name", "verdict"), [("Domain-0", "vacuous"), ("Domain-1", "proved")])
def test_a_guest_with_dom0s_name_is_never_created(tmp_path: Path, name: str, verdict: str) -> None:
    """xen-init-dom0 gives dom0 this name, and xl refuses a name that is in use."""
    (tmp_path / "a.cfg").write_text(guest(name).replace("700", "100"))
    found, _ = verified(tmp_path, guests='domains = ["a.cfg"]')
    assert found[f"memory/{name}"].verdict == verdict
