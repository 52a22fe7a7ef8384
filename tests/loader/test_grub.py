"""GRUB's configuration: the arguments and modules that Xen gets from it."""

import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.source import Passage
from colorcheck.inputs.boot.grub_config import GrubConfig, read_grub_config
from tests.shapes import present, rows, table

XEN = "llc-coloring=on xen-llc-colors=0-1 dom0-llc-colors=2-6 dom0_mem=512M"
GRUB = """set default="0"
menuentry 'Debian GNU/Linux, with Xen 4.20-arm64' --class debian {
\tinsmod part_gpt
\tif [ "$grub_platform" = "pc" -o "$grub_platform" = "" ]; then
\t    xen_rm_opts=
\telse
\t    xen_rm_opts="no-real-mode edd=off"
\tfi
\txen_hypervisor\t/boot/xen-4.20-arm64 placeholder ARGS ${xen_rm_opts}
\techo 'Loading Linux'
\txen_module\t/boot/vmlinuz-6.1 KERNEL
\txen_module\t--nounzip /boot/initrd.img-6.1
}
"""
TREE = """/dts-v1/;
/ { compatible = "xlnx,zynqmp-zcu102"; #address-cells = <2>; #size-cells = <2>;
 memory@0 { device_type = "memory"; reg = <0 0 0 0x80000000>; };
 chosen { bootargs = "old"; };
};
"""


def grub(arguments: str = XEN, kernel: str = "placeholder root=/dev/sda1 ro quiet") -> str:
    return GRUB.replace("ARGS", arguments).replace("KERNEL", kernel)


def manifest(folder: Path, text: str, *more: str) -> str:
    (folder / "grub.cfg").write_text(text)
    (folder / "system.dts").write_text(TREE)
    lines = ["[target]", 'xen = "4.20"', 'board = "zcu102"', "[inputs]", 'device-tree = "system.dts"']
    (folder / "colorcheck.toml").write_text("\n".join((*lines, 'grub-config = "grub.cfg"', *more)))
    return str(folder / "colorcheck.toml")


def arguments_of(config: GrubConfig) -> Passage:
    return present(present(config.entry).arguments)


def test_the_nodes_that_grub_makes(tmp_path: Path) -> None:
    tree = table(api.handover(manifest(tmp_path, grub())).to_dict()["tree"])
    chosen = {name: bytes.fromhex(value) for name, value in tree["/chosen"].items() if value is not None}
    assert chosen["bootargs"] == f"placeholder {XEN} no-real-mode edd=off".encode() + b"\0"
    assert chosen["#address-cells"] == chosen["#size-cells"] == b"\0\0\0\2"
    modules = [path for path in tree if path.startswith("/chosen/")]
    assert len(modules) == 2
    assert {bytes.fromhex(tree[path]["compatible"]) for path in modules} == {b"multiboot,module\0"}
    assert bytes.fromhex(tree[modules[0]]["bootargs"]) == b"placeholder root=/dev/sda1 ro quiet\0"
    assert "bootargs" not in tree[modules[1]]


def test_xen_takes_its_arguments_from_it(tmp_path: Path) -> None:
    found = api.effective(manifest(tmp_path, grub())).to_dict()
    assert (found["coloring"], table(found["xen"])["colors"]) == (True, [0, 1])
    assert [d["colors"] for d in rows(found["domains"]) if d["name"] == "dom0"] == [[2, 3, 4, 5, 6]]


def test_a_kernel_without_arguments_takes_xens_away(tmp_path: Path) -> None:
    assert api.effective(manifest(tmp_path, grub(kernel=""))).to_dict()["coloring"] is False


def test_nothing_about_memory_follows_from_it(tmp_path: Path) -> None:
    found = api.verify(manifest(tmp_path, grub())).to_dict()
    about = {t["verdict"] for t in rows(found["theorems"]) if t["id"].startswith(("memory", "boots", "placement"))}
    assert about == {"unknown"}
    pairs = {t["id"]: t["verdict"] for t in rows(found["theorems"]) if t["id"].startswith("separation/")}
    assert pairs["separation/xen/dom0"] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        grub("$extra " + XEN),
        grub() + grub("llc-coloring=on").replace('set default="0"', 'set default="${saved_entry}"'),
        grub().replace('set default="0"', "").replace("menuentry", 'if [ "$a" = "b" ]; then\nmenuentry') + "\nfi\n",
    ],
    ids=["a variable", "saved entry", "a condition"],
)
def test_what_the_file_does_not_say_is_open(tmp_path: Path, text: str) -> None:
    found = api.verify(manifest(tmp_path, text)).to_dict()
    assert {t["verdict"] for t in rows(found["theorems"])} <= {"unknown", "vacuous"}


