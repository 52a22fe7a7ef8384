"""Which fixes can be applied: those whose places still contain exactly the text that was read there."""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.diagnostic import Edit, Finding
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment


def with_usable_fix(finding: Finding, deployment: Deployment) -> Finding:
    """The finding; without its fix if an edit has no place in a file, is in text that ImageBuilder rewrites, or in a
    boot log."""
    if all(_has_place(edit, deployment) for edit in finding.fix):
        return finding
    return replace(finding, fix=())


def _has_place(edit: Edit, deployment: Deployment) -> bool:
    """Whether an edit can be applied; in an ImageBuilder configuration, only XEN_CMD reaches Xen unchanged."""
    place, built = edit.location, deployment.image_builder
    if not place.line or (deployment.boot_log is not None and place.file == deployment.boot_log.file):
        return False
    if built is None or place.file != built.file:
        return True
    command = built.get("XEN_CMD")
    return command is not None and _inside(place, command.value.whole)


def _inside(inner: Location, outer: Location) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
