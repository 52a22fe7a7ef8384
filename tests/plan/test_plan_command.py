"""`colorcheck plan` from files to files: written, saved, applied, taken back, asked; plans through the whole way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.cli import main
from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Verdict
from colorcheck.inputs.device_tree.read import read_device_tree
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.plan.overlay_blob import overlay_blob
from colorcheck.plan.pose import PlanOptions
from colorcheck.plan.search.evaluate import faults, measure
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.workflows import plan_write
from colorcheck.workflows import verify as pipeline
from tests.plan.test_plan_edits import copied

GUIDE = "xen-guide"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["plan", *words])
    out = capsys.readouterr()
    return status, out.out, out.err


def test_a_saved_plan_is_written_once_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(GUIDE, tmp_path).parent
    tree, before = folder / "system.dts", (folder / "system.dts").read_bytes()
    saved = tmp_path / "plan.json"
    assert run(capsys, str(folder), "--out", str(saved))[0] == 0
    assert tree.read_bytes() == before
    document = json.loads(saved.read_text())
    assert document["schema"] == "colorcheck/plan/1"
    assert {entry["file"] for entry in document["inputs"]} >= {"colorcheck.toml", "system.dts"}
    status, out, _ = run(capsys, str(folder), "--apply", str(saved))
    assert (status, "verified again: PROVED" in out) == (0, True)
    assert tree.read_bytes() != before
    status, _, err = run(capsys, str(folder), "--apply", str(saved))
    assert (status, "has changed since the plan was made" in err) == (2, True)
    assert run(capsys, str(folder), "--undo")[0] == 0
    assert tree.read_bytes() == before
    assert not (folder / plan_write.UNDO).exists()
    assert run(capsys, str(folder), "--undo")[0] == 2


def test_undo_touches_nothing_that_changed_or_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(GUIDE, tmp_path).parent
    run(capsys, str(folder), "--write")
    tree = folder / "system.dts"
    mine = tree.read_text() + "\n// mine\n"
    tree.write_text(mine)
    assert run(capsys, str(folder), "--undo")[0] == 2
    assert tree.read_text() == mine
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    remembered = json.loads((folder / plan_write.UNDO).read_text())
    remembered["files"] = [{**remembered["files"][0], "file": "../victim"}]
    (folder / plan_write.UNDO).write_text(json.dumps(remembered))
    status, _, err = run(capsys, str(folder), "--undo")
    assert (status, "not an input of this deployment" in err) == (2, True)
    assert victim.read_text() == "untouched"


@pytest.mark.parametrize("files", [None, [], [3], [{"file": 7}], [{"file": "system.dts\0", "sha256": ""}]])
def test_a_damaged_memory_is_not_undone(files: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(GUIDE, tmp_path).parent
    (folder / plan_write.UNDO).write_text(json.dumps({"schema": plan_write.UNDO_SCHEMA, "files": files}))
    status, _, err = run(capsys, str(folder), "--undo")
    assert (status, "is damaged; nothing was changed" in err) == (2, True)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema": "colorcheck/plan/1"}', "{" * 9999])
def test_what_is_no_plan_is_not_applied(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(GUIDE, tmp_path).parent
    (tmp_path / "plan.json").write_text(content)
    assert run(capsys, str(folder), "--apply", str(tmp_path / "plan.json"))[0] == 2


def test_a_plan_that_changes_other_files_is_not_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copied(GUIDE, tmp_path).parent
    saved = tmp_path / "plan.json"
    run(capsys, str(folder), "--out", str(saved))
    document = json.loads(saved.read_text())
    (tmp_path / "victim").write_text("untouched\n")
    document["edits"][0]["file"] = "../victim"
    saved.write_text(json.dumps(document))
    status, _, err = run(capsys, str(folder), "--apply", str(saved))
    assert (status, "not an input of this deployment" in err) == (2, True)
    assert (tmp_path / "victim").read_text() == "untouched\n"


def test_what_does_not_verify_is_put_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(GUIDE, tmp_path).parent
    before = (folder / "system.dts").read_bytes()
    monkeypatch.setattr(plan_write, "_wrong", lambda *_: "something is refuted")
    status, _, err = run(capsys, str(folder), "--write")
    assert (status, "all files are unchanged" in err) == (1, True)
    assert (folder / "system.dts").read_bytes() == before
    assert not (folder / plan_write.UNDO).exists()


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "kept").write_text("mine")


def _read_only(path: Path) -> None:
    path.write_text("mine")
    path.chmod(0o444)


def _large(path: Path) -> None:
    path.write_bytes(b"x" * (plan_write.MOST_BYTES + 1))


def _two_names(path: Path) -> None:
    path.write_text("mine")
    path.with_name("other").hardlink_to(path)


def _old_memory(path: Path) -> None:
    path.write_text('{"schema": "another"}')


UNDO_FILES = [_directory, _read_only, _large, _two_names, _old_memory, lambda path: path.write_bytes(b"x" * (17 << 20))]


def _seen(path: Path) -> object:
    return sorted(each.name for each in path.iterdir()) if path.is_dir() else path.read_bytes()


@pytest.mark.parametrize("occupy", UNDO_FILES)
@pytest.mark.parametrize("wrong", ["something is refuted", ""])
def test_whatever_is_in_the_place_of_the_undo_file_no_file_is_lost(
    occupy: Callable[[Path], object],
    wrong: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = copied(GUIDE, tmp_path).parent
    before = (folder / "system.dts").read_bytes()
    memory = folder / plan_write.UNDO
    occupy(memory)
    was = _seen(memory)
    if wrong:
        monkeypatch.setattr(plan_write, "_wrong", lambda *_: wrong)
    status, out, err = run(capsys, str(folder), "--write")
    if wrong:
        assert (status, "all files are unchanged" in err) == (1, True)
        assert (folder / "system.dts").read_bytes() == before
        assert _seen(memory) == was
    else:
        assert (status, (folder / "system.dts").read_bytes() != before) == (0, True)
        assert ("--undo cannot take this back" in out) == (_seen(memory) == was)


@pytest.mark.parametrize("how", ["edited", "read-only"])
def test_a_file_that_cannot_be_put_back_is_named(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(GUIDE, tmp_path).parent
    tree, before = folder / "system.dts", (folder / "system.dts").read_bytes()

    def meanwhile(*_: object) -> str:
        if how == "edited":
            tree.write_text("mine")
        else:
            tree.chmod(0o444)
        return "something is refuted"

    monkeypatch.setattr(plan_write, "_wrong", meanwhile)
    status, _, err = run(capsys, str(folder), "--write")
    assert (status, "unchanged" in err) == (1, False)
    assert "system.dts" in err
    assert plan_write.UNDO in err
    if how == "edited":
        assert tree.read_text() == "mine"
    else:
        tree.chmod(0o644)
        assert run(capsys, str(folder), "--undo")[0] == 0
        assert tree.read_bytes() == before


def blob(tmp_path: Path) -> Path:
    """The guide's example with its tree as a blob."""
    compiler = shutil.which("dtc")
    if compiler is None:
        pytest.skip("needs dtc: install device-tree-compiler")
    import subprocess

    folder = copied(GUIDE, tmp_path).parent
    source = folder / "system.dts"
    subprocess.run([compiler, "-q", "-O", "dtb", "-o", str(folder / "system.dtb"), str(source)], check=True)
    source.unlink()
    manifest = folder / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("system.dts", "system.dtb"))
    return folder


