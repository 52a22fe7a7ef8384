"""A plan in the files: only values change, and read again they give the plan's colors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from colorcheck.core.colors import ColorSet
from colorcheck.files.edits import diff, originals, write
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.plan.pose import PlanOptions
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.plan import Planned
from tests.shapes import table

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("rpi4-xl", "xen-guide", "zcu102-1600m", "zcu102-dom0less")


def copied(name: str, tmp_path: Path) -> Path:
    for folder in (name, "device-trees"):
        if (EXAMPLES / folder).exists():
            shutil.copytree(EXAMPLES / folder, tmp_path / folder)
    return tmp_path / name / "colorcheck.toml"


def planned(manifest: Path, **options: object) -> Planned:
    return pipeline.plan(read_manifest(str(manifest)), PlanOptions(**options))[0]  # type: ignore[arg-type]


def colors_now(manifest: Path) -> dict[str, ColorSet]:
    system = pipeline.effective(read_manifest(str(manifest))).facts.results[0].system
    assert system is not None
    found = {domain.name: ColorSet.of(domain.colors) for domain in system.domains}
    return {"xen": ColorSet.of(system.xen_colors), **found}


@pytest.mark.parametrize("name", NAMES)
def test_written_and_read_again_the_files_have_the_plans_colors(name: str, tmp_path: Path) -> None:
    manifest = copied(name, tmp_path)
    found = planned(manifest, full=True)
    assert found.plan.edits
    files, problems = originals(found.plan.edits)
    assert not problems
    before = {path: original.text.count("\n") for path, original in files.items()}
    shown = diff(files, found.plan.edits)
    assert write(files, found.plan.edits) == ()
    for path, lines in before.items():
        added = Path(path).read_text(encoding="utf-8").count("\n") - lines
        assert 0 <= added <= 1
        assert f"--- a{path}".encode() in shown
    now = colors_now(manifest)
    for each in found.plan.domains:
        assert now[each.name] == each.colors
    again = planned(manifest, full=True)
    assert {e.name: e.colors for e in again.plan.domains} == {e.name: e.colors for e in found.plan.domains}


def test_a_plan_mends_the_guides_example(tmp_path: Path) -> None:
    manifest = copied("xen-guide", tmp_path)
    assert table(pipeline.verify(read_manifest(str(manifest))).to_dict()["summary"])["refuted"]
    edits = planned(manifest).plan.edits
    assert write(originals(edits)[0], edits) == ()
    summary = table(pipeline.verify(read_manifest(str(manifest))).to_dict()["summary"])
    assert summary["refuted"] == summary["unknown"] == summary["vacuous"] == 0


def test_kept_colors_are_not_touched(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    found = planned(manifest, keep=("xen",))
    assert found.plan.colors("xen") == ColorSet.of(range(4))
    assert len(found.plan.edits) == 1
    assert b"xen-llc-colors=0-3 " in diff(originals(found.plan.edits)[0], found.plan.edits)


def test_seven_colors_are_the_least_for_1600_mib(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text + "\n[domains.dom0]\nmax-colors = 7\n", encoding="utf-8")
    assert len(planned(manifest).plan.colors("dom0")) == 7
    manifest.write_text(text + "\n[domains.dom0]\nmax-colors = 6\n", encoding="utf-8")
    found = planned(manifest).plan
    assert found.status == "infeasible"
    assert {each.name for each in found.core} == {"max-colors dom0", "memory dom0"}
    assert any(repair.kind == "colors" and repair.amount == 1 for repair in found.repairs)


def test_missing_options_are_put_in(tmp_path: Path) -> None:
    manifest = copied("zcu102-1600m", tmp_path)
    tree = manifest.parent / "system.dts"
    text = tree.read_text(encoding="utf-8").replace(" xen-llc-colors=0-3 dom0-llc-colors=4-7", "")
    tree.write_text(text, encoding="utf-8")
    found = planned(manifest)
    assert write(originals(found.plan.edits)[0], found.plan.edits) == ()
    now = colors_now(manifest)
    assert now["dom0"] == found.plan.colors("dom0")
    assert now["xen"] == found.plan.colors("xen")
    assert 'llc-coloring=on dom0-llc-colors=1-15"' in tree.read_text(encoding="utf-8")


def test_a_missing_property_gets_a_line_of_its_own(tmp_path: Path) -> None:
    manifest = copied("xen-guide", tmp_path)
    tree = manifest.parent / "system.dts"
    text = tree.read_text(encoding="utf-8")
    tree.write_text(text.replace('\t\t\tllc-colors = "4-8,10,11,12";\n', ""), encoding="utf-8")
    found = planned(manifest)
    assert write(originals(found.plan.edits)[0], found.plan.edits) == ()
    assert f'\n\t\t\tllc-colors = "{found.plan.colors("domU1")}";\n\t\t\t' in tree.read_text(encoding="utf-8")


def test_an_unknown_name_is_told(tmp_path: Path) -> None:
    found = planned(copied("xen-guide", tmp_path), keep=("domU9",), objectives=("speed",))
    assert {problem.kind for problem in found.problems} == {"unknown-domain", "unknown-objective"}


def test_miss_curves_come_from_files(tmp_path: Path) -> None:
    manifest = copied("zcu102-dom0less", tmp_path)
    curves = {"dom0": "1, 900\n2,800\n", "control": "colors,misses\n1, 1000\n4, 10  # fits\n", "telemetry": "1, 50\n"}
    text = manifest.read_text(encoding="utf-8").partition("[domains.")[0]
    for name, curve in curves.items():
        (manifest.parent / f"{name}.csv").write_text(curve, encoding="utf-8")
        text += f'\n[domains.{name}]\nmiss-curve = "{name}.csv"\n'
    manifest.write_text(text, encoding="utf-8")
    found = planned(manifest, full=True).plan
    misses = found.objective[0]
    assert (misses.name, misses.value, misses.optimal) == ("misses", 800 + 10 + 50, True)
    (manifest.parent / "control.csv").write_text("1, many\n", encoding="utf-8")
    assert [problem.kind for problem in planned(manifest).problems] == ["miss-curve"]


def test_every_range_is_an_element_of_its_own(tmp_path: Path) -> None:
    """xl reads one range of an element and silently drops the rest."""
    manifest = copied("rpi4-xl", tmp_path)
    policy = "[domains.control]\nmin-colors = 6\n"  # more than any run of neighbors that dom0 leaves
    manifest.write_text(manifest.read_text(encoding="utf-8") + policy, encoding="utf-8")
    tree = manifest.parent / "bcm2711-rpi-4-b.dts"
    text = tree.read_text(encoding="utf-8").replace("dom0-llc-colors=2-3", "dom0-llc-colors=5,10")
    tree.write_text(text, encoding="utf-8")
    edits = planned(manifest, keep=("dom0",)).plan.edits
    written = [edit.new_text for edit in edits if edit.location.file.endswith(".cfg")]
    assert any("," in text for text in written)
    for text in written:
        values = text.partition("=")[2] or text
        assert all("," not in element for element in values.split('"')[1::2])
