"""Which arguments Xen reads (`boot_fdt_cmdline`, measured: golden boots args-*, depth-*)."""

from pathlib import Path

import pytest

from colorcheck.core.units import MIB
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.xen.decided.context import read_arguments
from colorcheck.xen.facts.gather import facts_of
from colorcheck.xen.facts.keys import TREE
from colorcheck.xen.options.arguments import logged_command_line, xen_arguments
from colorcheck.xen.release.releases import release_of

KERNEL = 'compatible = "multiboot,kernel", "multiboot,module"; reg = <0 0>;'
RAMDISK = 'compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0 0>;'
PLAIN = 'compatible = "multiboot,module"; reg = <0 0>;'
DOMAIN = 'compatible = "xen,domain"; #address-cells = <1>; #size-cells = <1>;'


def written(folder: Path, chosen: str, target: str = "", config: str = "") -> Path:
    tree = f"/dts-v1/;\n/ {{ chosen {{ #address-cells = <1>; #size-cells = <1>; {chosen} }}; }};\n"
    (folder / "a.dts").write_text(tree)
    (folder / "xen.config").write_text(config)
    manifest = folder / "colorcheck.toml"
    manifest.write_text(f'[target]\n{target}\n[inputs]\ndevice-tree = "a.dts"\n')
    return manifest


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ('xen,xen-bootargs = "a"; bootargs = "b";', "a"),
        ('xen,xen-bootargs = "a", "c"; bootargs = "b";', "a"),
        ('xen,xen-bootargs = ""; bootargs = "b"; xen,dom0-bootargs = "c";', ""),
        ('bootargs = "b";', None),
        ('bootargs = "b"; xen,dom0-bootargs = "";', "b"),
        (f'bootargs = "b"; m {{ {KERNEL} bootargs = "x"; }};', "b"),
        (f'bootargs = "b"; m {{ {KERNEL} bootargs = "x"; status = "disabled"; }};', "b"),
        (f'bootargs = "b"; m {{ {KERNEL} bootargs = ""; }}; n {{ {KERNEL} bootargs = "x"; }};', None),
        (f'bootargs = "b"; m {{ {KERNEL} }}; n {{ {KERNEL} bootargs = "x"; }};', "b"),
        (f'bootargs = "b"; m {{ {KERNEL} }}; n {{ {RAMDISK} bootargs = "x"; }};', None),
        (f'bootargs = "b"; m {{ {PLAIN} bootargs = "x"; }};', "b"),
        (f'bootargs = "b"; m {{ {PLAIN} }}; n {{ {PLAIN} bootargs = "x"; }};', None),
        (f'bootargs = "b"; box {{ m {{ {KERNEL} bootargs = "x"; }}; }};', "b"),
        (f'bootargs = "b"; box {{ box {{ m {{ {KERNEL} bootargs = "x"; }}; }}; }};', None),
        (f'bootargs = "b"; d {{ {DOMAIN} m {{ {KERNEL} bootargs = "x"; }}; }};', None),
        (f'bootargs = "b"; d {{ {DOMAIN} m {{ {PLAIN} bootargs = "x"; }}; }}; n {{ {PLAIN} bootargs = "x"; }};', None),
        ('bootargs = "b"; m { compatible = "multiboot,kernel"; bootargs = "x"; };', None),
    ],
)
def test_in_the_tree(tmp_path: Path, chosen: str, found: str | None) -> None:
    deployment = read_deployment(read_manifest(str(written(tmp_path, chosen))))
    assert xen_arguments(deployment).text == (found or "")
    assert logged_command_line(deployment) == ("<NULL>" if found is None else found)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ('CONFIG_CMDLINE="x y"\n', "x y a"),
        ('CONFIG_CMDLINE="x y"\nCONFIG_CMDLINE_OVERRIDE=y\n', "x y"),
        ('CONFIG_CMDLINE=""\n# CONFIG_CMDLINE_OVERRIDE is not set\n', "a"),
    ],
)
@pytest.mark.parametrize("stated", [False, True])
def test_built_in(tmp_path: Path, config: str, found: str, *, stated: bool) -> None:
    lines = [line.removeprefix("CONFIG_").split("=") for line in config.splitlines() if not line.startswith("#")]
    given = [f"{name} = {'true' if value == 'y' else value}" for name, value in lines]
    target = "\n".join(["[target.config]", *given]) if stated else 'kconfig = "xen.config"'
    deployment = read_deployment(read_manifest(str(written(tmp_path, 'xen,xen-bootargs = "a";', target, config))))
    assert xen_arguments(deployment).text == found
    assert logged_command_line(deployment) == "a"


