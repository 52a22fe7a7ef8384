"""What Xen refuses in a partial device tree: the node, the property, the fault and its numbers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import Ancestry
from colorcheck.xen.domains.partial_tree import PassthroughHost, taken_interrupts, why_refused
from colorcheck.xen.notes.domains import PartialTreeFault, PartialTreeRefusal

F = PartialTreeFault
HOST = """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;
    gic: gic@1000 { compatible = "arm,gic-v3"; reg = <0 0x1000 0 0x1000>;
        interrupt-controller; #interrupt-cells = <3>; };
    uart: uart@2000 { reg = <0 0x2000 0 0x1000>; interrupts = <0 1 4>; };
    own@3000 { reg = <0 0x3000 0 0x1000>; interrupts = <0 2 4>; };
    dev@4000 { reg = <0 0x4000 0 0x1000>; interrupts = <0 7 4>; iommus = <1>; xen,passthrough; };
    far@5000 { reg = <0 0x5000 0 0x1000>; interrupts = <0 32 4>; iommus = <1>; xen,passthrough; };
    bare@6000 { reg = <0 0x6000 0 0x1000>; xen,passthrough; };
    used@7000 { reg = <0 0x7000 0 0x1000>; interrupts = <0 2 4>; iommus = <1>; xen,passthrough; };
}; """
GOOD = "xen,reg = <0 0x4000 0 0x1000 0 0x4000>;"


def tree(text: str) -> DeviceTree:
    read = read_source("t.dts", text.encode())
    assert read.tree is not None
    return read.tree


def partial(node: str, head: str = "#address-cells = <2>; #size-cells = <2>;", top: str = "passthrough") -> str:
    return f"/dts-v1/; / {{ {top} {{ {head} dev@0 {{ {node} }}; }}; }};"


def refused(
    given: str | DeviceTree, *, iommu: bool = True, below_gic: bool = False, spis: int | None = 32, more: str = ""
) -> tuple[str, str, PartialTreeRefusal] | None:
    ancestry = Ancestry(tree(HOST.replace("own@3000", more + " own@3000")))
    taken = taken_interrupts(ancestry, ancestry.tree.node("/uart@2000"), has_dom0=True)
    host = PassthroughHost(ancestry, 40, iommu, taken, below_gic)
    found = why_refused(tree(given) if isinstance(given, str) else given, host, spis)
    return None if found is None else (found.node.name, found.key, found.refusal)


@pytest.mark.parametrize(
    ("node", "key", "expected"),
    [
        ('xen,path = "/dev@4000";', "xen,path", PartialTreeRefusal(F.NO_REG)),
        (GOOD, "xen,reg", PartialTreeRefusal(F.NO_PATH)),
        (
            'xen,path = "/dev@4000"; xen,reg = <0 0x4000 0 0x1000 0 0x4000  0 0x4000 0 0x1000 0 0x4800>;',
            "xen,reg",
            PartialTreeRefusal(F.NOT_PAGES, (0x4000, 0x1000, 0x4800)),
        ),
        (
            "xen,force-assign-without-iommu; xen,reg = <0 0x4000 0 0x1000 0x100 0>;",
            "xen,reg",
            PartialTreeRefusal(F.BEYOND_ADDRESSES, (1 << 40, 40)),
        ),
        (
            "xen,force-assign-without-iommu; xen,reg = <0 0x4000 0 0x2000 0xff 0xfffff000>;",
            "xen,reg",
            PartialTreeRefusal(F.BEYOND_ADDRESSES, ((1 << 40) - 4096, 40)),
        ),
        (f'xen,path = "/gone"; {GOOD}', "xen,path", PartialTreeRefusal(F.NO_HOST_NODE, device="/gone")),
        (
            f'xen,path = "/uart@2000"; {GOOD}',
            "xen,path",
            PartialTreeRefusal(F.TAKEN_INTERRUPT, (1,), "/uart@2000", "Xen's console"),
        ),
        (
            f'xen,path = "/used@7000"; {GOOD}',
            "xen,path",
            PartialTreeRefusal(F.TAKEN_INTERRUPT, (2,), "/used@7000", "dom0 (/own@3000)"),
        ),
        (
            f'xen,path = "/far@5000"; {GOOD}',
            "xen,path",
            PartialTreeRefusal(F.INTERRUPT_BEYOND_LIMIT, (32, 32), "/far@5000"),
        ),
        (f'xen,path = "/bare@6000"; {GOOD}', "xen,path", PartialTreeRefusal(F.NOT_BEHIND_IOMMU, device="/bare@6000")),
    ],
)
def test_refused(node: str, key: str, expected: PartialTreeRefusal) -> None:
    assert refused(partial(node)) == ("dev@0", key, expected)


@pytest.mark.parametrize(
    "node",
    [
        "",
        f'xen,path = "/dev@4000"; {GOOD}',
        "xen,force-assign-without-iommu; xen,reg = <0 0x4000 0 0x1000 0xff 0xfffff000>;",
        "xen,force-assign-without-iommu; xen,reg = <0 0x4000 0 0 0x100 0>;",  # no frames, so none lies beyond
        f'xen,path = "/bare@6000"; xen,force-assign-without-iommu; {GOOD}',
        'xen,path = "/dev@4000"; xen,reg = <0 0x4000 0 0x1000 0 0x4000 0 0x123>;',  # an incomplete entry is ignored
    ],
)
def test_accepted(node: str) -> None:
    assert refused(partial(node)) is None


def test_an_interrupt_up_to_the_limit_which_is_a_multiple_of_32() -> None:
    far = partial(f'xen,path = "/far@5000"; {GOOD}')
    assert refused(far, spis=33) is None
    assert refused(far, spis=None) is None


def test_without_an_iommu_a_device_must_be_forced() -> None:
    node = f'xen,path = "/dev@4000"; {GOOD}'
    expected = PartialTreeRefusal(F.NO_IOMMU, device="/dev@4000")
    assert refused(partial(node), iommu=False) == ("dev@0", "xen,path", expected)
    assert refused(partial(node + "xen,force-assign-without-iommu;"), iommu=False) is None


def test_a_master_of_the_old_binding_is_behind_the_iommu() -> None:
    node = partial(f'xen,path = "/bare@6000"; {GOOD}')
    assert refused(node, more="smmu@9000 { mmu-masters = <1>; };") is None


@pytest.mark.parametrize("name", ["phandle", "linux,phandle"])
@pytest.mark.parametrize(("value", "stops"), [(0xFDE6, False), (0xFDE7, True), (0xFFFFFFFE, True), (0xFFFFFFFF, False)])
def test_a_phandle_from_that_of_xens_controller_on(name: str, value: int, *, stops: bool) -> None:
    text = tree(partial(f"{name} = <7>;"))
    properties = next(node for node in text.root.walk() if node.name == "dev@0").properties
    assert isinstance(properties, dict)
    properties[name] = replace(properties[name], value=value.to_bytes(4, "big"))
    expected = ("dev@0", name, PartialTreeRefusal(F.HIGH_PHANDLE, (value, 0xFDE8)))
    assert refused(text, below_gic=True) == (expected if stops else None)
    assert refused(text) is None


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("#address-cells = <3>; #size-cells = <2>;", (3, 2)),
        ("#address-cells = <2>; #size-cells = <3>;", (2, 3)),
        ("#address-cells = <0>; #size-cells = <1>;", (0, 1)),
        ("#address-cells = <1>; #size-cells = <0>;", (1, 0)),
    ],
)
def test_cells_that_xen_does_not_read(head: str, cells: tuple[int, int]) -> None:
    found = refused(partial(f"xen,force-assign-without-iommu; {GOOD}", head))
    assert found == ("dev@0", "xen,reg", PartialTreeRefusal(F.CELLS, cells))


def test_cells_are_those_of_the_parent_and_two_and_one_without() -> None:
    wrong = "xen,force-assign-without-iommu; xen,reg = <0 0x4000 0x1000 0 0x4001>;"
    expected = ("dev@0", "xen,reg", PartialTreeRefusal(F.NOT_PAGES, (0x4000, 0x1000, 0x4001)))
    assert refused(partial(wrong, "")) == expected
    assert refused(f"/dts-v1/; / {{ #address-cells = <1>; {partial(wrong, '')[13:]}") == expected


def test_other_nodes_are_not_looked_at() -> None:
    assert refused(partial(GOOD, top="other")) is None
    assert refused(partial(GOOD, top="PassThrough")) is not None