def test_the_default_entry_of_several(tmp_path: Path) -> None:
    other = grub("llc-coloring=on xen-llc-colors=3").replace("set default", "set other").replace("Xen 4.20", "Xen 4.19")
    config = read_grub_config(grub().replace('default="0"', 'default="1"') + other, "grub.cfg")
    assert "xen-llc-colors=3" in arguments_of(config).text
    by_title = grub().replace('default="0"', "default='Debian GNU/Linux, with Xen 4.19-arm64'")
    assert "xen-llc-colors=3" in arguments_of(read_grub_config(by_title + other, "grub.cfg")).text


def test_places_stand_in_the_file() -> None:
    config = read_grub_config(grub(), "grub.cfg")
    passage = arguments_of(config)
    start = passage.text.index("dom0-llc-colors")
    place = passage.locate(start, start + 15)
    line = grub().split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith("dom0-llc-colors")


def test_the_defaults_of_a_distribution(tmp_path: Path) -> None:
    text = f'GRUB_DEFAULT=0\nGRUB_CMDLINE_XEN="{XEN}"\nGRUB_CMDLINE_XEN_DEFAULT="loglvl=all"\n'
    found = api.effective(manifest(tmp_path, text)).to_dict()
    assert (found["coloring"], table(found["xen"])["colors"]) == (True, [0, 1])
    unset = api.verify(manifest(tmp_path, 'GRUB_CMDLINE_XEN="$(cat /proc/colors)"\n')).to_dict()
    assert {t["verdict"] for t in rows(unset["theorems"])} <= {"unknown", "vacuous"}


@pytest.mark.parametrize("text", ["", "menuentry 'a' {\n linux /vmlinuz\n}\n", "\0", "{" * 20000, "if " * 9999])
def test_what_starts_no_xen_is_told(tmp_path: Path, text: str) -> None:
    found = api.verify(manifest(tmp_path, text)).to_dict()
    assert not [t for t in rows(found["theorems"]) if t["verdict"] == "proved" and "/" in t["id"]]
    assert json.dumps(found["findings"])


def entry(number: int) -> str:
    return f"menuentry 'T{number}' {{ xen_hypervisor /xen a{number}; xen_module /vmlinuz placeholder }}\n"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (entry(0) + entry(1), "a0"),
        ("set default=1\nmenuentry 'Reboot' { reboot }\n" + entry(1) + entry(2), "a1"),
        ("set default=1\nsubmenu 'S' {\n" + entry(0) + "}\n" + entry(1) + entry(2), "a1"),
        ("set default='0>1'\nsubmenu 'S' {\n" + entry(0) + entry(5) + "}\n" + entry(1), "a5"),
        ("set default=0\nsubmenu 'S' {\n" + entry(0) + "}\n" + entry(1), None),
        ("if [ a ]; then insmod x; else insmod y; fi\nset default=1\n" + entry(0) + entry(1), "a1"),
        ("if [ a ]; then set default=1; fi\n" + entry(0) + entry(1), None),
        ("function f {\n if [ a ]; then\n b\n fi\n}\n" + entry(0) + entry(1), "a0"),
        ("function f { set default=1; }\n" + entry(0) + entry(1), None),
        ("set default=1\nif [ a ]; then\nmenuentry 'L' { linux /x }\nfi\n" + entry(1) + entry(2), None),
        ("set default=1\nsource /custom.cfg\n" + entry(0) + entry(1), None),
        ("set default=q\n" + entry(1).replace("'T1'", "'T1' $menuentry_id_option 'q'") + entry(2), "a1"),
        (entry(0) + "menuentry 'T1'\n{\n xen_hypervisor /xen a1\n}\n", None),
        ("echo it's\n" + entry(0), None),
    ],
)
def test_entries_are_counted_as_grub_counts_them(text: str, arguments: str | None) -> None:
    chosen = read_grub_config(text, "grub.cfg").entry
    assert (chosen and present(chosen.arguments).text) == arguments


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a;" * 50_000 + "xen_hypervisor /xen a=1", "a=1"),
        ("echo " + "then " * 50_000 + "; xen_hypervisor /xen a=1", "a=1"),
        ("xen_hypervisor /xen " + "\\a" * 50_000, "a" * 50_000),
        ("xen_hypervisor /xen \\\n" + "a\\\n" * 10_000, "a" * 10_000),
    ],
)
def test_long_lines_are_read_in_linear_time(line: str, text: str) -> None:
    """None of them may take the square of its length."""
    found = read_grub_config(f"menuentry x {{\n{line}\n}}\n", "grub.cfg")
    assert found.entry is not None
    assert found.entry.arguments is not None
    assert found.entry.arguments.text == text


def test_columns_of_a_later_command() -> None:
    found = read_grub_config("menuentry x {\n  set a=b; xen_hypervisor /xen one two\n}\n", "grub.cfg")
    assert found.entry is not None
    assert found.entry.arguments is not None
    pieces = [place.column for _, place in found.entry.arguments.pieces]
    assert pieces == [32, 36]
