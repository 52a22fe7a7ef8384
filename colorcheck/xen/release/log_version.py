"""The version in a boot log, which may differ from the release that it resembles.

`4.20.4` is a release, `4.20.4-pre` the state of the branch before it, `4.20-rc2` a candidate, `4.22.0-xt0.1` a modified
build based on one, `4.23-unstable` the development branch.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.pattern import pattern
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import find_release


class VersionKind(StrEnum):
    """The kinds of versions."""

    RELEASE = "release"
    BEFORE_RELEASE = "before-release"  # between two point releases: it may or may not have fixes of the later one
    CANDIDATE = "candidate"
    PATCHED = "patched"  # an unknown suffix: a release with unknown changes
    DEVELOPMENT = "development"
    UNREADABLE = "unreadable"


class LogVersion(Struct, frozen=True):
    """A version in a log. `base` is the release in its name ("4.20.4" of `4.20.4-pre`)."""

    text: str
    kind: VersionKind
    base: str = ""

    @property
    def is_release(self) -> bool:
        """Whether the version is a release, so that the log may be compared with the model of that release."""
        return self.kind is VersionKind.RELEASE

    def agrees(self, release: Release) -> bool:
        """Whether a Xen of this version behaves like `release`, judging by its name."""
        if self.kind in (VersionKind.RELEASE, VersionKind.DEVELOPMENT):
            found = find_release(self.text)
            return found is not None and found.modelled_as == release.modelled_as
        return False

    def is_near(self, release: Release) -> bool:
        """Whether it is a Xen of the release's branch, including candidates and modified builds: then the memory
        layout is that of the log.
        """
        found = find_release(self.base)
        branch = release.modelled_as.split(".")[:2]
        return self.agrees(release) or (found.modelled_as if found else self.base).split(".")[:2] == branch

    @property
    def caution(self) -> str:
        """Why the model of the release that it resembles does not apply; empty if it does."""
        match self.kind:
            case VersionKind.BEFORE_RELEASE:
                return f"{self.text} is the branch before {self.base}, not {self.base}"
            case VersionKind.CANDIDATE:
                return f"{self.text} is a release candidate of {self.base}"
            case VersionKind.PATCHED:
                return f"{self.text} is a build based on {self.base} with its own changes"
            case VersionKind.DEVELOPMENT:
                return f"{self.text} is the development branch, which changes from day to day"
            case VersionKind.UNREADABLE:
                return f'"{self.text}" is not a version of Xen'
            case _:
                return ""


_VERSION = pattern(r"(\d+\.\d+)(\.\d+)?(.*)")


def log_version(text: str) -> LogVersion:
    """Parse the version in a log."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return LogVersion(text, VersionKind.UNREADABLE)
    base, extra = found[1] + (found[2] or ""), found[3]
    if not extra:
        return LogVersion(text, VersionKind.RELEASE if found[2] else VersionKind.PATCHED, base)
    if re.fullmatch(r"-rc\d*(-.*)?", extra):
        return LogVersion(text, VersionKind.CANDIDATE, base)
    if extra == "-pre":
        return LogVersion(text, VersionKind.BEFORE_RELEASE, base)
    if extra == "-unstable":
        return LogVersion(text, VersionKind.DEVELOPMENT, base)
    return LogVersion(text, VersionKind.PATCHED, base)
