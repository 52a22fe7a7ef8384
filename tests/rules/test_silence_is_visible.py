"""What is not told is counted in every format, and a selection that hides errors is one itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.cli import main
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.report import Style, render
from colorcheck.report.formats import FORMATS
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.verification.difference import Reason, compare
from colorcheck.verification.results import Silence, Verification
from colorcheck.workflows import verify as pipeline

WRONG = f"{BOOT_ARGUMENTS} dom0_mems=1G"  # an error (CC105) that changes no verdict
REASON = '[rules]\nignore = [{ rule = "CC105", reason = "vendor option" }]\n'


def verified(folder: Path, manifest: str, **options: object) -> Verification:
    folder.mkdir(exist_ok=True)
    path = Example(boot_arguments=WRONG, manifest=manifest).write(folder)
    return pipeline.verify(read_manifest(str(path), options))


@pytest.mark.parametrize(
    "manifest",
    [
        '[rules]\nignore = ["CC105"]\n',
        '[rules]\nignore = "CC1"\n',
        '[rules]\nselect = ["CC5"]\n',
        '[rules]\nselect = ["CC5"]\nreason = " "\n',
    ],
)
def test_hiding_an_error_needs_a_reason(manifest: str, tmp_path: Path) -> None:
    found = verified(tmp_path, manifest)
    assert [finding.rule for finding in found.findings] == ["CC805"]
    assert "CC105" in found.findings[0].message
    assert found.findings[0].related
    assert found.exit_status() == 1
    assert found.silences() == {"silenced": 0, "ignored": 1, "baselined": 0}


@pytest.mark.parametrize(
    "manifest",
    [
        REASON,
        '[rules]\nignore = ["CC105"]\nreason = "vendor option"\n',
        '[rules]\nselect = ["CC5"]\nreason = "only memory"\n',
        '[rules]\n[[rules.ignore]]\nrule = ["CC2", "CC105"]\nreason = "vendor option"\n',
        '[rules]\nignore = ["CC2", { rule = "CC105", reason = "vendor option" }]\n',
    ],
)
def test_with_a_reason_it_is_only_counted(manifest: str, tmp_path: Path) -> None:
    found = verified(tmp_path, manifest)
    assert found.findings == ()
    assert found.exit_status() == 0
    assert found.silences()["ignored"] == 1
    assert found.silenced[0].reason in ("vendor option", "only memory")
    assert found.silenced[0].location.line > 1


@pytest.mark.parametrize(
    "manifest",
    [
        '[rules]\nignore = [{ rule = "CC105" }]\n',
        '[rules]\nignore = [{ reason = "why" }]\n',
        '[rules]\nignore = [{ rule = "CC105", reason = "" }]\n',
        '[rules]\nignore = [{ rule = "CC105", reason = 4 }]\n',
        '[rules]\nignore = [{ rule = "CC105", reasons = "why" }]\n',
        "[rules]\nignore = [4]\n",
        "[rules]\nignore = 4\n",
        '[rules]\nignore = { rule = "CC105" }\n',
    ],
)
def test_what_is_no_entry_ignores_nothing(manifest: str, tmp_path: Path) -> None:
    found = verified(tmp_path, manifest)
    assert "CC105" in {finding.rule for finding in found.findings}
    assert {"CC004", "CC005"} & {finding.rule for finding in found.findings}


def test_on_the_command_line(tmp_path: Path) -> None:
    path = str(Example(boot_arguments=WRONG).write(tmp_path))
    assert main(["verify", path]) == 1
    assert main(["verify", path, "--ignore", "CC105"]) == 1
    assert main(["verify", path, "--ignore", "CC105", "--silence-reason", "vendor option"]) == 0
    assert main(["verify", path, "--select", "CC5"]) == 1


WITHOUT = ("json-1", "openfasttrace", "sphinx-needs")  # the last two tell requirements, no findings


@pytest.mark.parametrize("name", [entry.name for entry in FORMATS if entry.name not in WITHOUT])
def test_every_format_counts_what_is_not_told(name: str, tmp_path: Path) -> None:
    found = verified(tmp_path, REASON)
    one = found.silenced[0]
    everything = [*[replace(one, by=Silence.COMMENT)] * 23, *[one] * 24, *[replace(one, by=Silence.BASELINE)] * 25]
    text = render(replace(found, silenced=tuple(everything)), name, Style(root=tmp_path))
    assert all(str(count) in text for count in (23, 24, 25))
    if name == "json":
        summary = json.loads(text)["summary"]
        assert [summary[kind] for kind in Silence] == [23, 24, 25]
    if name == "sarif":
        run = json.loads(text)["runs"][0]
        assert run["properties"]["summary"] == {"silenced": 23, "ignored": 24, "baselined": 25}
    if name == "junit":
        assert '<property name="baselined" value="25" />' in text


def test_verbose_lists_them(tmp_path: Path) -> None:
    text = render(verified(tmp_path, REASON), "text", Style(root=tmp_path, verbose=True))
    assert "Not shown\n- CC105 unknown-option at system.dts:" in text
    assert "vendor option)" in text


def test_a_fleet_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verified(tmp_path / "one", REASON)
    assert main(["verify", str(tmp_path), "--recursive", "--no-cache", "--jobs", "1"]) == 0
    assert "looked at 1 of 1 deployment, 1 finding not shown" in capsys.readouterr().out
    assert main(["verify", str(tmp_path), "--recursive", "--no-cache", "--jobs", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["deployments"][0]["ignored"] == 1


def test_diff_tells_new_silences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = verified(tmp_path / "base", ""), verified(tmp_path / "head", REASON)
    change = compare(base, head)
    assert [(each.finding.rule, each.by, each.reason) for each in change.silences] == [
        ("CC105", Silence.SELECTION, "vendor option")
    ]
    assert not change.empty
    assert Reason.NEW_SILENCES in change.reasons()
    assert compare(head, head).silences == ()
    assert compare(head, base).silences == ()
    names = [str(tmp_path / "base"), str(tmp_path / "head")]
    assert main(["diff", *names]) == 0
    assert "1 newly hidden" in capsys.readouterr().out
    assert main(["diff", *names, "--fail-on", "new-silences"]) == 1
    assert main(["diff", *names[::-1], "--fail-on", "new-silences"]) == 0


def test_diff_tells_what_is_not_asked_any_more(tmp_path: Path) -> None:
    base = verified(tmp_path / "base", REASON)
    head = verified(tmp_path / "head", f'{REASON}[policy]\nprove = ["separation/*"]\n')
    change = compare(base, head)
    assert "memory/dom0" in change.not_asked
    assert "separation/xen/dom0" not in change.not_asked
    assert Reason.NEW_SILENCES in change.reasons()
    assert not change.empty
