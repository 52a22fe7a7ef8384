"""Overlays, held against libfdt's own `fdt_overlay_apply`."""

from __future__ import annotations

import random
from pathlib import Path

import libfdt
import pytest

from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from tests.inputs.blobs import blob, contents
from tests.shapes import present

BASE = """/dts-v1/; / { aliases { bus = "/soc"; }; soc: soc { reg = <1>; uart: uart@1 { status = "disabled"; }; };
    chosen { domU1 { q; }; }; };"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def applied(folder: Path, *overlays: str) -> DeviceTree:
    files = [written(folder, f"o{i}.dts", "/dts-v1/; /plugin/;\n" + text) for i, text in enumerate(overlays)]
    return read_device_tree(written(folder, "base.dts", BASE), overlays=files)


def test_by_label_and_by_path_with_places(tmp_path: Path) -> None:
    tree = applied(tmp_path, '&uart { status = "okay"; };\n&{/chosen} { domU2 { llc-colors = "4-7"; }; };\n')
    status = present(tree.node("/soc/uart@1")).properties["status"]
    assert status.value == b"okay\0"
    assert (Path(status.location.file).name, status.location.line) == ("o0.dts", 2)
    assert [child.name for child in present(tree.node("/chosen")).children] == ["domU2", "domU1"]
    assert present(tree.node("/chosen/domU2")).properties["llc-colors"].strings[0].locate(0, 1).column == 36
    assert [Path(file).name for file in tree.files] == ["base.dts", "o0.dts"]


def test_in_the_order_given(tmp_path: Path) -> None:
    first, second = "&soc { reg = <2>; a: a { }; };", "&soc { reg = <3>; }; &a { below; };"
    with pytest.raises(DeviceTreeError):
        applied(tmp_path, second, first)
    overlays = [written(tmp_path, f"o{i}.dts", "/dts-v1/; /plugin/;" + o) for i, o in enumerate((first, second))]
    tree = read_device_tree(written(tmp_path, "base.dts", BASE), symbols=True, overlays=overlays)
    assert present(tree.node("/soc")).properties["reg"].value == bytes([0, 0, 0, 3])
    assert list(present(tree.node("/soc/a")).properties) == ["below", "phandle"]


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("&gone { a; };", "the label gone of the overlay is not in __symbols__ of the tree"),
        ("&{/gone} { a; };", "the target of /fragment@0 is not in the tree"),
        ('/ { f { target-path = "nothing"; __overlay__ { }; }; };', "the target of /f is not in the tree"),
    ],
)
def test_what_cannot_be_applied(tmp_path: Path, overlay: str, message: str) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        applied(tmp_path, overlay)
    assert [problem.message for problem in refused.value.problems] == [message]
    assert refused.value.problems[0].location.line == 2


def body(chance: random.Random, labels: list[str], own: list[str], depth: int) -> str:
    """A node's braces; `own` labels are used up for its children."""
    text = "{ "
    for name in chance.sample(["p", "q", "reg"], chance.randint(0, 3)):
        value = chance.choice(["<1>", '"x"', f"<&{chance.choice(labels)} 2>"])
        text += f"{name} = {value}; "
    for name in chance.sample(["k", "m@1", "n@2"], chance.randint(0, 3) if depth else 0):
        label = f"{own.pop()}: " if own and chance.random() < 0.5 else ""
        text += f"{label}{name} {body(chance, labels, own, depth - 1)}"
    return text + "}; "


