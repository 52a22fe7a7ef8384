"""Plans beyond colors: lines that xl refuses, lists that Xen would cut, another reserve, modules in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.cli import main
from colorcheck.core.colors import ColorSet
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.files.edits import originals, write
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.plan.edits import edits_of
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.plan import Planned
from tests.loader.u_boot_cases import stub
from tests.plan.test_plan_edits import colors_now, copied, planned
from tests.shapes import table


def with_arguments(manifest: Path, arguments: str) -> Path:
    text = manifest.read_text(encoding="utf-8")
    changed = text.replace("[inputs]", f"[inputs]\nboot-arguments = '{arguments}'  # as U-Boot has it")
    manifest.write_text(changed, encoding="utf-8")
    return manifest


def written(manifest: Path, found: Planned) -> None:
    assert write(originals(found.plan.edits)[0], found.plan.edits) == ()


@pytest.mark.parametrize(
    "line",
    [
        'llc-colors = ["14-15"]  # the last two',
        '  "llc_colors" = ["14-15"]',
        'llc_colors = ["14-15"',
        "llc_colors = 14-15",
        "LLC.Colors = [14, 15]",
    ],
)
def test_a_line_that_xl_refuses_is_mended_and_its_guest_counted(line: str, tmp_path: Path) -> None:
    manifest = copied("rpi4-xl", tmp_path)
    guest = manifest.parent / "gateway.cfg"
    text = guest.read_text(encoding="utf-8")
    guest.write_text(text.replace('llc-colors = ["14-15"]', f"{line}\nextra = 'x'"), encoding="utf-8")
    found = planned(manifest)
    needed = next(each.pages_needed for each in found.plan.domains if each.name == "gateway")
    assert needed > 256 * 256
    written(manifest, found)
    now = guest.read_text(encoding="utf-8")
    assert now.count("\n") == text.count("\n") + 1
    assert ("# the last two" in now) == ("#" in line)
    assert colors_now(manifest)["gateway"] == found.plan.colors("gateway")
    summary = table(pipeline.verify(read_manifest(str(manifest))).to_dict()["summary"])
    assert summary["refuted"] == summary["unknown"] == summary["vacuous"] == 0


def test_a_file_that_cannot_be_mended_is_told(tmp_path: Path) -> None:
    manifest = copied("rpi4-xl", tmp_path)
    (manifest.parent / "gateway.cfg").write_text("name = gateway\nmemory = 256\n", encoding="utf-8")
    found = planned(manifest)
    assert [problem.location.line for problem in found.problems if problem.kind == "unread-guest"] == [1]


def test_the_manifests_own_boot_arguments_are_edited(tmp_path: Path) -> None:
    arguments = "dom0_mem=1600M llc-coloring=on xen-llc-colors=0-3 dom0-llc-colors=4-7"
    manifest = with_arguments(copied("zcu102-1600m", tmp_path), arguments)
    before = manifest.read_text(encoding="utf-8")
    found = planned(manifest)
    assert {edit.location.file for edit in found.plan.edits} == {str(manifest)}
    written(manifest, found)
    now = manifest.read_text(encoding="utf-8")
    plan = found.plan
    assert now == before.replace("=0-3 ", f"={plan.colors('xen')} ").replace("=4-7", f"={plan.colors('dom0')}")
    assert colors_now(manifest) == {each.name: each.colors for each in plan.domains}


def test_write_verifies_the_manifest_that_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "dom0_mem=1600M llc-coloring=on xen-llc-colors=0-3 dom0-llc-colors=3-12"
    manifest = with_arguments(copied("zcu102-1600m", tmp_path), arguments)
    assert main(["verify", str(manifest)]) == 1
    assert main(["plan", str(manifest), "--write"]) == 0
    assert "verified again" in capsys.readouterr().out
    assert main(["verify", str(manifest)]) == 0


def test_imagebuilders_arguments_are_edited(tmp_path: Path) -> None:
    manifest = copied("image-builder", tmp_path)
    config = manifest.parent / "config"
    text = config.read_text(encoding="utf-8").replace("dom0-llc-colors=1-7", "dom0-llc-colors=0-7")
    config.write_text(text, encoding="utf-8")
    for name in (
        "system.dtb",
        "xen",
        "Image-dom0",
        "initrd.cpio",
        "Image-rt",
        "Image-gui",
    ):  # else their sizes are open
        (manifest.parent / name).write_bytes((stub(0x17C000) if name == "xen" else b"").ljust(4096, b"\0"))
    found = planned(manifest)
    assert found.plan.colors("dom0").isdisjoint(found.plan.colors("xen"))
    written(manifest, found)
    assert config.read_text(encoding="utf-8") == text.replace(
        "dom0-llc-colors=0-7", f"dom0-llc-colors={found.plan.colors('dom0')}"
    )
    now = colors_now(manifest)
    assert (now["xen"], now["dom0"]) == (found.plan.colors("xen"), found.plan.colors("dom0"))
    assert {problem.kind for problem in found.problems} == {"no-place"}


def scattered(tmp_path: Path) -> Path:
    """dom0 with every second one of 128 colors, twelve more than an option has room for."""
    manifest = copied("zcu102-1600m", tmp_path)
    colors = ",".join(str(color) for color in range(2, 40, 2))
    arguments = f"dom0_mem=512M llc-coloring=on llc-size=8M llc-nr-ways=16 xen-llc-colors=0 dom0-llc-colors={colors}"
    return with_arguments(manifest, arguments)


def test_a_list_that_xen_would_cut_is_never_written(tmp_path: Path) -> None:
    manifest = scattered(tmp_path)
    text = manifest.read_text(encoding="utf-8")
    tail = ",".join(str(color) for color in range(40, 128, 2))
    manifest.write_text(text.replace("38' ", f"38,{tail}' "), encoding="utf-8")
    found = planned(manifest)
    for edit in found.plan.edits:
        assert len(f"dom0-llc-colors={edit.new_text}") <= 127
    assert found.plan.edits
    written(manifest, found)
    assert colors_now(manifest) == {each.name: each.colors for each in found.plan.domains}


def test_a_list_too_long_for_an_option_leaves_everything_unwritten(tmp_path: Path) -> None:
    manifest = scattered(tmp_path)
    facts = pipeline.effective(read_manifest(str(manifest))).facts
    found, system = planned(manifest), facts.results[0].system
    assert found.problem is not None
    assert system is not None
    colors = {"dom0": ColorSet.of(range(1, 128, 2)), "xen": ColorSet.of([2])}
    domains = tuple(replace(each, colors=colors[each.name]) for each in found.plan.domains)
    written_so = edits_of(replace(found.plan, domains=domains), found.problem, facts.deployment, system)
    assert written_so.edits == ()
    assert [problem.kind for problem in written_so.problems] == ["option-cut"]


def test_too_many_ranges_are_planned_again_with_fewer(tmp_path: Path) -> None:
    """Least changed is what dom0 has today, with 30 single colors more: too long a list, so it is made again."""
    manifest = scattered(tmp_path)
    tail = "[policy]\nobjectives = ['changes']\n[domains.dom0]\nmin-colors = 60\n"
    manifest.write_text(manifest.read_text(encoding="utf-8") + tail, encoding="utf-8")
    found = planned(manifest)
    assert found.plan.edits
    assert [problem.kind for problem in found.problems] == [ProblemKind.NO_PLACE], "the boot loader has to follow"
    assert len(str(found.plan.colors("dom0"))) + len("dom0-llc-colors=") <= 127


def test_a_module_in_the_way_of_xen_is_told_with_a_place_for_it(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    tree = manifest.parent / "system.dts"
    text = tree.read_text(encoding="utf-8").replace(" 0x80000000>, <0x8 0x0 0x0 0x80000000>", " 0x4000000>")
    text = text.replace("module@1000000", "module@1c00000").replace("<0x0 0x1000000 ", "<0x0 0x1c00000 ")
    tree.write_text(text, encoding="utf-8")
    found = planned(manifest)
    assert found.plan.status == "infeasible"
    assert [each.name for each in found.plan.core] == ["relocation"]
    (repair,) = found.plan.repairs
    assert repair.kind == "module"
    tree.write_text(text.replace("0x1c00000", f"{repair.amount:#x}"), encoding="utf-8")
    assert "relocation" not in [each.name for each in planned(manifest).plan.core]


def test_the_reserve_is_chosen_where_nothing_else_helps(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    arguments = "dom0_mem={}M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-15"
    original = manifest.read_text(encoding="utf-8")
    with_arguments(manifest, arguments.format(1600))
    room = planned(manifest).plan
    available = next(each.pages_available for each in room.domains if each.name == "dom0") // 256
    manifest.write_text(original, encoding="utf-8")
    with_arguments(manifest, arguments.format(available + 10))
    clash = planned(manifest)
    assert clash.plan.status == "infeasible"
    repair = next(each for each in clash.plan.repairs if each.kind == "reserve")
    assert [edit.new_text for edit in repair.edits] == [f" {repair.text.removeprefix('set ')}"]
    found = planned(manifest, choose_reserve=True)
    assert found.plan.status in {"optimal", "feasible"}
    written(manifest, found)
    assert repair.text.removeprefix("set ") in manifest.read_text(encoding="utf-8")
    verified = pipeline.verify(read_manifest(str(manifest)))
    assert table(verified.to_dict()["summary"])["refuted"] == 0
    assert colors_now(manifest)["dom0"] == found.plan.colors("dom0") == ColorSet.of(range(1, 16))


def test_a_given_reserve_is_replaced(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    arguments = "dom0_mem=1600M buddy-alloc-size=3G llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-15"
    with_arguments(manifest, arguments)
    before = manifest.read_text(encoding="utf-8")
    found = planned(manifest, choose_reserve=True)
    size = next(edit.new_text for edit in found.plan.edits if edit.new_text.endswith("M"))
    written(manifest, found)
    assert manifest.read_text(encoding="utf-8").count("buddy-alloc-size") == before.count("buddy-alloc-size") == 1
    assert f"buddy-alloc-size={size} llc" in manifest.read_text(encoding="utf-8")
