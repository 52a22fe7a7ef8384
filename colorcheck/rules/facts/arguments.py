"""Xen's boot arguments as each target reads them, for the rules about single options."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from colorcheck.verification.results import Facts
from colorcheck.xen.decided.context import read_arguments
from colorcheck.xen.options.color_lists import ColorList
from colorcheck.xen.options.options import BootArguments, Option
from colorcheck.xen.release.releases import find_release
from colorcheck.xen.release.spelling import Concept

LIST_OWNERS = {Concept.XEN_COLORS: "xen", Concept.DOM0_COLORS: "dom0"}


def arguments(facts: Facts) -> Iterator[tuple[str, BootArguments]]:
    """(name, arguments) for each target whose release is known."""
    for result in facts.results:
        release = find_release(result.release)
        if release is not None:
            yield result.release, read_arguments(facts.deployment, release)


def options(
    facts: Facts, wanted: Callable[[Option, BootArguments], bool]
) -> Iterator[tuple[Option, BootArguments, tuple[str, ...]]]:
    """The options that `wanted` accepts, each once for all releases that treat it alike, with their names; none whose
    text a boot script leaves open.
    """
    met: dict[tuple[object, ...], tuple[Option, BootArguments, list[str]]] = {}
    for name, read in arguments(facts):
        for option in read.options:
            if wanted(option, read) and not _is_open(option.written.text):
                key = (option.location, option.text, option.fate, option.stored, option.message)
                met.setdefault(key, (option, read, []))[2].append(name)
    for option, read, names in met.values():
        yield option, read, tuple(names)


def _is_open(text: str) -> bool:
    if text.isascii():
        return False
    from colorcheck.loader.u_boot.text import unknowns

    return bool(unknowns(text))


def lists(facts: Facts) -> Iterator[tuple[Option, ColorList, tuple[str, ...]]]:
    """The lists of colors among the options that are not overridden by a later one."""
    for option, read, found in options(facts, lambda option, _: option.colors is not None):
        assert option.spec is not None  # noqa: S101
        if option.colors is not None and (option.in_force or read.in_force(option.spec.concept) is None):
            yield option, option.colors, found


def shown(colors: tuple[int, ...]) -> str:
    """Colors in the order of Xen's list: `{4, 0, 6}`."""
    return "{" + ", ".join(map(str, colors)) + "}"
