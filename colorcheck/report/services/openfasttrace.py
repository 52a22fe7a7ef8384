"""OpenFastTrace: an item of the type `colorcheck` for each met requirement, as specobject XML (`.oreqm`).

A requirement written as `type~name~revision` that needs `colorcheck` is covered by it. One that is not met gets an item
that covers nothing, with the status `rejected` or `draft`, so that OpenFastTrace reports it as uncovered.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from colorcheck.report.services.junit import clean
from colorcheck.report.style import Style
from colorcheck.report.view import requirement_lines
from colorcheck.verification.results import Verification
from colorcheck.verification.traced import Standing, Traced

TYPE = "colorcheck"
_ID = re.compile(r"([A-Za-z]+)~([^~\s]+)~([0-9]{1,9})")
_STATUS = {Standing.MET: "approved", Standing.VIOLATED: "rejected"}


def render(verification: Verification, style: Style) -> str:
    """One `specdocument`; items for IDs that are not in OpenFastTrace's form cover nothing, and say so."""
    document = Element("specdocument")
    objects = SubElement(document, "specobjects", doctype=TYPE)
    for requirement in verification.requirements:
        _object(objects, requirement, style)
    indent(document)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(document, encoding="unicode") + "\n"


def _object(parent: Element, requirement: Traced, style: Style) -> None:
    made = SubElement(parent, "specobject")
    found = _ID.fullmatch(requirement.id)
    status, *lines = requirement_lines(requirement)
    evidence = [f"{each.subject or each.pattern} {each.release}".strip() for each in requirement.evidence]
    comment = "; ".join(dict.fromkeys(evidence)) if found else "the ID is not of the form type~name~revision"
    _text(made, "id", _name(found[2] if found else requirement.id))
    _text(made, "shortdesc", f"colorcheck on {requirement.id}")
    _text(made, "status", _STATUS.get(requirement.standing, "draft") if found else "draft")
    _text(made, "version", "1")
    _text(made, "sourcefile", style.relative(requirement.location.file))
    _text(made, "sourceline", str(requirement.location.line or 1))
    _text(made, "description", "; ".join((status, *lines)))
    _text(made, "comment", comment)
    if found and requirement.standing is Standing.MET:
        covered = SubElement(SubElement(made, "providescoverage"), "provcov")
        _text(covered, "linksto", f"{found[1]}:{found[2]}")
        _text(covered, "dstversion", str(int(found[3])))


def _text(parent: Element, tag: str, words: str) -> None:
    SubElement(parent, tag).text = clean(words)


def _name(words: str) -> str:
    """A name in OpenFastTrace's form: parts that begin with a letter, joined by dots."""
    parts = [part for part in re.split(r"[^\w-]+", words, flags=re.ASCII) if part]
    return ".".join(part if part[0].isalpha() else f"x{part}" for part in parts) or "unnamed"