def test_a_blob_gets_a_compiled_overlay_and_a_line_of_the_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = blob(tmp_path)
    written = (folder / "system.dtb").read_bytes()
    status, out, err = run(capsys, str(folder), "--write")
    assert (status, "verified again: PROVED" in out) == (0, True)
    assert "the boot loader has to apply colorcheck-plan.dtbo" in err
    assert 'overlays = ["colorcheck-plan.dtbo"]' in (folder / "colorcheck.toml").read_text()
    assert (folder / "system.dtb").read_bytes() == written
    status, out, _ = run(capsys, str(folder), "--full", "--write")
    assert 'overlays = ["colorcheck-plan.dtbo", "colorcheck-plan-2.dtbo"]' in (folder / "colorcheck.toml").read_text()
    assert run(capsys, str(folder), "--undo")[0] == 0
    assert not (folder / "colorcheck-plan-2.dtbo").exists()


def test_the_overlay_is_one(tmp_path: Path) -> None:
    wanted = [("/chosen", "xen,xen-bootargs", 'a "b" \\ c'), ("/chosen/d", "llc-colors", "1-3"), ("/chosen", "x", "")]
    (tmp_path / "o.dtbo").write_bytes(overlay_blob(wanted))
    tree = read_device_tree(str(tmp_path / "o.dtbo"))
    for number, (path, name, text) in enumerate(wanted):
        fragment = tree.root.children[number]
        assert fragment.properties["target-path"].value == path.encode() + b"\0"
        assert fragment.children[0].properties[name].value == text.encode() + b"\0"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--min", "contrl=3"], 'did you mean "control"'),
        (["--min", "control=99"], "there are 16 colors"),
        (["--max", "control=0"], "there are 16 colors"),
        (["--min", "control=x"], "write NAME=N"),
        (["--min", "control=5", "--max", "control=4"], "more colors than --max"),
        (["--pin", "control=4-99"], "colors that do not exist"),
        (["--pin", "control=7-4"], "write NAME=COLORS"),
        (["--pin", "nobody=4-7"], "which is not a domain"),
        (["--apart", "control,nobody"], "which is not a domain"),
        (["--share", "control"], "name at least two domains"),
        (["--keep", "nobody"], "which is not a domain"),
        (["--why", "control is blue"], "write NAME has COLORS"),
        (["--why", "nobody has 2-5"], "which is not a domain"),
        (["--why", "control has 2-50"], "colors that do not exist"),
        (["--front", "cache,speed"], "is not an objective"),
        (["--front", "cache,margin,changes,restarts"], "one to three"),
        (["--front", "cache,margin", "--pick", "99"], "--pick 99"),
        (["--pick", "1"], "belong to --front"),
        (["--domain", "new:64M", "--write"], "cannot be written"),
    ],
)
def test_what_does_not_exist_stops_it(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "examples/zcu102-dom0less", *words)
    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_why_names_what_breaks_with_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "examples/zcu102-dom0less", "--why", "control has 2-5")
    assert status == 1
    assert "dom0 and control would share colors 2-5" in out
    assert "system.dts:35:18" in "".join(out.split())
    assert "If room is made for it (2 lines to change)" in out
    assert run(capsys, "examples/zcu102-dom0less", "--why", "control has 7-10")[0] == 0


