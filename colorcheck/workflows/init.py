"""A first manifest, made from the files of a folder."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from colorcheck.core.value import dataclass
from colorcheck.inputs.manifest.manifest_keys import KEYS

_TREES = (".dtb", ".dts")
_IMAGES = ("xen", "xen.bin", "Image.xen", "xen.efi")
_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder has for a deployment, by file name."""

    device_tree: str = ""
    other_trees: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    kconfig: str = ""
    xen_image: str = ""


def found_in(folder: Path) -> Found:
    """Looks at names, and at the beginning of files that may be xl files. A blob goes before a source."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    trees = sorted(
        (p.name for p in files if p.suffix in _TREES), key=lambda name: (_TREES.index(Path(name).suffix), name)
    )
    names = {path.name for path in files}
    return Found(
        device_tree=trees[0] if trees else "",
        other_trees=tuple(trees[1:]),
        guests=tuple(p.name for p in files if p.suffix in (".cfg", ".xl") and _is_guest(p)),
        kconfig=".config" if ".config" in names else "",
        xen_image=next((name for name in _IMAGES if name in names), ""),
    )


def manifest_text(found: Found, xen: str, board: str | None) -> str:
    """The manifest with what is known, and every other key as a comment with its meaning."""
    given: dict[str, object] = {"target.xen": xen}
    given |= {"target.board": board} if board else {}
    given |= {"target.xen-image": found.xen_image} if found.xen_image else {}
    given |= {"target.kconfig": found.kconfig} if found.kconfig else {}
    given |= {"inputs.device-tree": found.device_tree} if found.device_tree else {}
    given |= {"inputs.domains": list(found.guests)} if found.guests else {}
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
        if section == "inputs" and found.other_trees:
            lines.append(f"# Other device trees here: {', '.join(map(json.dumps, found.other_trees))}")
    lines += ["", *_MORE]
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
    "# Every pair of domains, Xen included, must be isolated, unless it is said here that they may share:",
    "# [[policy.share]]",
    '# domains = ["dom0", "gui"]',
    '# reason = "both best effort"',
    "",
    "# What a domain asks of a plan:",
    "# [domains.rt]",
    "# critical = true",
    "# min-colors = 2",
)


def _is_guest(path: Path) -> bool:
    """Whether a file looks like one of xl: it sets a name, a kernel or memory."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_LOOKED_AT)
    except OSError:
        return False
    return re.search(rb"^\s*(name|kernel|memory|vcpus)\s*=", beginning, re.MULTILINE) is not None
