"""A guest of which one of several files is run at a time: `{ one-of = [...] }` in `[inputs] domains`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline


def guest(name: str, colors: str, memory: int = 256) -> str:
    return f'name = "{name}"\nkernel = "Image"\nmemory = {memory}\nvcpus = 1\nllc_colors = ["{colors}"]\n'


def written(folder: Path, first: str, second: str, *, rt: str = "11-12", domains: str = "") -> str:
    files = (("rt.cfg", guest("rt", rt)), ("gui.cfg", first), ("debug.cfg", second))
    manifest = Path(Example(guests=files).write(folder))
    manifest = manifest if manifest.is_file() else manifest / "colorcheck.toml"
    listed = domains or '["rt.cfg", { one-of = ["gui.cfg", "debug.cfg"] }]'
    text = manifest.read_text()
    assert '["rt.cfg", "gui.cfg", "debug.cfg"]' in text
    manifest.write_text(text.replace('["rt.cfg", "gui.cfg", "debug.cfg"]', listed))
    return str(manifest)


def verdicts(manifest: str) -> tuple[dict[str, str], int]:
    found = api.verify(manifest)
    assert not found.faults
    return {theorem.id: str(theorem.verdict) for theorem in found.theorems}, int(found.exit_status())


def test_alternatives_do_not_count_together(tmp_path: Path) -> None:
    theorems, status = verdicts(written(tmp_path, guest("gui", "13-14", 300), guest("gui", "13-14", 300)))
    assert theorems["memory/gui"] == theorems["separation/rt/gui"] == "proved"
    assert status == 0


def test_each_is_separate_from_the_others_neighbours(tmp_path: Path) -> None:
    theorems, status = verdicts(written(tmp_path, guest("gui", "13-14"), guest("gui", "12-13")))
    assert theorems["separation/rt/gui"] == "refuted"
    assert status == 1


def test_the_second_one_may_not_fit(tmp_path: Path) -> None:
    theorems, status = verdicts(written(tmp_path, guest("gui", "13-14"), guest("gui", "13-14", 3000)))
    assert theorems["memory/gui"] == "refuted"
    assert theorems["memory/rt"] == "proved"
    assert status == 1


def test_alternatives_of_other_names_may_share(tmp_path: Path) -> None:
    theorems, status = verdicts(written(tmp_path, guest("gui", "13-14"), guest("debug", "14-15")))
    assert theorems["separation/rt/debug"] == theorems["separation/rt/gui"] == "proved"
    assert "separation/gui/debug" not in theorems
    assert status == 0


def test_a_file_that_is_not_there_proves_nothing_of_it(tmp_path: Path) -> None:
    listed = '["rt.cfg", { one-of = ["gui.cfg", "absent.cfg"] }]'
    _, status = verdicts(written(tmp_path, guest("gui", "13-14"), "", domains=listed))
    assert status != 0


@pytest.mark.parametrize(
    "entry",
    ['{ one-of = ["alt/*.cfg"] }', '{ one-of = ["alt/a.cfg", "alt/b.cfg"] }', '{ one-of = ["alt/a*", "alt/b*"] }'],
)
def test_the_files_of_a_pattern_are_alternatives_too(entry: str, tmp_path: Path) -> None:
    manifest = written(tmp_path, "", "", domains=f'["rt.cfg", {entry}]')
    (tmp_path / "alt").mkdir()
    for name in ("a", "b"):
        (tmp_path / "alt" / f"{name}.cfg").write_text(guest(name, "13-14"))
    theorems, status = verdicts(manifest)
    assert theorems["separation/rt/a"] == theorems["separation/rt/b"] == "proved"
    assert "separation/a/b" not in theorems
    assert status == 0


def test_the_files_of_a_plain_pattern_are_guests_of_their_own(tmp_path: Path) -> None:
    manifest = written(tmp_path, "", "", domains='["rt.cfg", "alt/*.cfg"]')
    (tmp_path / "alt").mkdir()
    for name in ("a", "b"):
        (tmp_path / "alt" / f"{name}.cfg").write_text(guest(name, "13-14"))
    assert verdicts(manifest)[0]["separation/a/b"] == "refuted"


@pytest.mark.parametrize("value", ["{ one-of = [] }", "{ any-of = ['gui.cfg'] }", "{ one-of = 'gui.cfg' }", "{}"])
def test_other_tables_are_no_guests(value: str, tmp_path: Path) -> None:
    _, status = verdicts(written(tmp_path, guest("gui", "13-14"), "", domains=f'["rt.cfg", {value}]'))
    assert status != 0


def test_a_plan_writes_into_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = written(tmp_path, guest("gui", "11-12"), guest("gui", "11-13"))
    main(["plan", manifest, "--format", "json"])
    plan = json.loads(capsys.readouterr().out)
    assert plan["status"] in ("optimal", "feasible")
    assert "debug.cfg" in {Path(edit["file"]).name for edit in plan["edits"]}
    main(["plan", manifest, "--write"])
    theorems, _ = verdicts(manifest)
    assert {each for name, each in theorems.items() if name.startswith(("separation", "memory"))} == {"proved"}


def test_replay_says_what_verify_says(tmp_path: Path) -> None:
    manifest = written(tmp_path, guest("gui", "13-14"), guest("gui", "13-14", 3000))
    assert api.replay(manifest).to_dict()["outcome"] == "boots"


def restarting(manifest: str, *names: str) -> str:
    text = "".join(f"[domains.{name}]\nrestarts = 1\n" for name in names)
    Path(manifest).write_text(Path(manifest).read_text() + text)
    return manifest


@pytest.mark.parametrize("name", ["debug", "gui"])
def test_the_creations_of_the_other_alternative_cost_memory_too(name: str, tmp_path: Path) -> None:
    """The wrong proof: two creations of one fit, and those of the other are forgotten."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "both").mkdir()
    alone = written(tmp_path / "alone", guest("gui", "13-14", 130), guest(name, "11-12", 80), rt="15")
    assert verdicts(restarting(alone, "gui"))[0]["lifecycle/gui"] == "proved"
    both = written(tmp_path / "both", guest("gui", "13-14", 130), guest(name, "13-14", 270), rt="15")
    theorems, status = verdicts(restarting(both, "gui"))
    assert theorems["memory/gui"] == "proved"
    assert theorems["lifecycle/gui"] == "refuted"
    assert status == 1