@pytest.mark.parametrize(
    ("arguments", "memory"),
    [
        ("", 128 * MIB),
        ("dom0_mem=64M", 64 * MIB),
        ("dom0_mem=x", 0),
        ("no-dom0_mem", 0),
        ("no-dom0_mem=1G", 128 * MIB),
    ],
)
def test_dom0s_memory_that_is_built_in(tmp_path: Path, arguments: str, memory: int) -> None:
    """CONFIG_DOM0_MEM counts where no argument sets dom0's memory (`create_dom0`)."""
    given = f'xen,xen-bootargs = "{arguments}";'
    manifest = written(tmp_path, given, 'kconfig = "xen.config"', 'CONFIG_DOM0_MEM="128M"\n')
    found = read_arguments(read_deployment(read_manifest(str(manifest))), release_of("4.22"))
    assert found.dom0_mem == memory
    place = found.dom0_mem_built_in
    assert (place is not None) == (memory == 128 * MIB)
    assert place is None or (Path(place.file).name, place.line, place.column) == ("xen.config", 1, 18)


@pytest.mark.parametrize(("loader", "open_"), [("", True), ('loader = "none"', False)])
def test_a_tree_of_xens_own_leaves_everything_open(tmp_path: Path, loader: str, *, open_: bool) -> None:
    """CONFIG_DTB_FILE: the boot loader's tree is not read; with `loader = "none"` the input is what Xen reads."""
    manifest = written(tmp_path, "", f'kconfig = "xen.config"\n{loader}', 'CONFIG_DTB_FILE="/boot/a.dtb"\n')
    facts = facts_of(read_deployment(read_manifest(str(manifest))), None)
    assert facts.is_open(TREE) == open_


@pytest.mark.parametrize("where", ["chosen@0 {};", 'chosen@1 { bootargs = "llc-coloring=off"; };'])
def test_a_second_chosen_leaves_everything_open(tmp_path: Path, where: str) -> None:
    """Xen's early scan takes it for /chosen, the code that builds domains does not."""
    manifest = written(tmp_path, "")
    tree = tmp_path / "a.dts"
    tree.write_text(tree.read_text() + f"\n/ {{ {where} }};\n")
    facts = facts_of(read_deployment(read_manifest(str(manifest))), None)
    assert facts.is_open(TREE)


def test_quotes_in_a_built_in_text(tmp_path: Path) -> None:
    text = 'CONFIG_CMDLINE="x=\\"a\\""\n'
    deployment = read_deployment(read_manifest(str(written(tmp_path, "", 'kconfig = "xen.config"', text))))
    assert xen_arguments(deployment).text == 'x="a"'


def test_a_value_that_two_places_give_differently_is_told(tmp_path: Path) -> None:
    target = 'kconfig = "xen.config"\n[target.config]\nNR_CPUS = 4'
    found = read_deployment(read_manifest(str(written(tmp_path, "", target, "CONFIG_NR_CPUS=8\n"))))
    assert [p.kind for p in found.problems] == ["kconfig-twice"]
    assert found.kconfig["NR_CPUS"] == "4"


def test_places_of_built_in_options(tmp_path: Path) -> None:
    text = '# made\nCONFIG_CMDLINE="x dom0_mem=1"\n'
    given = 'xen,xen-bootargs = "a";'
    found = xen_arguments(read_deployment(read_manifest(str(written(tmp_path, given, 'kconfig = "xen.config"', text)))))
    place = found.part(2, 12).whole
    assert (Path(place.file).name, place.line, place.column, place.end_column) == ("xen.config", 2, 19, 29)
    assert Path(found.part(13, 14).whole.file).name == "a.dts"
