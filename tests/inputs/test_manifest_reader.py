"""colorcheck.toml: values, places, layers, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest import Manifest, Share
from colorcheck.inputs.manifest.manifest_keys import DOMAIN_KEYS, KEYS, SECTIONS
from colorcheck.inputs.manifest.manifest_reader import COMMAND_LINE, ManifestError, manifest_of_options, read_manifest
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline


def manifest(folder: Path, text: str, **options: object) -> Manifest:
    path = folder / "colorcheck.toml"
    path.write_text(text, encoding="utf-8")
    return read_manifest(str(path), {key.replace("__", ".").replace("_", "-"): v for key, v in options.items()})


FULL = """\
[target]
xen = ["4.20", "4.22"]
board = "zcu102"
xen-image = "xen"
xen-image-size = 0x174000
xen-attested = "xen-attested.json"
xen-address = "2M"
device-tree-address = 0x8000000
device-tree-size = "36 KiB"
kconfig = ".config"
loader = "u-boot"
boot-cpu = 0
u-boot = "2023.01"
u-boot-shell = "old"
u-boot-overlays = true
memory = [[0x0, 0x80000000], ["0x800000000", "2G"]]

[inputs]
device-tree = "system.dtb"
include = ["kernel/include"]
overlays = "extra.dtbo"
boot-arguments = "dom0_mem=1G llc-coloring=on"
domains = ["rt.cfg", "guests/*.cfg"]
image-builder = "config"
boot-script = "boot.cmd"
uefi-config = "xen.cfg"
efi-memory-map = "memmap.txt"
boot-log = "serial.txt"
grub-config = "grub.cfg"
system-dump = "board.tar"

[policy]
creation-order = "any"
objectives = ["misses", "margin"]
prove = "separation/*"
[[policy.share]]
domains = ["dom0", "gui"]
reason = "both best effort"
[domains.rt]
critical = true
min-colors = 2
max-colors = 4
weight = 3
miss-curve = "rt.csv"
min-cache = "256 KiB"
max-slowdown = "10 %"
max-misses = 1.05
kernel-size = 0x1400000
restarts = 2
[rules]
select = ["CC1", "CC4"]
ignore = "CC115, shared-colors"
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    found = manifest(tmp_path, FULL)
    assert not found.problems
    target = found.target
    assert (target.xen, target.board, target.kconfig) == (("4.20", "4.22"), "zcu102", ".config")
    assert (target.xen_image, target.xen_image_size, target.xen_address) == ("xen", 0x174000, 2 << 20)
    assert (target.device_tree_address, target.device_tree_size) == (0x8000000, 36 << 10)
    assert target.memory == ((0, 0x80000000), (0x800000000, 2 << 30))
    assert found.include == ("kernel/include",)
    assert (found.device_tree, found.overlays, found.image_builder) == ("system.dtb", ("extra.dtbo",), "config")
    assert found.domains == ("rt.cfg", "guests/*.cfg")
    assert str(found.boot_arguments) == "dom0_mem=1G llc-coloring=on"
    assert (found.policy.creation_order, found.policy.objectives) == ("any", ("misses", "margin"))
    assert found.select == ("CC1", "CC4")
    assert [(each.rules, each.reason) for each in found.ignore] == [(("CC115", "shared-colors"), "")]
    assert [(s.domains, s.reason) for s in found.policy.shares] == [(("dom0", "gui"), "both best effort")]
    (rt,) = found.domain_policies
    assert (rt.name, rt.critical, rt.min_colors, rt.max_colors, rt.weight, rt.miss_curve) == (
        "rt", True, 2, 4, 3.0, "rt.csv",
    )  # fmt: skip


def test_the_full_example_uses_every_known_key() -> None:
    names = {key.name for key in (*KEYS, *DOMAIN_KEYS)}
    assert {name for name in names if f"\n{name} = " not in FULL} == set()
    assert all(key.path.split(".")[0] in SECTIONS for key in KEYS)


def test_characters_of_boot_arguments_know_their_place(tmp_path: Path) -> None:
    found = manifest(tmp_path, FULL).boot_arguments
    assert found is not None
    at = found.locate(9, 21)
    assert (at.line, at.column, at.end_line, at.end_column) == (22, 28, 22, 40)


def test_locations_are_those_of_values(tmp_path: Path) -> None:
    found = manifest(tmp_path, FULL)
    assert (found.location("target.board").line, found.location("target.board").column) == (3, 9)
    assert found.location("policy.share.0.reason").line == 38
    assert found.location("inputs.nothing").line == 0


def test_the_command_line_wins(tmp_path: Path) -> None:
    found = manifest(tmp_path, FULL, target__board="rpi4", target__xen=["4.21"], target__xen_image_size="0x17c000")
    assert (found.target.board, found.target.xen, found.target.xen_image_size) == ("rpi4", ("4.21",), 0x17C000)
    assert found.location("target.board").file == COMMAND_LINE
    assert found.target.kconfig == ".config"


def test_a_manifest_of_options_alone() -> None:
    found = manifest_of_options({"inputs.domains": ["rt.cfg"], "target.memory": ["0x0+2G"]})
    assert (found.domains, found.target.memory, found.target.xen) == (("rt.cfg",), ((0, 2 << 30),), ("4.20",))


