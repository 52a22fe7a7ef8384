"""One report of many deployments."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

from colorcheck.fleet.checked import Checked
from colorcheck.report.services.junit import join_suites

# What each deployment is rendered to for a joint report, where that is another format.
RENDERED = {"html": "json"}


def joined(name: str, checked: Sequence[Checked]) -> str:
    """The joint report in a format of `FORMATS`. Raises KeyError for others."""
    return FORMATS[name](checked)


def _text(checked: Sequence[Checked]) -> str:
    width = max((len(each.manifest) for each in checked), default=0)
    lines = [
        f"{each.word:<16} {each.manifest:<{width}}  {each.sentence}{_aside(each)}".rstrip()
        for each in sorted(checked, key=lambda each: (each.status == 0, each.manifest))
    ]
    counts = Counter(each.word for each in checked)
    total = ", ".join(f"{count} {word.lower()}" for word, count in sorted(counts.items()))
    kept = sum(each.cached for each in checked)
    deployments = f"{len(checked)} deployment{'' if len(checked) == 1 else 's'}"
    return (
        "\n".join([*lines, "", f"{deployments}: {total or 'none'}" + (f" ({kept} from the cache)" if kept else "")])
        + "\n"
    )


def _aside(each: Checked) -> str:
    return f" [{each.message}]" if each.message and each.message != each.sentence else ""


def _json(checked: Sequence[Checked]) -> str:
    summary = dict(sorted(Counter(str(each.status) for each in checked).items()))
    documents = [
        {**each.to_dict(), "report": json.loads(each.rendered["json"]) if each.rendered else None} for each in checked
    ]
    return (
        json.dumps({"schema": "colorcheck/fleet/1", "deployments": documents, "by_exit_status": summary}, indent=2)
        + "\n"
    )


def _sarif(checked: Sequence[Checked]) -> str:
    logs = [(each.manifest, json.loads(each.rendered["sarif"])) for each in checked if each.rendered]
    runs = [
        {**run, "automationDetails": {"id": f"colorcheck/{manifest}/"}} for manifest, log in logs for run in log["runs"]
    ]
    frame = logs[0][1] if logs else {"version": "2.1.0"}
    return json.dumps({**frame, "runs": runs}, indent=2) + "\n"


def _gitlab(checked: Sequence[Checked]) -> str:
    return json.dumps(
        [entry for each in checked if each.rendered for entry in json.loads(each.rendered["gitlab"])], indent=2
    )


def _junit(checked: Sequence[Checked]) -> str:
    return join_suites((each.manifest, each.rendered.get("junit"), each.message or each.sentence) for each in checked)


def _html(checked: Sequence[Checked]) -> str:
    from colorcheck.fleet.join_html import page_of

    return page_of(checked)


def _one_below_the_other(name: str) -> Callable[[Sequence[Checked]], str]:
    return lambda checked: "".join(each.rendered[name] for each in checked if each.rendered)


FORMATS: dict[str, Callable[[Sequence[Checked]], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "gitlab": _gitlab,
    "junit": _junit,
    "html": _html,
    "github": _one_below_the_other("github"),
    "markdown": _one_below_the_other("markdown"),
}
