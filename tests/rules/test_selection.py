from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.findings.selection import can_be_silenced, matches
from colorcheck.findings.silence_comments import DEVICE_TREE, TOML, XL, Language, comments_in
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import Example
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline

TWICE = 'name = "rt"\nkernel = "Image"\nmemory = 64\n{}llc_colors = ["11-12", "12"]{}\n'
FINDING = Finding("CC115", "duplicate-color", Severity.WARNING, "", Location("a"))


def verified(example: Example, folder: Path) -> Verification:
    return pipeline.verify(read_manifest(str(example.write(folder))))


def rules(example: Example, folder: Path) -> list[str]:
    return [finding.rule for finding in verified(example, folder).findings]


def guest(text: str, **more: str) -> Example:
    return Example(guests=(("rt.cfg", text),), **more)  # type: ignore[arg-type]


def test_names() -> None:
    for name in ("CC115", "cc115", "CC1", "duplicate-color"):
        assert matches(name, FINDING)
    for name in ("CC11X", "CC2", "duplicate"):
        assert not matches(name, FINDING)


@pytest.mark.parametrize(
    ("rule", "severity", "expected"),
    [
        ("CC115", Severity.ERROR, True),
        ("CC401", Severity.ERROR, False),
        ("CC403", Severity.WARNING, False),
        ("CC002", Severity.ERROR, False),
        ("CC008", Severity.WARNING, True),
        ("CC901", Severity.ERROR, False),
    ],
)
def test_what_can_be_silenced(rule: str, severity: Severity, expected: bool) -> None:
    assert can_be_silenced(replace(FINDING, rule=rule, severity=severity)) is expected


def test_comment_on_the_line_and_above_it(tmp_path: Path) -> None:
    assert rules(guest(TWICE.format("", "")), tmp_path) == ["CC115"]
    assert rules(guest(TWICE.format("", "  # colorcheck: ignore[CC115] the vendor's tool")), tmp_path) == []
    above = "# colorcheck: ignore[duplicate-color] the vendor's tool\n# another comment\n\n"
    assert rules(guest(TWICE.format(above, "")), tmp_path) == []


def test_silenced_findings_are_kept_with_their_reason(tmp_path: Path) -> None:
    verification = verified(guest(TWICE.format("", "  # colorcheck: ignore[CC1] the vendor's tool")), tmp_path)
    assert [(entry.finding.rule, entry.reason) for entry in verification.silenced] == [("CC115", "the vendor's tool")]


def test_comment_speaks_about_its_line_only(tmp_path: Path) -> None:
    text = TWICE.format("", "") + "# colorcheck: ignore[CC115] far below\n"
    assert rules(guest(text), tmp_path) == ["CC115", "CC802"]


def test_comments_of_device_tree_sources() -> None:
    lines = [
        "// colorcheck: ignore[CC1, CC2] why",
        "a = <1>; /* colorcheck: ignore[CC3] because */ b;",
        "# colorcheck: ignore[CC4] x",
    ]
    found = list(comments_in("a.dts", "\n".join(lines), DEVICE_TREE))
    assert [(c.rules, c.reason, c.line) for c in found] == [(("CC1", "CC2"), "why", 2), (("CC3",), "because", 2)]
    assert found[1].location == Location("a.dts", 2, 10, 2, 47)


ASK = "colorcheck: ignore[CC1] why"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (DEVICE_TREE, f'a = "// {ASK}"; b = "x\\"/* {ASK} */";\n'),
        (DEVICE_TREE, f'a = "over\n// {ASK}\nlines";\n'),
        (DEVICE_TREE, f"/* outer\n// {ASK}\n*/\n"),
        (XL, f"extra = \"x # {ASK}\"\nroot = 'it\\'s # {ASK}'\n"),
        (TOML, f"reason = \"\"\"\n# {ASK}\n\"\"\"\nb = '''\n# {ASK}\n'''\n"),
    ],
)
def test_strings_have_no_comments(language: Language, text: str) -> None:
    assert list(comments_in("a", text, language)) == []
    behind = f"// {ASK}" if language is DEVICE_TREE else f"# {ASK}"
    assert [comment.line for comment in comments_in("a", text + behind, language)] == [text.count("\n") + 1]


def test_a_lone_quotation_mark_hides_no_comment() -> None:
    text = f"# it's a note\nmemory = 1 # {ASK}\nname = 'open\nvcpus = 1 # {ASK}\r\n"
    assert [(c.line, c.reason) for c in comments_in("a.cfg", text, XL)] == [(2, "why"), (4, "why")]


def test_ignore_and_select(tmp_path: Path) -> None:
    text = TWICE.format("", "")
    assert rules(guest(text, manifest='[rules]\nignore = ["CC1"]\n'), tmp_path) == []
    assert rules(guest(text, manifest='[rules]\nselect = ["CC5"]\n'), tmp_path) == []
    assert rules(guest(text, manifest='[rules]\nselect = ["CC5,CC115"]\n'), tmp_path) == ["CC115"]


def test_by_path(tmp_path: Path) -> None:
    entry = '[[rules.path]]\npath = "{}"\nignore = ["CC115"]\nreason = "old"\n'
    assert rules(guest(TWICE.format("", ""), manifest=entry.format("*.cfg")), tmp_path) == []
    assert rules(guest(TWICE.format("", ""), manifest=entry.format("legacy/*.cfg")), tmp_path) == ["CC115"]


def test_path_without_reason_ignores_nothing(tmp_path: Path) -> None:
    entry = '[[rules.path]]\npath = "*.cfg"\nignore = ["CC115"]\n'
    assert rules(guest(TWICE.format("", ""), manifest=entry), tmp_path) == ["CC005", "CC115"]


@pytest.mark.parametrize("manifest", ['[rules]\nignore = ["CC"]\n', '[rules]\nselect = ["CC115"]\n'])
def test_refuted_theorems_are_always_told(manifest: str, tmp_path: Path) -> None:
    text = 'name = "rt"\nkernel = "Image"\nmemory = 600\nllc_colors = ["10-12"]\n'
    assert "CC401" in rules(guest(text, manifest=manifest), tmp_path)
