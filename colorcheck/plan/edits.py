"""A plan as edits of the input files: existing values are changed, missing ones added.

A value in a blob cannot be edited: the source of an overlay shows the change.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.files.edits import OverlapError, read_original, text_at
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.xl.xl_values import XlFile, XlList
from colorcheck.plan.carried import carried, loader_follows
from colorcheck.plan.problem import Plan, PlanProblem
from colorcheck.plan.repaired_xl import repaired
from colorcheck.plan.search.smallest import Today
from colorcheck.xen.domains import dom0less
from colorcheck.xen.kinds import ColorSource, DomainKind, FailureKind
from colorcheck.xen.options.arguments import xen_arguments
from colorcheck.xen.options.options import LONGEST_OPTION
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.system import Domain, System

CUT = ProblemKind.OPTION_CUT


class Written(Struct, frozen=True):
    """A plan as changes to files: edits, the source of an overlay for changes to a blob, new files by path, and
    problems for what cannot be written or has to be done in addition.
    """

    edits: tuple[Edit, ...] = ()
    overlay: str = ""
    problems: tuple[Problem, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


class _Overlay(Struct, frozen=True):
    """A property to set in a blob."""

    node: str
    property: str
    value: str


def edits_of(
    plan: Plan, problem: PlanProblem, deployment: Deployment, system: System, reserve: int | None = None
) -> Written:
    """The changes to the files for the colors of the plan; none for owners that keep today's.

    `reserve` is a new `buddy-alloc-size`, in MiB. All or nothing: if a list would be cut, there are no edits at all.
    """
    release = system.release
    found: list[Edit | _Overlay | Problem] = []
    arguments: dict[Concept, str] = {} if reserve is None else {Concept.BUDDY_SIZE: f"{reserve}M"}
    for demand, owner in zip(problem.demands, (None, *system.domains), strict=True):
        colors = plan.colors(demand.name)
        refused = owner is not None and owner.kind is DomainKind.XL and _is_repaired(owner, deployment, system)
        if not colors or (_stays(system, owner, colors) and not refused):
            continue
        if owner is None or owner.kind is DomainKind.DOM0:
            arguments[Concept.XEN_COLORS if owner is None else Concept.DOM0_COLORS] = str(colors)
        elif owner.kind is DomainKind.DOM0LESS:
            found += _dom0less(owner, colors, deployment, release)
        else:
            found += _guest(owner, colors, deployment, system, release)
    found += _boot_arguments(arguments, deployment, system, release)
    return _written(found, deployment)


def today_of(problem: PlanProblem, deployment: Deployment, system: System) -> Today:
    """The line with the colors of each owner, and the owners whose colors must change in any case."""
    places, must = {}, set()
    guests = [domain for domain in system.domains if domain.kind is DomainKind.XL]
    unread = {domain.id for domain in guests if _is_repaired(domain, deployment, system)}
    for number, (demand, owner) in enumerate(zip(problem.demands, (None, *system.domains), strict=True)):
        places[demand.name] = _place(number, owner, demand.today, deployment, system)
        source = system.xen_source if owner is None else owner.source
        broken = source is ColorSource.REMAINS or _refused(owner, system) or (owner is not None and owner.id in unread)
        if not demand.keep and (broken or not demand.today):
            must.add(demand.name)
    return Today(places, frozenset(must))


def _refused(owner: Domain | None, system: System) -> bool:
    """Whether Xen refuses the owner's colors."""
    panic = system.panic.kind if system.panic else None
    if owner is None:
        return panic is FailureKind.XEN_COLORS
    own = owner.failure is not None and owner.failure.kind in {FailureKind.DOMAIN_COLORS, FailureKind.HOST_PANIC}
    return own or (owner.kind is DomainKind.DOM0 and panic is FailureKind.DOM0_COLORS)


def _is_repaired(domain: Domain, deployment: Deployment, system: System) -> bool:
    file = _file_of(domain, deployment, system)
    return file is not None and repaired(file.file) is not None


def _place(
    number: int, owner: Domain | None, today: ColorSet, deployment: Deployment, system: System
) -> tuple[str, int]:
    """File and line of the edit that gives the owner other colors."""
    other = ColorSet.of([0]) if today != ColorSet.of([0]) else ColorSet.of([1])
    for each in _of_owner(owner, other, deployment, system):
        if isinstance(each, _Overlay):
            return f"{each.node} {each.property}", 0
        if each.location.line:
            return each.location.file, each.location.line
    return "", number


def _of_owner(
    owner: Domain | None, colors: ColorSet, deployment: Deployment, system: System
) -> Iterator[Edit | _Overlay | Problem]:
    if owner is None or owner.kind is DomainKind.DOM0:
        concept = Concept.XEN_COLORS if owner is None else Concept.DOM0_COLORS
        yield from _boot_arguments({concept: str(colors)}, deployment, system, system.release)
    elif owner.kind is DomainKind.DOM0LESS:
        yield from _dom0less(owner, colors, deployment, system.release)
    else:
        yield from _guest(owner, colors, deployment, system, system.release)