def one_of(folder: Path, guests: str, **files: str) -> str:
    """A deployment with `rt` and one guest that has alternatives, which restarts once."""
    folder.mkdir()
    manifest = written(folder, guest("gui", "13-14"), "", rt="15", domains=f'["rt.cfg", {{ one-of = [{guests}] }}]')
    for name, text in files.items():
        path = folder / name.replace("_", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".cfg").write_text(text)
    return restarting(manifest, "gui")


COMMON = 'name = "gui"\nkernel = "Image"\nvcpus = 1\nllc_colors = ["13-14"]\n'
TWO_ALTERNATIVES = {
    "first file": ('["common.cfg", "s.cfg"]', '["common.cfg", "b.cfg"]'),
    "last file": ('["s.cfg", "common.cfg"]', '["b.cfg", "common.cfg"]'),
    "arguments": ('["common.cfg", "memory=110"]', '["common.cfg", "memory=190"]'),
    "same names": ('"x/gui.cfg"', '"y/gui.cfg"'),
}


@pytest.mark.parametrize("guests", TWO_ALTERNATIVES.values(), ids=TWO_ALTERNATIVES)
def test_alternatives_that_share_a_file_are_two(guests: tuple[str, str], tmp_path: Path) -> None:
    """The wrong proof: what is written in the same file was taken for the alternative that runs."""
    files = {"common": COMMON, "s": "memory = 110\n", "b": "memory = 190\n"}
    files |= {"x_gui": f"{COMMON}memory = 110\n", "y_gui": f"{COMMON}memory = 190\n"}
    for number, alone in enumerate(guests):
        assert verdicts(one_of(tmp_path / str(number), alone, **files))[0]["lifecycle/gui"] == "proved"
    theorems, status = verdicts(one_of(tmp_path / "both", ", ".join(guests), **files))
    assert theorems["lifecycle/gui"] == "refuted"
    assert status == 1


