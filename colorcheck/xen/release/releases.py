"""All releases that the model knows, by the names that users give them."""

from __future__ import annotations

import re

from msgspec.structs import replace

from colorcheck.core.suggest import did_you_mean
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.upstream import UPSTREAM
from colorcheck.xen.release.xilinx import XILINX


def _series() -> tuple[Release, ...]:
    """The newest modelled release of each stable branch, under the name of the branch."""
    newest = {release.series: release for release in UPSTREAM if _POINT.fullmatch(release.name)}
    return tuple(_renamed(release, series) for series, release in newest.items())


def _renamed(release: Release, name: str) -> Release:
    aliases = (f"xen-{name}", f"xen {name}", f"v{name}", f"upstream-{name}", f"RELEASE-{name}")
    return replace(release, name=name, title=f"Xen {name}", aliases=aliases, stands_for=release.name)


_POINT = re.compile(r"(\d+\.\d+)\.(\d+)")
_PREFIXES = re.compile(r"(?:xen[- ]|v|upstream-|release-)(?=\d)")

SERIES: tuple[Release, ...] = _series()
"""4.20, 4.21 and 4.22: the release that represents a branch if no point release is given."""

RELEASES: tuple[Release, ...] = (*SERIES, *UPSTREAM, *XILINX)

NAMES: tuple[str, ...] = tuple(release.name for release in RELEASES)

MODELLED: tuple[str, ...] = tuple(release.name for release in RELEASES if release.modelled)
"""The names of the releases whose boots can be replayed."""

_BY_NAME = {name.lower(): release for release in RELEASES for name in (release.name, *release.aliases)}


class UnknownReleaseError(ValueError):
    """No release of that name is known."""


def find_release(name: str) -> Release | None:
    """The release of that name.

    A point release of a known branch that is not modelled itself ("4.20.2") is treated like the modelled one before it,
    which `stands_for` names. None for names that only resemble a release ("4.20-rc2", "4.20.4-pre").
    """
    plain = _PREFIXES.sub("", name.strip().lower(), count=1)
    found = _BY_NAME.get(name.strip().lower()) or _BY_NAME.get(plain)
    point = _POINT.fullmatch(plain)
    if found is not None or point is None:
        return found
    older = [release for release in siblings(point[1]) if _patch(release) <= int(point[2])]
    return _renamed(older[-1], plain) if older else None


def siblings(series: str) -> tuple[Release, ...]:
    """The modelled point releases of a stable branch, the oldest first."""
    return tuple(release for release in UPSTREAM if release.series == series and _POINT.fullmatch(release.name))


def _patch(release: Release) -> int:
    return int(release.name.rpartition(".")[2])


def release_of(name: str) -> Release:
    """Like `find_release`, but raises `UnknownReleaseError`, which names the nearest known one."""
    found = find_release(name)
    if found is None:
        known = f"known releases: {', '.join(NAMES)}"
        raise UnknownReleaseError(f'unknown Xen release "{name}": {did_you_mean(name, _BY_NAME, known)}')
    return found
