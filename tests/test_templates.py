"""Each template that a user copies, installed from a local package index that has nothing but our own wheel, and run.

The dependencies come from the environment of the tests, so that no network is needed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from colorcheck import __version__
from colorcheck.workflows.init import ci_text
from tests.once import made_once
from tests.shapes import table

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = "xen-colorcheck"
COPIED = (
    "README.md",
    "CONTRIBUTING.md",
    "Containerfile",
    "action.yml",
    "ci/gitlab.yml",
    ".pre-commit-hooks.yaml",
    *(
        str(path.relative_to(ROOT))
        for pattern in ("docs/**/*.md", "plugins/**/*.md", "plugins/**/*.toml", "colorcheck/**/*.py")
        for path in sorted(ROOT.glob(pattern))
    ),
)


def yaml_block(page: str, word: str) -> dict[str, Any]:
    """The first block of YAML on a page that has this word in it."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    return table(yaml.safe_load(next(block for block in blocks if word in block)))


def github(workflow: dict[str, Any]) -> list[str]:
    """What a workflow runs, without the actions of others."""
    return [step["run"] for step in workflow["jobs"]["colorcheck"]["steps"] if "run" in step]


def gitlab(jobs: dict[str, Any], name: str) -> list[str]:
    return [*jobs[name]["before_script"], *jobs[name]["script"]]


TEMPLATES = {
    "README.md": github(yaml_block("README.md", "jobs:")),
    "docs/ci.md": github(yaml_block("docs/ci.md", "jobs:")),
    "ci/gitlab.yml": gitlab(yaml.safe_load((ROOT / "ci/gitlab.yml").read_text(encoding="utf-8")), ".colorcheck"),
    "init --ci github": github(yaml.safe_load(ci_text("github", ".", __version__))),
    "init --ci gitlab": gitlab(yaml.safe_load(ci_text("gitlab", ".", __version__)), "colorcheck"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as pip wants a package index, with our wheel in it."""
    pytest.importorskip("build", reason="needs build: pip install build")

    def make(top: Path) -> None:
        page = top / "simple" / NAME
        page.mkdir(parents=True)
        words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(page), str(ROOT)]
        subprocess.run(words, check=True, capture_output=True, timeout=300, env=clean())
        (wheel,) = page.glob("*.whl")
        (page / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>', encoding="utf-8")

    return made_once(tmp_path_factory, "index", make) / "simple"


def clean(**more: str) -> dict[str, str]:
    """The environment without what would lead pip or Python elsewhere."""
    foreign = ("PIP_", "PYTHON", "GITHUB_", "GITLAB_", "CI_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | more


class Machine:
    """A runner of a service: an empty environment, the package index, somebody's repository."""

    def __init__(self, folder: Path, index: Path, pip: Path) -> None:
        self.environment = folder / "environment"
        venv.create(self.environment, symlinks=True)
        (site,) = (self.environment / "lib").glob("python3*/site-packages")
        for path in pip.glob("pip*"):
            (site / path.name).symlink_to(path)
        script = self.environment / "bin" / "pip"
        script.write_text(
            f"#!{self.environment}/bin/python3\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n"
        )
        script.chmod(0o755)
        top = folder / "project"
        for name in ("zcu102-dom0less", "device-trees"):
            shutil.copytree(EXAMPLES / name, top / name)
        self.project = top / "zcu102-dom0less"
        git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "deployment"]):
            subprocess.run([*git, *words], cwd=top, check=True, capture_output=True)
        subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=top, check=True)
        self.variables = {"PIP_INDEX_URL": index.as_uri(), "PIP_NO_DEPS": "1", "PIP_CONFIG_FILE": os.devnull}
        self.variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.environment / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.project,
            env=clean(PATH=path, **self.variables, **more),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def add_dependencies(self) -> None:
        """What pip would have fetched from elsewhere, after it installed ours."""
        (site,) = (self.environment / "lib").glob("python3*/site-packages")
        there = {path.name for path in site.iterdir()}
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            if "colorcheck" not in path.name and path.suffix != ".pth" and path.name not in there:
                (site / path.name).symlink_to(path)


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of packages of an environment with pip, which takes seconds to make."""
    top = made_once(tmp_path_factory, "pip", lambda top: venv.create(top, with_pip=True, symlinks=True))
    (site,) = (top / "lib").glob("python3*/site-packages")
    return site


@pytest.fixture
def machine(tmp_path: Path, index: Path, pip: Path) -> Machine:
    return Machine(tmp_path, index, pip)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_template_installs_is_ours_and_runs(template: str, machine: Machine) -> None:
    lines = [part for line in TEMPLATES[template] for part in line.split(" && ")]
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 1, lines
    done = machine.run(installs[0])
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    machine.add_dependencies()
    assert machine.run("colorcheck --version").stdout == f"colorcheck {__version__}\n"
    variables = {"COLORCHECK_PATH": ".", "COLORCHECK_ARGUMENTS": "", "GITHUB_ACTIONS": "true"}
    checks = [line for line in lines if line not in installs]
    assert any("colorcheck verify" in line for line in checks)
    for line in checks:
        done = machine.run(line, **variables)
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def test_what_pre_commit_installs_is_ours_and_runs(machine: Machine, tmp_path: Path) -> None:
    """The hook of docs/ci.md, as pre-commit starts it."""
    hook = yaml_block("docs/ci.md", "repos:")["repos"][0]["hooks"][0]
    assert hook["language"] == "python"
    done = machine.run(f"pip install {' '.join(hook['additional_dependencies'])}")
    assert done.returncode == 0, done.stderr
    machine.add_dependencies()
    done = machine.run(hook["entry"])
    assert done.returncode == 0, done.stdout + done.stderr
    ours = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
    assert {key: ours[key] for key in ("entry", "always_run", "language")} == {
        key: hook[key] for key in ("entry", "always_run", "language")
    }


def test_nothing_that_is_copied_installs_what_belongs_to_others() -> None:
    wrong = re.compile(r"pip3? install [^`&\n]*?(?<![\w/.\-])colorcheck(\[|==|\s|$)|OWNER/|HOST/")
    extras = re.compile(r"colorcheck\[(\w+)\]")
    for page in COPIED:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert not (found := wrong.search(text)), (page, found and found[0])
        for match in extras.finditer(text):
            assert text[: match.start()].endswith("xen-"), (page, match[0])
            assert match[1] in PROJECT["optional-dependencies"], (page, match[0])


def test_the_address_stands_once() -> None:
    """In `[project.urls]`; while the project has none, nothing that is copied has one."""
    assert PROJECT["name"] == NAME
    addresses = PROJECT.get("urls", {}).values()
    for page in COPIED:
        if not page.startswith("colorcheck/"):
            text = (ROOT / page).read_text(encoding="utf-8")
            for found in re.findall(r"https?://[^\s)\"'`>]*colorcheck[^\s)\"'`>]*", text):
                assert any(found.startswith(address) for address in addresses), (page, found)
