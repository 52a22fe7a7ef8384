"""Fingerprints of findings: the same for the same fault, even if its line moves."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from colorcheck.core.diagnostic import Finding
from colorcheck.files.sources import Names

_NUMBER = re.compile(r"\d+")


def fingerprints(findings: Iterable[Finding], names: Names) -> tuple[str, ...]:
    """One for each finding, in order; equal ones are numbered.

    A fingerprint is made from the rule, the file relative to the root, the text of the line without blanks, and the
    marked part, but not from line numbers or the message. Without a line, the node or the message without its numbers
    is used.
    """
    seen: Counter[str] = Counter()
    found: list[str] = []
    for finding in findings:
        plain = "\0".join(_parts(finding, names))
        seen[plain] += 1
        digest = hashlib.sha256(f"{plain}\0{seen[plain]}".encode("utf-8", "surrogatepass"))
        found.append(digest.hexdigest()[:32])
    return tuple(found)


def _parts(finding: Finding, names: Names) -> tuple[str, ...]:
    place = finding.location
    line = names.sources.line(place)
    if line is None:
        return finding.rule, names.relative(place.file), place.node, place.property, _NUMBER.sub("#", finding.message)
    end = place.end_column - 1 if place.end_line == place.line else len(line)
    marked = line[place.column - 1 : end] if place.column else ""
    return finding.rule, names.relative(place.file), "".join(line.split()), "".join(marked.split())
