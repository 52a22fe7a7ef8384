"""The edits of a plan, for the text that an editor shows."""

from __future__ import annotations

from collections.abc import Mapping

from colorcheck.core.diagnostic import Edit
from colorcheck.editor.within import editing, read
from colorcheck.inputs.manifest.manifest_reader import ManifestError
from colorcheck.workflows import verify as pipeline


def plan_edits(manifest: str, unsaved: Mapping[str, str]) -> tuple[tuple[Edit, ...], str]:
    """The edits that apply the plan to a deployment, and a message: the status, or why there are none."""
    with editing(manifest, unsaved):
        try:
            planned, _ = pipeline.plan(read(manifest))
        except ManifestError as error:
            return (), str(error)
    plan = planned.plan
    said = f"plan: {plan.status}" + (f": {plan.reason}" if plan.reason else "")
    return plan.edits, said if plan.edits else f"{said}; nothing to change"
