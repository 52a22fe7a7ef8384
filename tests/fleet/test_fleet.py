"""Many deployments: found, checked apart from one another, cached by content, told together."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from colorcheck.cli import main
from colorcheck.files.patterns import endings_in, listed_once, matches
from colorcheck.files.watching import watched
from colorcheck.fleet import run as fleet_run
from colorcheck.fleet.cache import ResultCache, _key
from colorcheck.fleet.checked import Checked, Job, overall
from colorcheck.fleet.find import deployments_below
from colorcheck.fleet.inputs import Dependency, DependencyKind, StateRecorder
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline

SHARING = GUEST.replace("11-14", "9-14")


def deployment(folder: Path, guest: str = GUEST) -> str:
    folder.mkdir(parents=True)
    return str(Example(guests=(("rt.cfg", guest),)).write(folder))


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> ResultCache:
    folder = tmp_path_factory.mktemp("results")
    monkeypatch.setattr("colorcheck.cli.fleet.user_cache", lambda: ResultCache(folder))
    return ResultCache(folder)


def test_deployments_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b", "a/deep", ".hidden", "env"):
        deployment(tmp_path / name)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    found = [Path(name).parent.relative_to(tmp_path).as_posix() for name in deployments_below(str(tmp_path)).manifests]
    assert found == ["a/deep", "b"]
    assert [(Path(each.name).parent.name, each.reason) for each in deployments_below(str(tmp_path)).passed] == [
        (".hidden", "it is in a hidden folder"),
        ("env", "it is in an environment of other software"),
    ]


@pytest.mark.slow
def test_all_are_told_and_the_worst_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path / "clean")
    deployment(tmp_path / "sharing", SHARING)
    deployment(tmp_path / "broken")
    (tmp_path / "broken" / "colorcheck.toml").write_text("[", encoding="utf-8")
    report = tmp_path / "all.json"
    words = ["verify", "--recursive", str(tmp_path), "--jobs", "2", "--output", f"json={report}"]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "3 deployments: 1 proved, 1 refuted, 1 unreadable" in out
    document = json.loads(report.read_text(encoding="utf-8"))
    assert [each["status"] for each in document["deployments"]] == [2, 0, 1]
    assert main([*words[:5], "--format", "sarif"]) == 1
    sarif = json.loads(capsys.readouterr().out)
    assert len(sarif["runs"]) == 1
    notes = [note["message"]["text"] for note in sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]]
    assert any("broken/colorcheck.toml: unreadable" in note for note in notes)
    assert notes[-1] == "looked at 3 of 3 deployments"


def test_one_junit_of_all_names_what_could_not_be_read(tmp_path: Path) -> None:
    deployment(tmp_path / "clean")
    deployment(tmp_path / "sharing", SHARING)
    deployment(tmp_path / "broken")
    (tmp_path / "broken" / "colorcheck.toml").write_text("[", encoding="utf-8")
    report = tmp_path / "all.xml"
    assert main(["verify", "--recursive", str(tmp_path), "--jobs", "2", "--output", f"junit={report}"]) == 1
    suites = ElementTree.parse(report).getroot()
    names = [suite.get("name", "") for suite in suites]
    assert len(set(names)) == len(names) == 7
    assert sum(int(suite.get("errors", "0")) for suite in suites) == 1
    assert sum(int(suite.get("failures", "0")) for suite in suites) > 0
    wrong = next(case for case in suites.iter("testcase") if case.find("error") is not None)
    assert wrong.get("name", "").endswith("broken/colorcheck.toml")


def test_one_page_of_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path / "clean")
    deployment(tmp_path / "<b>sharing", SHARING)
    deployment(tmp_path / "broken")
    (tmp_path / "broken" / "colorcheck.toml").write_text("[", encoding="utf-8")
    assert main(["verify", "--recursive", str(tmp_path), "--format", "html"]) == 1
    page = capsys.readouterr().out
    assert "<b>" not in page
    assert "&lt;b&gt;sharing" in page
    assert "3 deployments" in page
    assert page.count("error CC401") == 1
    assert page.count("<tr><th") == 4, "the heads and three deployments"


def test_an_empty_folder_has_nothing_to_check(tmp_path: Path) -> None:
    assert main(["verify", "--recursive", str(tmp_path)]) == 3


@pytest.mark.parametrize("words", [["--xen", "4.20"], ["--format", "nonsense"], ["--jobs", "0"]])
def test_what_does_not_fit_many_is_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    deployment(tmp_path / "one")
    assert main(["verify", "--recursive", str(tmp_path), *words]) == 2


def cached(job: Job, cache: ResultCache) -> bool:
    (checked,) = fleet_run.check_all([job], 1, cache)
    return checked.cached


@pytest.mark.parametrize("file", ["colorcheck.toml", "system.dts", "rt.cfg"])
def test_the_cache_is_never_stale(tmp_path: Path, own_cache: ResultCache, file: str) -> None:
    job = Job(deployment(tmp_path / "one"))
    assert own_cache.get(job) is None
    first = fleet_run.check(job, own_cache)
    again = own_cache.get(job)
    assert again is not None
    assert (again.word, again.cached) == (first.word, True)
    assert own_cache.get(Job(job.manifest, fail_on="info")) is None, "options are part of the key"
    path = tmp_path / "one" / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert own_cache.get(job) is None
    path.unlink()
    assert own_cache.get(job) is None


def test_a_result_does_not_stand_for_files_outside(tmp_path: Path, own_cache: ResultCache) -> None:
    """A link out of the work tree to the same bytes is refused without a cache, and so with one."""
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    job = Job(deployment(tmp_path / "tree" / "one"))
    assert not cached(job, own_cache)
    assert cached(job, own_cache)
    path = tmp_path / "tree" / "one" / "rt.cfg"
    path.rename(tmp_path / "rt.cfg")
    path.symlink_to(tmp_path / "rt.cfg")
    assert not cached(job, own_cache)


def test_a_pointer_of_lfs_is_no_file_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "kernel"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    path.write_text("x" * len(pointer), encoding="utf-8")
    size = Dependency(DependencyKind.SIZE, str(path))
    assert size.state() == len(pointer)
    path.write_text(pointer, encoding="utf-8")
    assert size.state() is None


@pytest.mark.parametrize("name", [".boot.scr", "BOOT.SCR", "a.cmd"])
def test_a_file_with_such_an_ending_changes_what_a_listing_is(name: str, tmp_path: Path) -> None:
    recorder = StateRecorder()
    with watched(recorder):
        endings_in(str(tmp_path), (".scr", ".cmd"))
    (tmp_path / "a.scr.txt").touch()
    assert all(each.state() == state for each, state in recorder.states.items())
    (tmp_path / name).touch()
    assert any(each.state() != state for each, state in recorder.states.items())


def test_a_warm_entry_costs_one_listing_and_one_opening_of_each_file(
    tmp_path: Path, own_cache: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(deployment(tmp_path / "one"))
    fleet_run.check(job, own_cache)
    listed, opened = Counter[str](), Counter[str]()
    scandir, open_file = os.scandir, os.open
    monkeypatch.setattr(os, "scandir", lambda path: (listed.update([str(path)]), scandir(path))[1])
    monkeypatch.setattr(os, "open", lambda path, *more: (opened.update([str(path)]), open_file(path, *more))[1])
    assert own_cache.get(job) is not None
    monkeypatch.undo()
    assert listed == {str(tmp_path / "one"): 1}
    assert opened.pop(str(own_cache._path(_key(job)))) == 1
    assert {Path(name).name for name in opened} == {"colorcheck.toml", "system.dts", "rt.cfg"}
    assert set(opened.values()) == {1}


def test_patterns_of_one_folder_are_matched_with_one_listing_of_it(tmp_path: Path) -> None:
    for name in ("a.cfg", "b.cfg", ".c.cfg", "[d].cfg"):
        (tmp_path / name).touch()
    patterns = [f"{tmp_path}/{last}" for last in ("*.cfg", ".*.cfg", "[ab].cfg", "[[]d].cfg", "./*.cfg", "**")]
    alone = [matches(each) for each in patterns]
    with listed_once():
        assert [matches(each) for each in patterns] == alone
        (tmp_path / "e.cfg").touch()
        assert [matches(each) for each in patterns] == alone
    assert matches(patterns[0]) == (*alone[0], f"{tmp_path}/e.cfg")
    assert [len(each) for each in alone] == [3, 1, 2, 1, 3, 5]


def test_another_tool_has_another_cache(
    tmp_path: Path, own_cache: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(deployment(tmp_path / "one"))
    fleet_run.check(job, own_cache)
    monkeypatch.setattr("colorcheck.fleet.cache.tool_digest", lambda: "another")
    assert own_cache.get(job) is None


def test_a_damaged_entry_counts_as_none(tmp_path: Path, own_cache: ResultCache) -> None:
    job = Job(deployment(tmp_path / "one"))
    fleet_run.check(job, own_cache)
    for entry in own_cache.folder.rglob("*.json"):
        entry.write_text(entry.read_text(encoding="utf-8")[:50], encoding="utf-8")
    assert own_cache.get(job) is None


def test_what_a_pattern_matches_belongs_to_the_key(tmp_path: Path, own_cache: ResultCache) -> None:
    job = Job(deployment(tmp_path / "one"))
    manifest = Path(job.manifest)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"rt.cfg"', '"*.cfg"'), encoding="utf-8")
    fleet_run.check(job, own_cache)
    assert own_cache.get(job) is not None
    (tmp_path / "one" / "further.cfg").write_text(GUEST.replace("rt", "further"), encoding="utf-8")
    assert own_cache.get(job) is None
    assert fleet_run.check(job, own_cache).status == 1, "its colors are those of rt"
    assert own_cache.get(job) is not None
    (tmp_path / "one" / "further.cfg").unlink()
    assert own_cache.get(job) is None


def included(folder: Path, line: str) -> Job:
    """A deployment whose device tree starts with `line`."""
    job = Job(deployment(folder))
    tree = folder / "system.dts"
    tree.write_text(tree.read_text(encoding="utf-8").replace("/dts-v1/;", f"/dts-v1/;\n{line}"), encoding="utf-8")
    return job


def test_included_files_belong_to_the_key(tmp_path: Path, own_cache: ResultCache) -> None:
    for number, line in enumerate(('#include "outer/a.dtsi"', '/include/ "outer/a.dtsi"')):
        folder = tmp_path / str(number)
        job = included(folder, line)
        (folder / "outer").mkdir()
        (folder / "outer" / "a.dtsi").write_text(line.replace("outer/a", "b") + "\n", encoding="utf-8")
        (folder / "outer" / "b.dtsi").write_text("/ { b = <1>; };\n", encoding="utf-8")
        fleet_run.check(job, own_cache)
        assert own_cache.get(job) is not None
        (folder / "outer" / "b.dtsi").write_text("/ { b = <2>; };\n", encoding="utf-8")
        assert own_cache.get(job) is None


def test_a_file_that_would_be_found_first_belongs_to_the_key(tmp_path: Path, own_cache: ResultCache) -> None:
    job = included(tmp_path / "one", '#include "outer/a.dtsi"')
    (tmp_path / "one" / "outer").mkdir()
    (tmp_path / "one" / "outer" / "a.dtsi").write_text('#include "b.dtsi"\n', encoding="utf-8")
    (tmp_path / "one" / "b.dtsi").write_text("/ { b = <1>; };\n", encoding="utf-8")
    fleet_run.check(job, own_cache)
    assert own_cache.get(job) is not None
    (tmp_path / "one" / "outer" / "b.dtsi").write_text("/ { b = <2>; };\n", encoding="utf-8")
    assert own_cache.get(job) is None


def test_sizes_of_boot_modules_belong_to_the_key(tmp_path: Path, own_cache: ResultCache) -> None:
    job = Job(deployment(tmp_path / "one"))
    manifest, kernel = Path(job.manifest), tmp_path / "one" / "Image"
    text = manifest.read_text(encoding="utf-8").replace("[inputs]", '[inputs]\nimage-builder = "config"')
    manifest.write_text(text, encoding="utf-8")
    (tmp_path / "one" / "config").write_text('DOM0_KERNEL="Image"\n', encoding="utf-8")
    kernel.write_bytes(bytes(4096))
    read = StateRecorder()
    with watched(read):
        found = pipeline.verify(read_manifest(job.manifest))
    inputs = read.unchanged(found.facts.deployment)
    assert inputs
    own_cache.put(job, Checked(job.manifest, 0, "PROVED", ""), inputs)
    assert own_cache.get(job) is not None
    kernel.write_bytes(bytes(8192))
    assert own_cache.get(job) is None
    kernel.unlink()
    assert own_cache.get(job) is None


def test_what_is_not_known_to_its_end_is_not_kept(tmp_path: Path, own_cache: ResultCache) -> None:
    missing = included(tmp_path / "one", '#include "missing.dtsi"')
    fleet_run.check(missing, own_cache)
    assert own_cache.get(missing) is None
    unread = Job(deployment(tmp_path / "two"))
    (tmp_path / "two" / "rt.cfg").unlink()
    fleet_run.check(unread, own_cache)
    assert own_cache.get(unread) is None


@pytest.mark.parametrize(
    ("name", "when"),
    [("colorcheck.toml", "before"), ("colorcheck.toml", "after"), ("system.dts", "after"), ("rt.cfg", "after")],
)
def test_a_file_that_changes_after_it_was_read(
    tmp_path: Path, own_cache: ResultCache, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    job = Job(deployment(tmp_path / "one"))
    path, verify = tmp_path / "one" / name, pipeline.verify

    def changing(manifest: Manifest, **limits: Any) -> Verification:
        found = verify(manifest, **limits) if when == "after" else None
        path.write_text(path.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
        return found or verify(manifest, **limits)

    monkeypatch.setattr(pipeline, "verify", changing)
    fleet_run.check(job, own_cache)
    assert own_cache.get(job) is None
    assert not list(own_cache.folder.rglob("*.json"))


@pytest.mark.parametrize("name", ["system.dts", "rt.cfg"])
def test_a_file_that_changes_before_it_is_read_is_kept_as_it_was_read(
    tmp_path: Path, own_cache: ResultCache, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    job = Job(deployment(tmp_path / "one"))
    path, verify = tmp_path / "one" / name, pipeline.verify
    before = path.read_text(encoding="utf-8")

    def changing(manifest: Manifest, **limits: Any) -> Verification:
        path.write_text(before + "\n", encoding="utf-8")
        return verify(manifest, **limits)

    monkeypatch.setattr(pipeline, "verify", changing)
    fleet_run.check(job, own_cache)
    assert own_cache.get(job) is not None
    path.write_text(before, encoding="utf-8")
    assert own_cache.get(job) is None


def dying(job: Job, _: ResultCache | None = None) -> Checked:
    if "dies" in job.manifest:
        os._exit(9)
    return Checked(job.manifest, 0, "PROVED", "")


@pytest.mark.slow
def test_a_worker_that_dies_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_run, "check", dying)
    names = ("one", "dies", "two", "three", "dies too", *map(str, range(4)))
    checked = fleet_run.check_all([Job(name) for name in names], 2)
    assert [each.manifest for each in checked] == list(names)
    assert [each.manifest for each in checked if each.word == "FAULT"] == ["dies", "dies too"]
    assert overall(checked) == 5


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_changed_since_counts_included_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment(tmp_path / "touched")
    deployment(tmp_path / "other")
    tree = tmp_path / "touched" / "system.dts"
    tree.write_text(tree.read_text(encoding="utf-8") + '\n/include/ "../common.dtsi"\n', encoding="utf-8")
    (tmp_path / "common.dtsi").write_text("/ { a = <1>; };\n", encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    words = ["verify", "--recursive", str(tmp_path), "--changed-since", "HEAD"]
    assert main(words) == 0
    assert "looked at 0 of 2 deployments, 2 unchanged since HEAD" in capsys.readouterr().out
    (tmp_path / "common.dtsi").write_text("/ { a = <2>; };\n", encoding="utf-8")
    main(words)
    assert "1 deployment: " in (out := capsys.readouterr().out)
    assert "touched" in out
    assert main([*words[:-1], "nonsense"]) == 2
