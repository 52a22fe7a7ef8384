"""What is ready to be put into other projects: pre-commit hook, GitHub action, GitLab template, container.

Their shell lines are run as the services would run them. The installations, which take half a minute each, only where
the variable CI is set.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shapes import rows

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent
IN_CI = pytest.mark.skipif(not os.environ.get("CI"), reason="installs everything anew, which takes long: set CI=1")
NO_SERVICE = {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "CI_PROJECT_DIR"}


def read(name: str) -> Any:
    """What a file of YAML holds; the services alone say of what shape."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As the services start a step: bash, stopping at the first error."""
    kept = {name: value for name, value in os.environ.items() if name not in NO_SERVICE}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        words, cwd=folder, env=kept | variables, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's repository with a clean deployment and a bad one."""
    top = tmp_path / "project"
    for name in ("zcu102-dom0less", "xen-guide", "device-trees"):
        shutil.copytree(EXAMPLES / name, top / name)
    git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "deployments"]):
        subprocess.run([*git, *words], cwd=top, check=True, capture_output=True)
    return top


class TestAction:
    """action.yml, with the expressions filled in as GitHub does."""

    def step(self, name: str, project: Path, environment: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        action = read("action.yml")
        step = next(step for step in action["runs"]["steps"] if step["name"] == name)
        given = {key: value["default"] for key, value in action["inputs"].items()} | inputs
        values = {f"inputs.{key}": value for key, value in given.items()}
        values |= {"github.action_path": str(ROOT), "runner.temp": str(environment.parent)}
        filled = {k: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: values[m[1]], v) for k, v in step["env"].items()}
        assert "${{" not in step["run"], "expressions in a script are a way in for strangers"
        return bash(step["run"], project, GITHUB_ACTIONS="true", **filled)

    def verify(self, project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        environment = project.parent / "colorcheck"
        (environment / "bin").mkdir(parents=True, exist_ok=True)
        python = environment / "bin" / "python"
        if not python.exists():  # a link would not find the packages of its environment
            python.write_text(f'#!/bin/sh\nexec {shlex.quote(str(BIN / "python"))} "$@"\n', encoding="utf-8")
            python.chmod(0o755)
        return self.step("colorcheck verify", project, environment, **inputs)

    def test_a_clean_deployment_passes(self, project: Path) -> None:
        done = self.verify(project, path="zcu102-dom0less")
        assert done.returncode == 0, done.stderr
        assert json.loads((project / "colorcheck.sarif").read_text())["runs"][0]["results"] == []

    def test_a_bad_one_fails_with_annotations(self, project: Path) -> None:
        done = self.verify(project, path="xen-guide")
        assert done.returncode == 1
        assert "::error file=xen-guide/system.dts,line=36" in done.stdout
        assert len(json.loads((project / "colorcheck.sarif").read_text())["runs"][0]["results"]) >= 2

    def test_every_deployment_without_sarif_and_with_more_arguments(self, project: Path) -> None:
        done = self.verify(project, recursive="true", sarif="", arguments="--ignore CC5 --no-cache")
        assert done.returncode == 1
        assert "CC401" in done.stdout
        assert "title=CC501" not in done.stdout
        assert not (project / "colorcheck.sarif").exists()

    def test_strange_paths_are_no_options_and_no_commands(self, project: Path) -> None:
        (project / "zcu102-dom0less").rename(project / "-x $(touch bad) y")
        done = self.verify(project, path="-x $(touch bad) y")
        assert done.returncode == 0, done.stderr
        assert not (project / "bad").exists()

    def test_its_outputs_and_inputs_are_described(self) -> None:
        action = read("action.yml")
        assert all(entry["description"] for entry in (*action["inputs"].values(), *action["outputs"].values()))
        assert {"name", "description", "branding"} <= set(action)

    @IN_CI
    def test_it_installs(self, project: Path) -> None:
        environment = project.parent / "colorcheck"
        done = self.step("Install colorcheck", project, environment)
        assert done.returncode == 0, done.stderr
        assert self.step("colorcheck verify", project, environment, path="zcu102-dom0less").returncode == 0


class TestGitLab:
    """ci/gitlab.yml, its script run as a job runs it."""

    def run(self, project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        job = read("ci/gitlab.yml")[".colorcheck"]
        path = f"{BIN}:{os.environ['PATH']}"
        script = "\n".join(job["script"])
        return bash(script, project, **(job["variables"] | variables), GITLAB_CI="true", PATH=path)

    @pytest.mark.parametrize(("folder", "status"), [("zcu102-dom0less", 0), ("xen-guide", 1)])
    def test_the_job_reports_and_ends_as_it_should(self, project: Path, folder: str, status: int) -> None:
        done = self.run(project, COLORCHECK_PATH=folder)
        assert done.returncode == status, done.stderr
        issues = json.loads((project / "gl-code-quality-report.json").read_text())
        assert bool(issues) is (status == 1)
        assert "<testsuite" in (project / "colorcheck.xml").read_text()

    def test_further_arguments(self, project: Path) -> None:
        done = self.run(project, COLORCHECK_ARGUMENTS="--recursive --no-cache")
        assert done.returncode == 1, done.stderr

    def test_what_it_keeps_is_what_it_writes(self) -> None:
        job = read("ci/gitlab.yml")[".colorcheck"]
        for file in job["artifacts"]["reports"].values():
            assert f"={file}" in job["script"][0]
        assert job["artifacts"]["when"] == "always"


class TestPreCommit:
    """.pre-commit-hooks.yaml."""

    def hook(self) -> dict[str, Any]:
        (hook,) = rows(read(".pre-commit-hooks.yaml"))
        return hook

    def test_the_manifest_is_valid(self) -> None:
        subprocess.run([BIN / "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"], cwd=ROOT, check=True)

    def test_it_runs_whatever_changed(self) -> None:
        """Headers, board files and deletions change a verdict as well: no filter knows them all."""
        hook = self.hook()
        assert hook["always_run"] is True
        assert hook["pass_filenames"] is False
        assert "files" not in hook

    def test_its_entry_verifies_every_deployment(self, project: Path) -> None:
        words = shlex.join([str(BIN / "colorcheck"), *shlex.split(str(self.hook()["entry"]))[1:]])
        assert bash(words, project).returncode == 1
        shutil.rmtree(project / "xen-guide")
        assert bash(words, project).returncode == 0

    @IN_CI
    def test_pre_commit_installs_and_runs_it(self, project: Path, tmp_path: Path) -> None:
        if not (ROOT / ".git").exists():
            pytest.skip("needs a clone of the repository: pre-commit takes hooks from git only")
        words = shlex.join([str(BIN / "pre-commit"), "try-repo", str(ROOT), "colorcheck", "--all-files", "--verbose"])
        done = bash(words, project, PRE_COMMIT_HOME=str(tmp_path / "hooks"))
        assert done.returncode == 1
        assert "xen-guide/colorcheck.toml" in done.stdout, done.stdout + done.stderr


class TestContainer:
    """Containerfile: no container can be built here, but what it copies, names and runs can be looked at."""

    def lines(self) -> list[list[str]]:
        text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
        return [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]

    def test_it_starts_colorcheck_as_nobody_special(self) -> None:
        told = dict(self.lines())
        assert json.loads(told["ENTRYPOINT"]) == ["colorcheck"]
        assert json.loads(told["CMD"]) == ["verify"]
        assert told["USER"] not in {"root", "0"}

    def test_every_version_is_pinned(self) -> None:
        installs = [line for _, line in self.lines() if "pip wheel" in line or "pip install" in line]
        assert len(installs) == 2
        assert all("--constraint constraints.txt" in line or "--no-index" in line for line in installs)
        assert all(":" in line for word, line in self.lines() if word == "FROM")

    def test_the_python_is_one_that_the_package_takes(self) -> None:
        version = re.search(r"python:(\d+)\.(\d+)", (ROOT / "Containerfile").read_text(encoding="utf-8"))
        assert version
        assert (int(version[1]), int(version[2])) >= (3, 11)
