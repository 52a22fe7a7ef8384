"""One report of many deployments, with the number that were checked and the names of those that were not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from msgspec import convert

from colorcheck.fleet.checked import Checked, Fleet, overall
from colorcheck.report.services import github, gitlab, junit, markdown, sarif
from colorcheck.report.services.gitlab import unchecked

# What each deployment is rendered to for a joint report, where that is another format.
RENDERED = {"html": "json"}


def joined(name: str, fleet: Fleet) -> str:
    """The combined report in a format of `FORMATS`. Raises KeyError for others."""
    return FORMATS[name](fleet)


def _worst_first(fleet: Fleet) -> list[Checked]:
    return sorted(fleet.checked, key=lambda each: (each.rank, -each.errors, -each.warnings, each.manifest))


def _text(fleet: Fleet) -> str:
    checked = fleet.checked
    width = max((len(each.manifest) for each in checked), default=0)
    lines = [
        f"{each.word:<16} {each.manifest:<{width}}  {each.sentence}{_aside(each)}".rstrip()
        for each in _worst_first(fleet)
    ]
    counts = Counter(each.word for each in checked)
    total = ", ".join(f"{count} {word.lower()}" for word, count in sorted(counts.items()))
    kept = sum(each.cached for each in checked)
    deployments = f"{len(checked)} deployment{'' if len(checked) == 1 else 's'}"
    sums = f"{deployments}: {total or 'none'}" + (f" ({kept} from the cache)" if kept else "")
    return "\n".join([*lines, *([""] if lines else []), sums, fleet.looked_at()]) + "\n"


def _aside(each: Checked) -> str:
    return f" [{each.message}]" if each.message and each.message != each.sentence else ""


def _json(fleet: Fleet) -> str:
    summary = dict(sorted(Counter(str(each.status) for each in fleet.checked).items()))
    documents = [{**each.to_dict(), "report": each.documents.get("json")} for each in fleet.checked]
    document = {
        "schema": "colorcheck/fleet/1",
        "deployments": documents,
        "by_exit_status": summary,
        "summary": fleet.to_dict(),
    }
    return json.dumps(document, indent=2) + "\n"


def _sarif(fleet: Fleet) -> str:
    runs = [
        (each.manifest, document["runs"][0])
        for each in _worst_first(fleet)
        if (document := cast("dict[str, Any] | None", each.documents.get("sarif")))
    ]
    unread = [(each.manifest, _why(each)) for each in fleet.checked if not each.is_reported]
    status = overall(fleet.checked) if fleet.checked else 0
    return sarif.to_text(sarif.log((sarif.merged(runs, unread, int(status), fleet.looked_at()),)))


def _why(each: Checked) -> str:
    return f"{each.manifest}: {each.word.lower()}: {each.message or each.sentence}"


def _gitlab(fleet: Fleet) -> str:
    entries: list[dict[str, object]] = []
    for each in _worst_first(fleet):
        entries += cast("list[dict[str, object]]", each.documents.get("gitlab", []))
    entries += [unchecked(_why(each), each.manifest) for each in fleet.checked if not each.is_reported]
    return gitlab.to_text(entries)


def _junit(fleet: Fleet) -> str:
    return junit.joined((each.manifest, _test_report(each), each.message or each.sentence) for each in fleet.checked)


def _test_report(each: Checked) -> junit.JUnitReport | None:
    found = each.documents.get("junit")
    return None if found is None else convert(found, junit.JUnitReport)


def _html(fleet: Fleet) -> str:
    from colorcheck.fleet.join_html import page_of

    return page_of(fleet.checked)


def _github(fleet: Fleet) -> str:
    """All annotations, the errors of all deployments first: GitHub shows ten of each kind in a step."""
    lines: list[str] = []
    for each in _worst_first(fleet):
        if each.rendered:
            lines += each.rendered["github"].splitlines()
        else:
            lines.append(github.not_checked(each.manifest, _why(each)))
    ranks = ("::error ", "::warning ", "::notice ")
    lines.sort(key=lambda line: next((n for n, start in enumerate(ranks) if line.startswith(start)), len(ranks)))
    return "\n".join([*lines, github.plain(f"colorcheck: {fleet.looked_at()}"), ""])


def _markdown(fleet: Fleet) -> str:
    head = [f"### colorcheck: {markdown.escaped(fleet.looked_at())}", ""]
    head += [f"- {markdown.escaped(_why(each))}" for each in _worst_first(fleet) if not each.rendered]
    parts = [each.rendered["markdown"] for each in _worst_first(fleet) if each.rendered]
    return markdown.limited(["\n".join([*head, ""]), *parts])


FORMATS: dict[str, Callable[[Fleet], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "gitlab": _gitlab,
    "junit": _junit,
    "html": _html,
    "github": _github,
    "markdown": _markdown,
}