def reserve_edits(mib: int, deployment: Deployment, system: System) -> Written:
    """The changes to the files for another `buddy-alloc-size`, in MiB."""
    release = system.release
    found = list(_boot_arguments({Concept.BUDDY_SIZE: f"{mib}M"}, deployment, system, release))
    return _written(found, deployment)


def _written(found: list[Edit | _Overlay | Problem], deployment: Deployment) -> Written:
    problems = tuple(each for each in found if isinstance(each, Problem))
    if any(problem.kind == CUT for problem in problems):
        return Written(problems=problems)
    blob = [each for each in found if isinstance(each, _Overlay)]
    way = carried([(each.node, each.property, each.value) for each in blob], deployment)
    edits = (*(each for each in found if isinstance(each, Edit)), *way.edits)
    problems = (*problems, *way.problems, *loader_follows(edits, deployment))
    return Written(edits, _overlay_source(blob), problems, way.files)


def _stays(system: System, owner: Domain | None, colors: ColorSet) -> bool:
    """Whether today's text gives these colors independently of other changes: inherited lists do not."""
    source = system.xen_source if owner is None else owner.source
    today = ColorSet.of(system.xen_colors if owner is None else owner.colors)
    return colors == today and source in {ColorSource.GIVEN, ColorSource.DEFAULT}


def _boot_arguments(
    wanted: dict[Concept, str], deployment: Deployment, system: System, release: Release
) -> Iterator[Edit | _Overlay | Problem]:
    """Options among Xen's arguments: the value of the last one of a name, or a new one at the end."""
    if not wanted:
        return
    passage = xen_arguments(deployment)
    given = {concept: system.arguments.given(concept) if system.arguments else () for concept in wanted}
    replaced: list[tuple[int, int, str]] = []
    added = ""
    for concept, text in wanted.items():
        options = release.options_for(concept)
        if not options:
            message = f"{release.title} has no boot option for the {concept.value.replace('-', ' ')}"
            yield Problem(ProblemKind.NO_PLACE, message, passage.whole, f"set {text} when building it")
            continue
        name = given[concept][-1].key if given[concept] else options[0].name
        if len(f"{name}={text}") > LONGEST_OPTION:
            message = f"{name}={text} is longer than the {LONGEST_OPTION} characters that Xen reads of an option"
            yield Problem(CUT, message, passage.whole, "plan with --max-ranges to shorten the list")
            continue
        if given[concept]:
            option = given[concept][-1]
            yield from _value(option.written, len(option.key) + 1, text, f"{option.key}=")
            begin = _offset_of(passage, option.written)
            replaced.append((begin + len(option.key) + 1, begin + len(option.written.text), text))
        else:
            added += f" {name}={text}"
    if added and passage.pieces:
        end = passage.locate(len(passage.text), len(passage.text))
        if end.line:
            yield Edit(end, added if passage.text else added.lstrip())
        else:
            yield Problem(
                ProblemKind.NO_PLACE,
                "ImageBuilder writes these boot arguments",
                end,
                f'set XEN_CMD, with "{added[1:]}"',
            )
    if not passage.pieces:
        yield from _new_arguments(passage, replaced, added)


def _offset_of(passage: Passage, part: Passage) -> int:
    """The offset of an option in all arguments; the last one, as later options win."""
    return max(0, passage.text.rfind(part.text))


def _new_arguments(passage: Passage, replaced: list[tuple[int, int, str]], added: str) -> Iterator[_Overlay | Problem]:
    """The new arguments for a blob; arguments that are in no file can only be reported."""
    text = passage.text
    for begin, end, value in sorted(replaced, reverse=True):
        text = text[:begin] + value + text[end:]
    text = f"{text}{added}".strip()
    if passage.whole.node:
        yield _Overlay(passage.whole.node, passage.whole.property, text)
    else:
        help_text = f'give Xen these arguments: "{text}"'
        yield Problem(
            ProblemKind.NO_PLACE, "Xen's boot arguments are not in any file that was read", passage.whole, help_text
        )


def _value(written: Passage, start: int, text: str, insert: str) -> Iterator[Edit | Problem]:
    """Edit the value of an option; an option without `=` gets one."""
    if not written.pieces:
        return
    if start > len(written.text):
        yield Edit(written.locate(0, len(written.text)), f"{insert}{text}")
        return
    yield from _checked(written.locate(start, len(written.text)), written.text[start:], text)


def _checked(location: Location, expected: str, text: str) -> Iterator[Edit | Problem]:
    """An edit, if the file really contains the text that was read; macros and joined strings may differ."""
    original = read_original(location.file)
    if isinstance(original, Problem):
        yield original
        return
    try:
        found = text_at(original.text, location)
    except OverlapError:
        found = ""
    if found == expected or (found and not expected):
        yield Edit(location, text)
    else:
        yield Problem(
            ProblemKind.NO_PLACE,
            f'"{expected}" is not written there the way it was read',
            location,
            f'change it to "{text}" by hand',
        )


