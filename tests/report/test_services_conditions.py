"""Reports in their services' own conditions: limits, other readers, workflows without complaints."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorcheck.fleet.checked import Checked, Fleet
from colorcheck.fleet.join import joined
from colorcheck.report import render
from colorcheck.report.formats import document
from colorcheck.workflows.init import ci_text
from tests.report import report_samples as samples

ROOT = Path(__file__).resolve().parents[2]


def fleet(count: int, *formats: str) -> Fleet:
    broken, style = samples.broken(), samples.style()
    documents = {name: made for name in formats if (made := document(broken, name, style)) is not None}
    rendered = {name: render(broken, name, style) for name in formats if name not in documents}
    checked = tuple(
        Checked(f"{n}/colorcheck.toml", 1, "REFUTED", "sharing", documents=documents, rendered=rendered)
        for n in range(count)
    )
    unread = Checked("unread/colorcheck.toml", 2, "UNREADABLE", "no TOML", message="no TOML")
    return Fleet((*checked, unread), known=count + 1)


def test_five_hundred_deployments_fit_into_one_sarif_file() -> None:
    text = joined("sarif", fleet(500, "sarif"))
    log = json.loads(text)
    assert len(text) < 10_000_000
    assert len(log["runs"]) == 1
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert 0 < len(log["runs"][0]["results"]) <= 25_000
    told = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert any("unread/colorcheck.toml" in note["message"]["text"] for note in told)


@pytest.mark.parametrize("name", ["text", "junit", "github", "gitlab", "markdown", "html", "json", "sarif"])
def test_a_joint_report_names_what_could_not_be_checked(name: str) -> None:
    rendered = {"html": "json"}.get(name, name)
    assert "unread/colorcheck.toml" in joined(name, fleet(2, *({rendered} - {"text"})))


def test_a_summary_stays_below_a_mebibyte_and_the_annotations_have_errors_first() -> None:
    assert len(joined("markdown", fleet(3000, "markdown")).encode()) < 1 << 20
    kinds = [line.split(" ")[0] for line in joined("github", fleet(3, "github")).splitlines() if line.startswith("::")]
    assert kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index)


def test_a_summary_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from colorcheck.cli import main
    from colorcheck.rules.example import Example

    Example().write(tmp_path)
    summary = tmp_path / "summary"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["verify", str(tmp_path)]) == 0
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n### ")


def test_zizmor_has_nothing_to_say(tmp_path: Path) -> None:
    zizmor = shutil.which("zizmor", path=f"{Path(sys.executable).parent}:/usr/bin")
    if zizmor is None:
        pytest.skip("needs zizmor: pip install zizmor")
    workflow = tmp_path / ".github" / "workflows" / "colorcheck.yml"
    workflow.parent.mkdir(parents=True)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("# .github/workflows/colorcheck.yml")
    for text in (ci_text("github", "a folder", "1.0"), readme[start : readme.index("```", start)]):
        workflow.write_text(text, encoding="utf-8")
        for target in (workflow, ROOT / "action.yml"):
            done = subprocess.run([zizmor, "--offline", str(target)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--fail-on info", ["--fail-on", "info"]),
        ("--changed-since 'a b'\n--fail-on info\n", ["--changed-since", "a b", "--fail-on", "info"]),
        ("", []),
        ("$(touch x) `y`", ["$(touch", "x)", "`y`"]),
    ],
)
def test_arguments_of_the_action(tmp_path: Path, text: str, words: list[str]) -> None:
    """The shell of the action, with a Python that prints what colorcheck would get."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML: pip install pyyaml")
    step = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][1]["run"]
    script = step.replace("-I -m colorcheck", '-I -c "import sys; print(sys.argv[1:])"')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    names = {"ENVIRONMENT": str(tmp_path), "WORDS": str(tmp_path / "words"), "CHECK_PATH": ".", "RECURSIVE": "false"}
    names |= {"FAIL_ON": "error", "SARIF": "", "ARGUMENTS": text, "GITHUB_STEP_SUMMARY": str(tmp_path / "s")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], env=names, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(["verify", "--fail-on", "error", *words, "--", "."])
