"""What the language server answers, without an editor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from colorcheck.core.source import Location
from colorcheck.editor import answers, within
from colorcheck.editor.answers import Cursor
from colorcheck.editor.deployments import Deployed, checked, manifests_of
from colorcheck.editor.planned import plan_edits
from colorcheck.editor.positions import Stretch, holds, span_of
from colorcheck.files.costs import Allowance, TooCostly, allowance
from colorcheck.inputs.manifest.manifest import Manifest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "rpi4-xl", tmp_path / "rpi4")
    return tmp_path / "rpi4"


def look(folder: Path, unsaved: dict[str, str] | None = None) -> Deployed:
    texts = {os.path.realpath(folder / name): text for name, text in (unsaved or {}).items()}
    return checked(str(folder / "colorcheck.toml"), texts)


def place(folder: Path, name: str, text: str) -> Cursor:
    """The place of a text in a file."""
    for number, line in enumerate((folder / name).read_text(encoding="utf-8").split("\n"), 1):
        if text in line:
            return Cursor(os.path.realpath(folder / name), number, line.index(text) + 1)
    raise AssertionError(text)


def rules(made: Deployed) -> set[str]:
    assert made.verification is not None
    return {finding.rule for finding in made.verification.findings}


def test_what_is_not_saved_is_what_is_checked(deployment: Path) -> None:
    assert "CC111" in rules(look(deployment))
    text = (deployment / "camera.cfg").read_text(encoding="utf-8").replace('"9-13"', '["9-13"]')
    assert "CC111" not in rules(look(deployment, {"camera.cfg": text}))


def test_hover_says_what_each_release_makes_of_a_list(deployment: Path) -> None:
    told = answers.hover(look(deployment), place(deployment, "control.cfg", "4-8,10"))
    assert "Xen 4.20: 4-8 of 16, 320 KiB of the cache; also in camera (4-8)" in told
    assert "gateway" not in told
    assert "CC112" in told


def test_hover_on_a_list_that_a_release_ignores(tmp_path: Path) -> None:
    for name in ("image-builder", "device-trees"):
        shutil.copytree(EXAMPLES / name, tmp_path / name)
    folder = tmp_path / "image-builder"
    told = answers.hover(look(folder), place(folder, "config", '"8-11"'))
    assert "Colors of domU0" in told
    assert "Xen 4.21: 0-15 of 16" in told
    assert "one range" in answers.hover(look(folder), place(folder, "config", "DOMU_COLORS[0]"))


def test_hover_and_the_other_party_in_a_boot_script(tmp_path: Path) -> None:
    for name in ("tutorial", "device-trees"):
        shutil.copytree(EXAMPLES / name, tmp_path / name)
    folder = tmp_path / "tutorial"
    script = folder / "boot.cmd"
    colored = 'sched=null llc-coloring=on dom0-llc-colors=2-6"'
    script.write_text(script.read_text(encoding="utf-8").replace('sched=null"', colored), encoding="utf-8")
    (folder / "colorcheck.toml").write_text(
        '[target]\nxen = "4.20"\nboard = "zcu102"\nmemory = ["0x0+0x80000000"]\nu-boot = "2023.10"\n'
        '[inputs]\ndevice-tree = "system.dts"\nboot-script = "boot.cmd"\ndomains = ["rt.cfg"]\n',
        encoding="utf-8",
    )
    made, at = look(folder), place(folder, "boot.cmd", "2-6")
    assert "Colors of dom0" in answers.hover(made, at)
    assert "also in rt (2-6)" in answers.hover(made, at)
    assert {os.path.basename(location.file) for location in answers.others(made, at)} == {"rt.cfg"}


def test_hover_tells_options_and_keys(deployment: Path) -> None:
    made = look(deployment)
    assert "a separate element" in answers.hover(made, place(deployment, "control.cfg", "llc_colors"))
    assert "llc-coloring" in answers.hover(made, place(deployment, "bcm2711-rpi-4-b.dts", "llc-coloring"))
    assert "`target.xen`" in answers.hover(made, place(deployment, "colorcheck.toml", "xen ="))


def test_the_other_party_of_a_clash(deployment: Path) -> None:
    found = answers.others(look(deployment), place(deployment, "control.cfg", '["4-8'))
    assert {os.path.basename(location.file) for location in found} == {"camera.cfg"}


def test_actions_are_the_fix_and_the_silence(deployment: Path) -> None:
    made = look(deployment)
    fix, silence = answers.actions(made, place(deployment, "camera.cfg", '"9-13"'))
    assert fix.edits[0].new_text == '["9-13"]'
    assert silence.edits[0].new_text == "# colorcheck: ignore[CC111] REASON\n"


def test_the_plan_edits_what_is_not_saved(deployment: Path) -> None:
    text = (deployment / "gateway.cfg").read_text(encoding="utf-8").replace("llc-colors", "llc_colors")
    edits, said = plan_edits(str(deployment / "colorcheck.toml"), {os.path.realpath(deployment / "gateway.cfg"): text})
    assert said.startswith("plan: ")
    assert any(os.path.basename(edit.location.file) == "camera.cfg" for edit in edits)


@pytest.mark.parametrize(
    "work", [lambda manifest: checked(manifest, {}).trouble, lambda manifest: plan_edits(manifest, {})[1]]
)
def test_no_work_for_an_editor_costs_more_than_is_allowed(
    work: Callable[[str], str], deployment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a check nor a plan, and neither the manifest nor what it names."""
    seen: list[Allowance | None] = []

    def read(path: str) -> Manifest:
        seen.append(allowance())
        raise TooCostly("takes more than 20 s", path)

    monkeypatch.setattr(within, "read_manifest", read)
    assert "takes more than 20 s" in work(str(deployment / "colorcheck.toml"))
    assert seen == [within.PATIENCE]