@pytest.mark.parametrize("seed", range(60))
def test_same_as_libfdt(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    own = ["la", "lb", "lc"]
    base = "/dts-v1/; / " + body(chance, ["la", "lb", "lc"], own, 3)
    base += "".join(f"/ {{ {label}: z{label} {{ }}; }};" for label in own) + '/ { aliases { al = "/zla"; }; };'
    new = ["oa", "ob"]
    overlay = "/dts-v1/; /plugin/; "
    for _ in range(chance.randint(1, 3)):
        target = chance.choice(["&la", "&lb", "&lc", "&{/k}", "&{/m@1/k}", "&{/zla}"])
        overlay += f"{target} {body(chance, ['la', 'lb', 'lc'], new, 2)}"
    overlay += "".join(f"&la {{ x{label} {{ {label}: y {{ }}; }}; }};" for label in new)
    below = read_device_tree(written(tmp_path, "base.dts", base), symbols=True)
    above = read_device_tree(written(tmp_path, "over.dts", overlay), symbols=bool(seed % 2))
    result = libfdt.Fdt(bytearray(blob(below)))
    result.resize(1 << 16)
    taken = libfdt.fdt_overlay_apply(result._fdt, bytearray(blob(above))) == 0
    (tmp_path / "over.dtbo").write_bytes(blob(above))
    (tmp_path / "base.dtb").write_bytes(blob(below))
    for first, second in (("base.dts", "over.dts"), ("base.dtb", "over.dtbo")):
        try:
            found = read_device_tree(str(tmp_path / first), symbols=bool(seed % 2), overlays=[str(tmp_path / second)])
        except DeviceTreeError:
            found = None
        assert taken == (found is not None)
        if found:
            assert contents(found) == contents(present(read_blob("r", bytes(result.as_bytearray())).tree))


def test_an_overlay_without_fragments_changes_nothing(tmp_path: Path) -> None:
    """libfdt applies it without an error."""
    (tmp_path / "base.dts").write_text("/dts-v1/;\n/ { chosen { x = <1>; }; };\n")
    for text in ("/ { chosen { x = <2>; }; };", '/ { fragment@0 { target-path = "/chosen"; }; };'):
        (tmp_path / "over.dts").write_text(f"/dts-v1/;\n{text}\n")
        tree = read_device_tree(str(tmp_path / "base.dts"), overlays=(str(tmp_path / "over.dts"),))
        chosen = tree.node("/chosen")
        assert chosen is not None
        assert chosen.properties["x"].value == b"\0\0\0\1"
        assert any("changes nothing" in problem.message for problem in tree.problems)


def deletions(folder: Path, overlay: str) -> list[str]:
    text = f"/dts-v1/; /plugin/;\n{overlay}\n"
    tree = read_device_tree(written(folder, "base.dts", BASE), overlays=[written(folder, "o.dts", text)])
    return [f"{each.location.line} {each.message}" for each in tree.problems if "deletes nothing" in each.message]


@pytest.mark.parametrize(
    "overlay",
    [
        "&{/chosen} {\n/delete-node/ domU1; };",
        "&uart {\n/delete-property/ status; };",
        '/ { fragment@0 { target-path = "/soc"; __overlay__ {\n/delete-node/ uart@1; }; }; };',
        "&soc { uart@1 {\n/delete-property/ status; }; };",
    ],
)
def test_a_deletion_in_an_overlay_deletes_nothing_of_the_tree(tmp_path: Path, overlay: str) -> None:
    said = "deletes nothing: an overlay cannot delete anything of the tree to which it is applied"
    (found,) = deletions(tmp_path, overlay)
    assert found.startswith("3 /delete-")
    assert found.endswith(said)
    assert present(applied(tmp_path, overlay).node("/soc/uart@1")).properties["status"].value == b"disabled\0"
    assert applied(tmp_path, overlay).node("/chosen/domU1") is not None


@pytest.mark.parametrize(
    "overlay",
    [
        "&soc { own: own { a; b { }; }; };\n&own { /delete-property/ a; /delete-node/ b; };",
        "&soc { own: own { c { a; }; }; };\n&own { c { /delete-property/ a; }; };",
        "&soc { own: own { }; };\n/delete-node/ &own;",
    ],
)
def test_a_deletion_in_an_overlay_of_what_it_adds_itself(tmp_path: Path, overlay: str) -> None:
    assert not deletions(tmp_path, overlay)