_TREE_SOURCES = (".dts", ".dtsi", ".dtso", ".dtx")


def _dom0less(
    domain: Domain, colors: ColorSet, deployment: Deployment, release: Release
) -> Iterator[Edit | _Overlay | Problem]:
    tree = deployment.tree
    node = next((n for n in dom0less.nodes(tree) if n.name == domain.name), None) if tree else None
    if node is None:
        yield Problem(ProblemKind.NO_PLACE, f"the node of {domain.name} was not found", domain.location)
        return
    name, built = release.domain_property.name, deployment.image_builder
    own = node.properties.get(name)
    generated = built is not None and node.location.file == built.file and own is None
    if not node.location.line or generated or (own is None and not node.location.file.endswith(_TREE_SOURCES)):
        yield _Overlay(node.path, name, str(colors))
    elif own is None:
        yield from _new_property(node, f'{name} = "{colors}";')
    elif len(own.strings) == 1 and own.strings[0].pieces:
        string = own.strings[0]
        yield from _checked(string.locate(0, len(string.text)), string.text, str(colors))
    else:
        yield from _checked(own.value_location, "", f'"{colors}"')


def _new_property(node: Node, text: str) -> Iterator[Edit | Problem]:
    """An edit that adds a line before the first property, with the same indentation."""
    first = min((p.location for p in node.properties.values() if p.location.line), default=None)
    if first is None:
        yield Problem(
            ProblemKind.NO_PLACE,
            f"{node.path} has no property next to which it could be added",
            node.location,
            f"add {text}",
        )
        return
    at = replace(first, end_line=first.line, end_column=first.column)
    original = read_original(first.file)
    lead = "" if isinstance(original, Problem) else _line(original.text, first.line)[: first.column - 1]
    separator = f"\n{lead}" if not lead.strip() else " "
    yield Edit(at, f"{text}{separator}")


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _guest(
    domain: Domain, colors: ColorSet, deployment: Deployment, system: System, release: Release
) -> Iterator[Edit | Problem]:
    file = _file_of(domain, deployment, system)
    key = release.xl_key or "llc_colors"
    value = (
        f"[{', '.join(f'{chr(34)}{part}{chr(34)}' for part in str(colors).split(','))}]"  # xl: one range per element
    )
    if file is None:
        yield Problem(
            ProblemKind.NO_PLACE, f"the file of {domain.name} was not found", domain.location, f"write {key} = {value}"
        )
        return
    setting = file.setting(key)
    broken = repaired(file.file)
    if broken is not None:
        yield Edit(broken.line, broken.with_value(value))
    elif setting is None:
        yield from _new_setting(file, f"{key} = {value}")
    elif isinstance(setting.written, XlList):
        yield Edit(setting.written.location, value)
    else:
        quoted = _with_quotes(setting.written.whole)
        yield (
            Edit(quoted, value)
            if quoted
            else Problem(
                ProblemKind.NO_PLACE,
                f"{key} is a string, which xl ignores",
                setting.written.whole,
                f"write {key} = {value}",
            )
        )


def _file_of(domain: Domain, deployment: Deployment, system: System) -> XlFile | None:
    guests = [other for other in system.domains if other.kind is DomainKind.XL]
    return deployment.guests[guests.index(domain)] if len(guests) == len(deployment.guests) else None


def _with_quotes(location: Location) -> Location | None:
    """The location of the string including its quotes; None if there are none."""
    original = read_original(location.file)
    if isinstance(original, Problem) or location.line != location.end_line:
        return None
    line = _line(original.text, location.line)
    begin, end = location.column - 2, location.end_column - 1
    if begin < 0 or end >= len(line):
        return location
    if line[begin] in "\"'" and line[end] == line[begin]:
        return replace(location, column=location.column - 1, end_column=location.end_column + 1)
    return location


def _new_setting(file: XlFile, text: str) -> Iterator[Edit | Problem]:
    """An edit that adds a line at the end of the file."""
    original = read_original(file.file)
    if isinstance(original, Problem):
        yield original
        return
    lines = original.text.split("\n")
    place = Location(file.file, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    end = "\r\n" if "\r\n" in original.text else "\n"
    yield Edit(place, f"{text}{end}" if not lines[-1] else f"{end}{text}{end}")


def _overlay_source(wanted: list[_Overlay]) -> str:
    """The source of a device tree overlay that sets these properties."""
    if not wanted:
        return ""
    lines = ["/dts-v1/;", "/plugin/;", ""]
    for each in wanted:
        value = each.value.replace("\\", "\\\\").replace('"', '\\"')
        lines += [f"&{{{each.node}}} {{", f'\t{each.property} = "{value}";', "};", ""]
    return "\n".join(lines)