@pytest.mark.parametrize("plan", [False, True])
def test_no_work_for_an_editor_leaves_the_work_tree(plan: bool, deployment: Path, tmp_path: Path) -> None:
    (deployment / ".git").mkdir()
    (tmp_path / "secret.cfg").write_text('name = "secret"\nmemory = 64\n', encoding="utf-8")
    manifest = deployment / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace('"camera.cfg"', '"../secret.cfg"')
    assert "../secret.cfg" in text
    unsaved = {os.path.realpath(manifest): text}
    if plan:
        edits, _ = plan_edits(str(manifest), unsaved)
        assert all("secret" not in edit.location.file for edit in edits)
    else:
        verification = checked(str(manifest), unsaved).verification
        assert verification is not None
        assert all(domain.name != "secret" for _, system in verification.facts.systems() for domain in system.domains)


def test_a_broken_manifest_is_trouble_not_a_traceback(deployment: Path) -> None:
    made = look(deployment, {"colorcheck.toml": "[target\n"})
    assert made.verification is None
    assert made.trouble
    assert answers.hover(made, Cursor(os.path.realpath(deployment / "camera.cfg"), 1, 1)) == ""


def test_nonsense_in_any_file_is_answered(deployment: Path) -> None:
    for path in sorted(deployment.iterdir()):
        for text in ("", "\0", "\udce9 = [", "((((", '/dts-v1/;\n/ { chosen { xen,xen-bootargs = "llc-coloring'):
            made = look(deployment, {path.name: text})
            for line in range(3):
                answers.hover(made, Cursor(os.path.realpath(path), line, 1))
                list(answers.actions(made, Cursor(os.path.realpath(path), line, 1)))


def test_the_manifest_of_a_file_is_looked_for_above_within_the_editor(tmp_path: Path) -> None:
    below = tmp_path / "boards" / "a"
    below.mkdir(parents=True)
    (tmp_path / "colorcheck.toml").write_text("", encoding="utf-8")
    above = os.path.realpath(tmp_path / "colorcheck.toml")
    assert list(manifests_of(str(below / "rt.cfg"), (str(tmp_path),))) == [above]
    assert list(manifests_of(str(below / "rt.cfg"), (str(below),))) == []


def test_places() -> None:
    assert span_of(Location("a"), ["abc"]) == Stretch(0, 0, 0, 3)
    assert span_of(Location("a", 2, 3, 2, 5), ["", "abcdef"]) == Stretch(1, 2, 1, 4)
    assert holds(Location("a", 2, 3, 2, 5), 2, 5)
    assert not holds(Location("a", 2, 3, 2, 5), 2, 6)
    assert not holds(Location("a"), 1, 1)