def test_three_alternatives_of_one_file_name_all_count(tmp_path: Path) -> None:
    texts = {f"{folder}_gui": f"{COMMON}memory = 90\n" for folder in "xyz"}
    two, _ = verdicts(one_of(tmp_path / "two", '"x/gui.cfg", "y/gui.cfg"', **texts))
    assert two["lifecycle/gui"] == "proved"
    three, _ = verdicts(one_of(tmp_path / "three", '"x/gui.cfg", "y/gui.cfg", "z/gui.cfg"', **texts))
    assert three["lifecycle/gui"] == "refuted"


@pytest.mark.parametrize("order", [("s", "l"), ("l", "s")])
def test_the_kernel_of_an_alternative_is_its_own(order: tuple[str, str], tmp_path: Path) -> None:
    """Each alternative has the kernel that its own part names: the large one does not fit into its memory."""
    files = {"s": 'kernel = "small"\nmemory = 64\n', "l": 'kernel = "large"\nmemory = 64\n'}
    listed = ", ".join(f'["c.cfg", "{name}.cfg"]' for name in order)
    manifest = one_of(tmp_path / "both", listed, c=COMMON.replace('kernel = "Image"\n', ""), **files)
    (tmp_path / "both" / "small").write_bytes(bytes(4096))
    with (tmp_path / "both" / "large").open("wb") as file:
        file.truncate(100 << 20)
    assert verdicts(manifest)[0]["memory/gui"] == "refuted"


def test_memory_assumes_a_reboot_between_alternatives(tmp_path: Path) -> None:
    found = api.verify(written(tmp_path, guest("gui", "13-14", 300), guest("debug", "13-14", 300)))
    memory = [theorem for theorem in found.theorems if theorem.id in ("memory/gui", "memory/debug")]
    assert len(memory) == 2
    for theorem in memory:
        assert any("reboots between the alternatives" in assumption.text for assumption in theorem.assumptions)


def test_a_certificate_of_one_alternative_covers_no_other(tmp_path: Path) -> None:
    manifest = written(tmp_path, guest("gui", "13-14"), guest("gui", "14-15"))
    found = pipeline.verify(read_manifest(manifest), smt=True)
    theorems = {theorem.id: theorem for theorem in found.theorems}
    assert theorems["separation/rt/gui"].verdict == "proved"
    assert not theorems["separation/rt/gui"].smt
    assert theorems["separation/dom0/rt"].smt


@pytest.mark.parametrize("names", [("xen", "xen#2"), ("xen#2", "xen"), ("xen", "xen#2", "xen#2#2")])
def test_names_with_numbers_stay_apart(names: tuple[str, ...], tmp_path: Path) -> None:
    """A guest whose name is the one that another party gets in proofs takes nothing of its theorems."""
    colors = ("13", "14", "15")
    files = tuple((f"{number}.cfg", guest(name, colors[number], 64)) for number, name in enumerate(names))
    Example(guests=files).write(tmp_path)
    found = api.verify(tmp_path)
    assert not found.faults
    memory = [theorem.id for theorem in found.theorems if theorem.id.startswith("memory/xen")]
    assert len(memory) == len(set(memory)) == len(names)


@pytest.mark.parametrize(
    ("domains", "said"),
    [
        ('["rt.cfg", { one-of = ["rt.cfg", "gui.cfg"] }, "debug.cfg"]', "runs in any case and is also an alternative"),
        ('[{ one-of = ["rt.cfg", "gui.cfg"] }, "rt.cfg", "debug.cfg"]', "runs in any case and is also an alternative"),
        ('[{ one-of = ["rt.cfg", "gui.cfg"] }, { one-of = ["rt.cfg", "debug.cfg"] }]', "an alternative of two guests"),
        ('["rt.cfg", "gui.cfg", "debug.cfg", "rt.cfg"]', "rt.cfg is listed twice"),
    ],
)
def test_a_file_listed_twice_is_an_error_that_says_how(tmp_path: Path, domains: str, said: str) -> None:
    manifest = written(tmp_path, guest("gui", "13-14"), guest("debug", "14-15"), domains=domains)
    (found,) = [each for each in api.verify(manifest).findings if each.rule == "CC005"]
    assert said in found.message
    assert found.help
