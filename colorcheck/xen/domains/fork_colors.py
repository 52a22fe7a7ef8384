"""The colors that the Xilinx releases give to a domain. Their boots are not modelled, only their parsing.

Source: Xilinx `release-2019.2-coloring` (Xen 4.11), `release-2020.2` (4.13, unchanged up to 4.16), `xlnx_rebase_4.17`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.xl.xl_values import XlList
from colorcheck.xen.domains.color_choice import ColorChoice, everything, out_of_range
from colorcheck.xen.domains.xl_guest import XlGuest, colors_of
from colorcheck.xen.kinds import ColorSource, Failure, FailureKind
from colorcheck.xen.notes.colors import DefaultColors, EmptyList, InheritedColors
from colorcheck.xen.options.arguments import text_of
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.options.options import BootArguments
from colorcheck.xen.options.spelling import mask_colors
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import OtherDomains, PropertyKind

_MASK_BYTES = 16


class Fork(Struct, frozen=True):
    """Properties of a fork that matter for colors.

    `dom0_colors` are the colors that the first releases give to domains without a list.
    """

    release: Release
    nr_colors: int | None
    dom0_colors: tuple[int, ...] = ()
    legacy: bool = False


def refused_by_fork(colors: tuple[int, ...], release: Release, nr_colors: int | None) -> str:
    """Why a fork refuses a list that it has read; empty if it does not."""
    if release.ascending and any(low >= high for low, high in pairwise(colors)):
        return "the colors do not ascend"
    if nr_colors and any(color >= nr_colors for color in colors):
        return f"a color is not below {nr_colors}"
    return ""


def dom0_choice(arguments: BootArguments, nr_colors: int | None, place: Location) -> ColorChoice:
    """dom0's colors; the first releases stop if it has none."""
    release, colors = arguments.release, arguments.dom0_colors
    if colors:
        return _checked(Fork(release, nr_colors), colors, arguments.dom0_source, "dom0", place, FailureKind.DOM0_COLORS)
    if release.dom0_default is OtherDomains.NONE:
        empty = EmptyList(place, "dom0", release=release.title)
        return ColorChoice(
            (), ColorSource.DEFAULT, place, Failure(FailureKind.DOM0_COLORS, "Error creating domain 0"), (empty,)
        )
    return _all(nr_colors, "dom0", place)


def node_choice(node: Node, fork: Fork, before: tuple[Passage, str] | None) -> ColorChoice:
    """The colors of a dom0less domain; `before` is the list and the name of the nearest earlier domain with a list."""
    wanted = next(prop for prop in fork.release.properties if prop.legacy is (fork.legacy and _has_legacy(fork)))
    written = node.properties.get(wanted.name)
    if wanted.kind is PropertyKind.MASK:
        return _mask(node, written, fork)
    place = written.value_location if written else node.location
    if written is None and before is None:
        return _default(fork, node.name, place)
    text, giver = before if before and written is None else (_text(written), "")
    read = read_colors(text, fork.release, fork.nr_colors or fork.release.most_colors)
    if read.error:
        failure = Failure(FailureKind.DOMAIN_COLORS, "Error parsing LLC color configuration")
        return ColorChoice(read.colors, ColorSource.GIVEN, read.error_location or place, failure)
    if not read.colors:
        return _default(fork, node.name, place)
    source = ColorSource.INHERITED if giver else ColorSource.GIVEN
    choice = _checked(fork, read.colors, source, node.name, place, FailureKind.DOMAIN_COLORS)
    return _taken_over(choice, node, giver, fork.release) if giver else choice


def _has_legacy(fork: Fork) -> bool:
    return any(prop.legacy for prop in fork.release.properties)


def _text(written: Property | None) -> Passage:
    if written is None:
        return Passage("", Location(""))
    return text_of(written)


def _taken_over(choice: ColorChoice, node: Node, giver: str, release: Release) -> ColorChoice:
    taken = InheritedColors(node.location, node.name, choice.colors, giver, release.title, key="llc-colors")
    return ColorChoice(choice.colors, choice.source, choice.location, choice.failure, (*choice.notes, taken))


def _mask(node: Node, written: Property | None, fork: Fork) -> ColorChoice:
    """The colors of a mask; 4.17 reads every cell as colors 0 to 31."""
    if written is None:
        return _default(fork, node.name, node.location)
    place = written.value_location
    if len(written.value) > _MASK_BYTES:
        failure = Failure(FailureKind.DOMAIN_COLORS, "Dom0less DomU color information is invalid")
        return ColorChoice((), ColorSource.GIVEN, place, failure)
    if fork.release.ascending:
        cells = [written.value[at : at + 4] for at in range(0, len(written.value) - 3, 4)]
        colors = tuple(color for cell in cells for color in mask_colors(cell))
    else:
        colors = mask_colors(written.value)
    if not colors:
        return _default(fork, node.name, place)
    return _checked(fork, colors, ColorSource.GIVEN, node.name, place, FailureKind.DOMAIN_COLORS)


def guest_choice(guest: XlGuest, fork: Fork) -> ColorChoice:
    """The colors of a guest of xl. The first releases accept only ranges that do not overlap."""
    key = next((key for key in fork.release.xl_keys if guest.file.setting(key)), None)
    setting = guest.file.setting(key) if key else None
    if setting is None or not isinstance(setting.written, XlList):
        return _default(fork, guest.title, guest.file.location)
    place = setting.value_location
    colors, elements, rejected = colors_of(guest.file, setting.name)
    if not rejected and not fork.release.single_colors:
        alone = next((each for each in elements if "-" not in each.written.text[: each.read]), None)
        if alone:
            rejected = f"xl: Invalid argument parsing colors range: {alone.written.text}"
        elif colors and len(set(colors)) < len(colors):
            rejected = "xl: overlapped ranges not allowed"
    if rejected:
        return ColorChoice((), ColorSource.GIVEN, place, Failure(FailureKind.XL_REJECTS, rejected))
    if not colors:
        return _default(fork, guest.title, place)
    return _checked(fork, colors, ColorSource.GIVEN, guest.title, place, FailureKind.DOMAIN_COLORS)


def _default(fork: Fork, name: str, place: Location) -> ColorChoice:
    """The colors of a domain without a list."""
    if fork.release.domain_default is not OtherDomains.DOM0S:
        return _all(fork.nr_colors, name, place)
    taken = InheritedColors(place, name, fork.dom0_colors, "dom0", fork.release.title)
    failure = None if fork.dom0_colors else Failure(FailureKind.DOMAIN_COLORS, f"Error creating domain {name}")
    return ColorChoice(fork.dom0_colors, ColorSource.INHERITED, place, failure, (taken,))


def _all(nr_colors: int | None, name: str, place: Location) -> ColorChoice:
    colors = everything(nr_colors)
    default = DefaultColors(place, name, colors=colors)
    return ColorChoice(colors, ColorSource.DEFAULT, place, None, (default,))


def _checked(  # noqa: PLR0917
    fork: Fork, colors: Iterable[int], source: ColorSource, name: str, place: Location, kind: FailureKind
) -> ColorChoice:
    found = tuple(sorted(set(colors))) if fork.release.merges else tuple(colors)
    why = refused_by_fork(found, fork.release, fork.nr_colors)
    failure = Failure(kind, f"Bad LLC color config for {name}: {why}") if why else None
    notes = out_of_range(found, fork.nr_colors, name, place) if why and fork.nr_colors else ()
    return ColorChoice(found, source, place, failure, notes)