@pytest.mark.parametrize(
    ("text", "line", "message", "advice"),
    [
        ('[target]\nbord = "zcu102"', 2, 'unknown key "target.bord"', 'did you mean "board"?'),
        ('[traget]\nxen = "4.20"', 1, 'unknown key "traget"', 'did you mean "target"?'),
        ('[inputs]\ndevice_tree = "x"', 2, 'unknown key "inputs.device_tree"', 'did you mean "device-tree"?'),
        ("[domains.rt]\nmin-color = 2", 2, 'unknown key "domains.rt.min-color"', 'did you mean "min-colors"?'),
        ("[target]\nxen = 4.20", 2, "target.xen is 4.2", "write a string"),
        ("[target]\nxen-image-size = -1", 2, "target.xen-image-size is -1", "write a positive number of bytes"),
        ('[target]\nxen-image-size = "big"', 2, 'target.xen-image-size is the text "big"', "write a positive number"),
        ("[target]\nmemory = [1, 2]", 2, "target.memory is a list", "[start, size]"),
        ("target = 3", 1, "target is 3", "write a table: write [target]"),
        ("[domains]\nrt = 3", 2, "domains.rt is 3", "[domains.rt]"),
        ("[domains.rt]\ncritical = 1", 2, "domains.rt.critical is 1", "write true or false"),
        ('[policy]\ncreation-order = "random"', 2, 'the text "random"', '"as-listed" or "any"'),
        ('[[policy.share]]\ndomains = ["a", "b"]', 1, "a share without a reason", "reason"),
        ('[[policy.share]]\ndomains = ["a", "b"]\nreason = " "', 1, "a share without a reason", "reason"),
        ('[[policy.share]]\ndomains = ["a"]\nreason = "x"', 1, "fewer than two domains", "domains"),
        ("[policy]\nshare = 3", 2, "policy.share is 3", "[[policy.share]]"),
    ],
)
def test_what_is_wrong_has_a_place_and_advice(tmp_path: Path, text: str, line: int, message: str, advice: str) -> None:
    (problem,) = manifest(tmp_path, text).problems
    assert problem.location.line == line
    assert message in problem.message
    assert advice in problem.help


def test_a_share_that_is_wrong_shares_nothing(tmp_path: Path) -> None:
    found = manifest(
        tmp_path, '[[policy.share]]\ndomains = ["a", "b"]\n[[policy.share]]\ndomains = ["a", "c"]\nreason = "r"'
    )
    assert [share.domains for share in found.policy.shares] == [("a", "c")]
    assert isinstance(found.policy.shares[0], Share)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"[target\nxen", 1, "not valid TOML"),
        (b"[target]\nxen = \n", 2, "not valid TOML"),
        (b"[target]\nboard = \"\xff\"", 2, "not UTF-8"),
        (b"\x00\x01\x02", 1, "not valid TOML"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, 0, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read(tmp_path: Path, content: bytes, line: int, message: str) -> None:
    path = tmp_path / "colorcheck.toml"
    path.write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        read_manifest(str(path))
    assert caught.value.problem.location.line == line
    assert message in str(caught.value)


def test_a_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        read_manifest(str(tmp_path / "colorcheck.toml"))
    with pytest.raises(ManifestError, match="directory"):
        read_manifest(str(tmp_path))


def test_a_byte_order_mark_and_dos_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "colorcheck.toml"
    path.write_bytes(b'\xef\xbb\xbf[target]\r\nboard = "rpi4"\r\n')
    found = read_manifest(str(path))
    assert found.target.board == "rpi4"
    assert found.location("target.board").line == 2


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("xen-address = 0x200001", "CC005"),
        ('xen-address = "0x200800"', "CC005"),
        ("device-tree-address = 0x100001", "CC005"),
        ("device-tree-address = 0", "CC005"),
        ("device-tree-size = 0", "CC005"),
        ("xen-image-size = 0", "CC005"),
        ("config = { llc_coloring = false }", "CC004"),
        ('config = { LLC_COLORING = "N" }', "CC005"),
        ('config = { LLC_COLORING = "no" }', "CC005"),
        ('config = { LLC_COLORING = " y" }', "CC005"),
        ("config = { llc-coloring = false }", "CC004"),
    ],
)
def test_what_no_xen_can_have_is_an_error(line: str, rule: str, tmp_path: Path) -> None:
    named = str(Example(placed=False, target=f"{line}\n").write(tmp_path))
    found = pipeline.verify(read_manifest(named))
    assert [each.rule for each in found.findings if each.rule in ("CC004", "CC005")] == [rule]
    assert found.exit_status() == 1


@pytest.mark.parametrize("config", ["llc_coloring = false", 'LLC_COLORING = "N"', 'LLC_COLORING = "no"'])
def test_coloring_that_is_meant_to_be_left_out_is_not_built_in(config: str, tmp_path: Path) -> None:
    named = str(Example(target=f"config = {{ {config} }}\n").write(tmp_path))
    found = pipeline.verify(read_manifest(named))
    assert "CC121" in {each.rule for each in found.findings}


@pytest.mark.parametrize(
    "line",
    [
        "xen-address = 0x201000",
        "device-tree-address = 0x100008",
        "config = { CONFIG_LLC_COLORING = true }",
        'config = { LLC_COLORING = "y", SCHED_DEFAULT = "null", BUDDY_ALLOCATOR_SIZE = 64 }',
    ],
)
def test_what_a_xen_can_have_is_accepted(line: str, tmp_path: Path) -> None:
    named = str(Example(placed=False, target=f"{line}\n").write(tmp_path))
    found = pipeline.verify(read_manifest(named))
    assert not [each for each in found.findings if each.rule in ("CC004", "CC005")]
