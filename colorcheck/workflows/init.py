"""A first manifest, made from the files of a folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.manifest.manifest_keys import KEYS
from colorcheck.inputs.manifest.manifest_reader import manifest_of_options
from colorcheck.workflows.found import FolderContents

DEFAULT_RELEASE = "4.20"


def release_of_version(version: str | None) -> str | None:
    """The release to which a version in a log belongs; None if colorcheck does not know it."""
    from colorcheck.xen.release.log_version import log_version
    from colorcheck.xen.release.releases import find_release

    base = log_version(version).base if version else ""
    minor = ".".join(base.split(".")[:2])
    return next((name for name in (base, minor) if name and find_release(name) is not None), None)


def logged_release(found: FolderContents, folder: Path) -> str | None:
    """The release named in the boot log among the files."""
    from colorcheck.files.reading import Unreadable, text
    from colorcheck.inputs.boot.boot_log import parse_boot_log

    name = found.given.get("inputs.boot-log")
    if not isinstance(name, str):
        return None
    try:
        log = parse_boot_log(name, text(folder / name, _LOG_LARGEST, named=True))
    except Unreadable:
        return None
    return release_of_version(str(log.version.value)) if log.version else None


def board_of(machine: DeviceTree | None) -> str | None:
    """The board of the catalogue that the root node of a running system's tree names."""
    from colorcheck.hardware.choose import match
    from colorcheck.plugins.manager import catalogue

    found = match(machine, None, catalogue())[0] if machine is not None else None
    return found.name if found is not None and found.name in catalogue().names() else None


_LOG_LARGEST = 64 << 20


def manifest_text(found: FolderContents, release: str, board: str | None, settle: Sequence[str] = ()) -> str:
    """The manifest with the known values, every other key as a comment with its meaning, and the lines that would
    settle what is open.
    """
    given: dict[str, object] = {"target.xen": release, **found.given}
    given |= {"target.board": board} if board else {}
    lines: list[str] = []
    for section in dict.fromkeys(key.path.partition(".")[0] for key in KEYS):
        lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        for key in KEYS:
            if key.path.startswith(f"{section}."):
                known = key.path in given
                lines.append(f"# {key.help[0].upper()}{key.help[1:]}.")
                lines.append(
                    f"{key.name} = {json.dumps(given[key.path])}" if known else f"# {key.name} = {key.metavar}"
                )
        if section == "inputs" and found.left_out:
            lines += ["# Found here but left out:"]
            lines += (f"#   {json.dumps(left.name)}: {left.why}" for left in found.left_out)
    lines += ["", *_MORE]
    if settle:
        lines += ["", "# Open until one of the lines is filled in above:", *settle]
    return "\n".join(lines) + "\n"


CI_FILES = {"github": ".github/workflows/colorcheck.yml", "gitlab": ".gitlab/colorcheck.yml"}
_CI_TEXTS = {
    "github": """\
name: colorcheck
on: [push, pull_request]
permissions: {}
jobs:
  colorcheck:
    name: colorcheck
    runs-on: ubuntu-latest
    permissions:
      contents: read
      security-events: write  # code scanning takes the findings
    steps:
      - uses: actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5  # v4.3.1
        with: {persist-credentials: false}
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065  # v5.6.0
        with: {python-version: "3.11"}
      - run: python3 -I -m pip install --quiet xen-colorcheck==VERSION
      - run: python3 -I -m colorcheck verify --output sarif=colorcheck.sarif -- FOLDER
      - if: always()
        uses: github/codeql-action/upload-sarif@48ab28a6f5dbc2a99bf1e0131198dd8f1df78169  # v3.28.0
        with: {sarif_file: colorcheck.sarif}
""",
    "gitlab": """\
# In .gitlab-ci.yml: include: .gitlab/colorcheck.yml
colorcheck:
  image: python:3.11-slim
  before_script:
    - python3 -I -m pip install --quiet xen-colorcheck==VERSION
  script:
    - >-
      python3 -I -m colorcheck verify --output gitlab=gl-code-quality-report.json
      --output junit=colorcheck.xml -- FOLDER
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      junit: colorcheck.xml
""",
}


def ci_text(service: str, folder: str, version: str) -> str:
    """A job that verifies the deployment in `folder` (relative to the repository) with this version of colorcheck."""
    return _CI_TEXTS[service].replace("VERSION", version).replace("FOLDER", shlex.quote(folder))


_MORE = (
    "# Every pair of domains, Xen included, must be isolated, unless the policy allows them to share:",
    "# [[policy.share]]",
    '# domains = ["dom0", "gui"]',
    '# reason = "both best effort"',
    "",
    "# Requirements of a domain for a plan:",
    "# [domains.rt]",
    "# critical = true",
    "# min-colors = 2",
)


def open_lines(found: FolderContents, folder: Path, release: str, board: str | None) -> tuple[str, ...]:
    """For each open fact of the deployment, why it is open and the lines that would settle it."""
    from colorcheck.workflows.verify import effective

    options = {"target.xen": release, **found.given} | ({"target.board": board} if board else {})
    model = effective(manifest_of_options(options, str(folder)))
    lines: list[str] = []
    for result in model.facts.results:
        for fact in result.worlds.open.values() if result.worlds is not None else ():
            lines.append(f"# {fact.what}: {fact.why}")
            lines += (f"#   {line.removeprefix('# ')}" for line in fact.settle)
    lines += (f"# no conclusions are drawn: {skipped.reason}" for skipped in model.skipped if not lines)
    return tuple(line.replace("\n", " ") for line in lines)