def test_a_further_guest_and_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "examples/zcu102-dom0less", "--domain", "new:64M")
    assert status == 0
    assert "What it costs the others:" in out
    assert "new: gets" in out


def test_the_front_is_a_document_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "front.html"
    words = ["examples/zcu102-dom0less", "--front", "cache,margin", "--format", "json", "--html", str(page)]
    status, out, _ = run(capsys, *words)
    document = json.loads(out)
    assert (status, document["complete"]) == (0, True)
    assert all(set(point["objectives"]) == {"cache", "margin"} for point in document["front"])
    assert "<svg" in page.read_text()
    status, out, _ = run(
        capsys, "examples/zcu102-dom0less", "--front", "cache,margin", "--pick", "1", "--format", "json"
    )
    picked = {each["name"]: each["colors"] for each in json.loads(out)["domains"]}
    assert picked == {each["name"]: each["colors"] for each in document["front"][0]["domains"]}


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.data())
def test_every_plan_passes_the_whole_way_and_is_never_worse_than_today(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        manifest = copied("zcu102-dom0less", Path(name))
        tree = manifest.parent / "system.dts"
        bounds = data.draw(st.lists(st.integers(0, 15), min_size=2, max_size=2).map(sorted))
        text = tree.read_text().replace('"7-10"', f'"{bounds[0]}-{bounds[1]}"')
        tree.write_text(text)
        options = PlanOptions(full=data.draw(st.booleans()))
        planned, _ = pipeline.plan(read_manifest(str(manifest)), options)
        assert planned.plan.domains
        assert planned.problem is not None
        today = {demand.name: demand.today for demand in planned.problem.demands}
        colors = {demand.name: planned.plan.colors(demand.name) for demand in planned.problem.demands}
        if not faults(planned.problem, today):
            for reached in planned.plan.objective[:1]:
                was = measure(planned.problem, today, [reached.name])[reached.name]
                sign = OBJECTIVES[reached.name].sign
                assert sign * reached.value <= sign * was
        if not planned.plan.edits:
            assert colors == today
            return
        change = plan_write.Change(planned.plan.edits, planned.new_files, tuple(colors.items()))
        written = plan_write.write_change(change, read_manifest(str(manifest)), lambda: read_manifest(str(manifest)))
        assert written.after.count(Verdict.REFUTED) == 0
        for _, system in written.after.facts.systems():
            assert {d.name: ColorSet.of(d.colors) for d in system.domains}.items() <= colors.items()
