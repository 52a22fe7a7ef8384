"""Field cases: the command as a user runs it, in a separate process, and what it must and must not say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import colorcheck
from colorcheck.workflows.validation.cases import MeasuredCase

SECONDS = 300  # seconds per command
_PARSED = ("proved", "not_proved", "not_refuted", "without", "located", "messages_lack")


def field(case: MeasuredCase, folder: Path) -> str:
    """All differences between the output of the command and what it must and must not say."""
    case.lay_out(folder)
    return "; ".join(_wrong(case.expect, folder))


def _wrong(e: Mapping[str, Any], folder: Path) -> Iterator[str]:
    plain = _run(folder, e["command"])
    if "Traceback" in plain.stdout + plain.stderr:
        yield "a traceback"
    if plain.returncode not in e["exit"]:
        yield f"exit status {plain.returncode}, none of {e['exit']}"
    yield from (f"it says {text!r}" for text in e.get("text_lacks", ()) if text in plain.stdout)
    first = next((line for line in plain.stdout.splitlines() if line.strip()), "")
    if e.get("headline_lacks") and re.match(e["headline_lacks"], first):
        yield f"its headline is {first.strip()!r}"
    if e["command"][0] == "init":
        yield from _manifest(e, folder)
    elif any(key in e for key in _PARSED):
        answer = _run(folder, [*e["command"], "--format", "json"])
        try:
            document = json.loads(answer.stdout)
        except ValueError:
            yield "no JSON"
            return
        yield from _document(e, document)


def _run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    home = str(Path(colorcheck.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY", "FORCE_COLOR"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "colorcheck", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )


def _manifest(e: Mapping[str, Any], folder: Path) -> Iterator[str]:
    path = folder / "colorcheck.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    domains = found.get("inputs", {}).get("domains", [])
    yield from (f"{name} is not taken" for name in e.get("manifest_has", ()) if name not in domains)
    yield from (f"{name} is taken" for name in e.get("manifest_lacks", ()) if name in domains)


def _document(e: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    verdicts = {theorem["id"]: theorem["verdict"] for theorem in document.get("theorems", ())}
    for pattern in e.get("proved", ()):
        met = {name: verdict for name, verdict in verdicts.items() if fnmatch(name, pattern)}
        if not met:
            yield f"no theorem {pattern}"
        yield from (f"{name} is {verdict}, not proved" for name, verdict in met.items() if verdict != "proved")
    for key, bad in (("not_proved", "proved"), ("not_refuted", "refuted")):
        for pattern in e.get(key, ()):
            yield from (f"{name} is {bad}" for name, v in verdicts.items() if fnmatch(name, pattern) and v == bad)
    findings = document.get("findings", ())
    rules = {finding["rule"] for finding in findings}
    yield from (f"it reports {rule}" for rule in e.get("without", ()) if rule in rules)
    for text in e.get("messages_lack", ()):
        yield from (f"it says {text!r} in {f['rule']}" for f in findings if text in f["message"])
    places = list(_places(document))
    for place in e.get("located", ()):
        if not any(name == place["file"] and place["line"] in (None, line) for name, line in places):
            yield f"nothing points at {place['file']}:{place['line'] or ''}"


def _places(document: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    for finding in document.get("findings", ()):
        for where in (finding.get("location") or {}, *finding.get("related", ())):
            yield Path(where.get("file") or "").name, where.get("line")
    for theorem in document.get("theorems", ()):
        for where in theorem.get("core") or ():
            yield Path(where.get("file") or "").name, where.get("line")
