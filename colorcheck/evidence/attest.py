"""Compares a real boot log with the model: what agrees, what differs, and whether the log says enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.inputs.boot.boot_log import BootLog, Statement
from colorcheck.loader.measured import same_arguments
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.release import Release
from colorcheck.xen.system import System

DOM0_DRIFT = 8
"""Frames per color by which a running dom0 kernel changes the counts of its own colors (Linux 6.12 under Xen 4.20,
measured)."""


class Attestation(StrEnum):
    ATTESTED = "attested"
    DIFFERS = "differs"
    PARTLY = "partly-attested"
    TOO_LITTLE = "too-little"


class LogCheck(Struct, frozen=True):
    """One comparison. `agrees` is None if the log has nothing to compare with."""

    subject: str
    expected: str
    found: str
    agrees: bool | None
    location: Location

    def to_dict(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "agrees": self.agrees,
            "location": self.location.to_dict(),
        }


class Attested(Struct, frozen=True):
    """All comparisons and their verdict: attested only if every domain's colors or the color heap were compared, and
    every statement about coloring in the log; partly attested if only some were. `unsaid` has subjects that are missing
    in the log.
    """

    checks: tuple[LogCheck, ...]
    verdict: Attestation
    reason: str
    unsaid: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {
            "verdict": str(self.verdict),
            "reason": self.reason,
            "unsaid": list(self.unsaid),
            "checks": [check.to_dict() for check in self.checks],
        }


def attest(
    log: BootLog, boot: Boot, command_line: str, *, built_in: str = "", source: str = "", lacks: str = ""
) -> Attested:
    """Compare the log with the model of the boot's release for the same system.

    `built_in` are the arguments compiled into Xen, if the inputs give them; `source` is the log that the manifest names
    as a source of facts: values taken from it prove nothing here. `lacks` says why the model does not know what memory
    is taken; a difference there then says nothing.
    """
    checks = (
        *_said(log, boot.system, command_line),
        *_built_in(log, built_in.strip()),
        *_options(log, boot),
        *_machine(log, boot),
        *_placed(log, boot),
        *_heap(log, boot),
        *_uncolored(log, boot),
        *_domains(log, boot),
        *_all_colors(log, boot),
        *_end(log, boot),
    )
    if source and source == log.file:
        checks = tuple(_taken(check) if check.subject in _SOURCES and check.agrees else check for check in checks)
    if lacks:
        checks = tuple(_not_known(check, lacks) for check in checks)
    return _verdict(checks, _missing(checks, boot), tuple(_unsaid(checks, boot)))


def attest_arguments(log: BootLog, system: System, command_line: str) -> Attested:
    """Like `attest`, for a Xen whose boot is not modelled: compares its version, its arguments and its own colors."""
    missing = f"the boot of {system.release.title} is not modelled"
    return _verdict(tuple(_said(log, system, command_line)), missing, ("any domain's colors", "color heap"))


_SOURCES = ("command line", "memory banks", "boot modules", "reserved ranges")
_TAKEN = "taken from this log: nothing to compare"


_PART = "part of the color heap"
_MEMORY = ("color heap", "uncolored heap", "place of Xen")


def _not_known(check: LogCheck, lacks: str) -> LogCheck:
    wrong = check.agrees is False and check.subject in _MEMORY
    return replace(check, found=f"{check.found}; not compared: {lacks}", agrees=None) if wrong else check


def _taken(check: LogCheck) -> LogCheck:
    return replace(check, found=_TAKEN, agrees=None)


def _verdict(checks: tuple[LogCheck, ...], missing: str, unsaid: tuple[str, ...]) -> Attested:
    if any(check.agrees is False for check in checks):
        wrong = ", ".join(dict.fromkeys(check.subject for check in checks if check.agrees is False))
        return Attested(checks, Attestation.DIFFERS, f"the log contradicts the model: {wrong}", unsaid)
    agreed = tuple(dict.fromkeys(check.subject for check in checks if check.agrees))
    if missing and agreed:
        return Attested(checks, Attestation.PARTLY, f"{', '.join(agreed)}; {missing}", unsaid)
    if missing:
        return Attested(checks, Attestation.TOO_LITTLE, missing, unsaid)
    return Attested(checks, Attestation.ATTESTED, "everything in the log agrees with the model", unsaid)


def _unsaid(checks: tuple[LogCheck, ...], boot: Boot) -> Iterator[str]:
    """Subjects that a complete log of this boot would contain, and this one does not."""
    wanted = ["version", "command line", "memory banks", "boot modules"]
    if boot.system.coloring and boot.xen_region:
        wanted += ["probed cache", "place of Xen"]
    if boot.system.coloring and not boot.panic:
        wanted += ["number of colors", "colors of Xen", "color heap", "uncolored heap"]
        wanted += [f"colors of {built.domain.name}" for built in boot.built if built.created]
    known = {check.subject for check in checks if check.agrees is not None}
    return (subject for subject in wanted if subject not in known)


def _missing(checks: tuple[LogCheck, ...], boot: Boot) -> str:
    """What the log lacks for the whole boot to be attested; empty if nothing."""
    known = {check.subject for check in checks if check.agrees or check.found == _TAKEN}
    undecided = next((check for check in checks if check.agrees is None and check.subject in _DECIDE), None)
    if undecided is not None and undecided.found != _TAKEN:
        return f"not compared: {undecided.subject}, {undecided.found}"
    if "command line" not in known:
        return "missing: Xen's command line; give the log from the first line of the boot"
    if boot.panic:
        return "" if "panic" in known else "the model expects a panic and the log ends without one"
    if not boot.system.coloring or "color heap" in known:
        return ""
    created = [built.domain.name for built in boot.built if built.created]
    unseen = [name for name in created if f"colors of {name}" not in known]
    if created and not unseen:
        return ""
    if not created:
        return "not seen: color heap (press Ctrl-A three times, then H on Xen's console, and log again)"
    whose = "any domain's" if len(unseen) == len(created) else f"{', '.join(unseen)}'s"
    return f"missing: {whose} colors (press Ctrl-A three times, then m, H and q on Xen's console, and log again)"


_DECIDE = ("version", "command line", "built-in arguments")


def _colors(colors: tuple[int, ...]) -> str:
    return str(ColorSet.of(colors)) or "none"


def _region(region: tuple[int, int] | None) -> str:
    return "nowhere" if region is None else f"{region[0]:#x}-{region[1]:#x}"


def _check(
    subject: str, expected: object, statement: Statement | None, shown: str = "", found: str = ""
) -> Iterator[LogCheck]:
    """Compare a statement with its expected value; nothing if the log has no such statement."""
    if statement is not None:
        text = found or str(statement.value)
        yield LogCheck(subject, shown or str(expected), text, statement.value == expected, statement.location)


def _said(log: BootLog, system: System, command_line: str) -> Iterator[LogCheck]:
    if log.version is not None:
        said = log_version(str(log.version.value))
        shown = f"{said.text} ({said.caution})" if said.caution else said.text
        agrees: bool | None = said.agrees(system.release)
        if not agrees and not said.is_release and said.is_near(system.release):
            agrees = None  # not necessarily this release
        if not agrees and _unfinished(log, log.version) and system.release.name.startswith(said.text):
            agrees = None
        yield LogCheck("version", _named(system.release), shown, agrees, log.version.location)
    yield from _arguments(log, system, command_line.strip())
    yield from _check("number of colors", system.nr_colors, log.nr_colors)
    if log.xen_colors is not None and isinstance(log.xen_colors.value, tuple):
        colors = tuple(sorted(set(system.xen_colors)))
        found = tuple(sorted(set(log.xen_colors.value[1])))
        yield LogCheck("colors of Xen", _colors(colors), _colors(found), colors == found, log.xen_colors.location)
    if log.probed is not None and isinstance(log.probed.value, tuple) and system.way_size:
        level, line, sets = log.probed.value
        shown = f"L{level}: {line} B x {sets} sets"
        yield LogCheck(
            "probed cache", f"{system.way_size} B a way", shown, line * sets == system.way_size, log.probed.location
        )


def _arguments(log: BootLog, system: System, expected: str) -> Iterator[LogCheck]:
    """Compare the command line; a truncated one, as when a mail program wrapped the line, is not a contradiction."""
    said = log.command_line
    if said is not None:
        found = str(said.value)
        agrees: bool | None = found == expected
        if not agrees and "command_line" in log.damaged:
            agrees = True if same_arguments(found, expected) and _squeezed(found) == _squeezed(expected) else None
        elif not agrees and (
            same_arguments(found, expected) or (_unfinished(log, said) and expected.startswith(found))
        ):
            agrees = None
        why = "truncated" if expected.startswith(found) else "wrapped"
        shown = f"{found} ({why})" if agrees is None else found
        yield LogCheck("command line", expected, shown, agrees, said.location)
    if log.first_colors is not None and isinstance(log.first_colors.value, int):
        count, own = log.first_colors.value, tuple(sorted(set(system.xen_colors)))
        first = tuple(range(count))
        shown = f"{_colors(first)}, because none were specified"
        yield LogCheck("colors of Xen", _colors(own), shown, own == first, log.first_colors.location)


def _unfinished(log: BootLog, said: Statement) -> bool:
    """Whether the log may end in the middle of this line."""
    return log.cut and said.location.line == log.last_line.line


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _built_in(log: BootLog, expected: str) -> Iterator[LogCheck]:
    if log.built_in is not None:
        found = str(log.built_in.value)
        agrees = found == expected if expected or not found else None
        yield LogCheck(
            "built-in arguments", expected or "not given: specify kconfig", found, agrees, log.built_in.location
        )


def _named(release: Release) -> str:
    return f"{release.name} (as {release.stands_for})" if release.stands_for else release.name


def _machine(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    """The memory that Xen found: banks, modules and reserved ranges, in any order."""
    prepared = boot.system.preparation
    if prepared is None:
        return
    machine = prepared.machine
    modules = [(module.start, module.end) for module in machine.modules]
    for subject, name, expected, said in (
        ("memory banks", "memory", [bank.span for bank in machine.banks], log.memory),
        ("boot modules", "modules", modules, log.modules),
        ("reserved ranges", "reserved", [held.span for held in machine.reserved], log.reserved),
    ):
        ends_there = bool(said) and said[-1].location.line == log.last_line.line
        yield from _spans(subject, expected, said, whole=name not in log.damaged and not ends_there)


def _spans(subject: str, expected: Iterable[Span], said: Sequence[Statement], *, whole: bool) -> Iterator[LogCheck]:
    """Compare ranges of bytes; differences show the ranges that only one side has.

    Missing ranges in a list that is not `whole` are not a contradiction.
    """
    if not said:
        return
    wanted = set(expected)
    found = {(v[0], v[1]): s.location for s in said if isinstance(v := s.value, tuple)}
    lacking, more = sorted(wanted - found.keys()), sorted(found.keys() - wanted)
    where = found[more[0]] if more else said[0].location
    yield LogCheck(
        subject,
        " ".join(map(_region, lacking if lacking or more else sorted(wanted))) or "none of these",
        " ".join(map(_region, more if lacking or more else sorted(found))) or "none of these",
        None if lacking and not more and not whole else not lacking and not more,
        where,
    )


def _options(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    """Compare rejected options.

    A missing message may have been lost on the line and is not a contradiction. Options with their own reader may be
    rejected without contradicting the model.
    """
    arguments = boot.system.arguments
    expected = arguments.said if arguments else ()
    own = tuple(f'parameter "{o.key}" has invalid value' for o in arguments.options if not o.spec) if arguments else ()
    said = {str(statement.value): statement.location for statement in log.rejected}
    for message, location in said.items():
        if message not in expected and not message.startswith(own):
            yield LogCheck("rejected options", "no such message", message, False, location)
    for message in expected:
        if " has invalid value " not in message:
            continue
        known = message in said
        found = "the same" if known else "no such message in the log"
        yield LogCheck("rejected options", message, found, True if known else None, said.get(message, log.last_line))


def _placed(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    early = boot.system.panic is not None and boot.xen_region is None  # may be printed before the panic
    if log.xen_region is not None and isinstance(log.xen_region.value, tuple) and not early:
        start, end = log.xen_region.value
        yield from _check(
            "place of Xen", boot.xen_region, log.xen_region, _region(boot.xen_region), _region((start, end))
        )
    for built in boot.built:
        said = [
            statement for statement in log.banks if isinstance(v := statement.value, tuple) and v[0] == built.domain.id
        ]
        if not built.banks or not said or built.domain.kind is DomainKind.XL:
            continue
        found = tuple(v[1:] for statement in said if isinstance(v := statement.value, tuple))
        yield LogCheck(
            f"memory banks of {built.domain.name}",
            " ".join(map(_region, built.banks)),
            " ".join(map(_region, found)),
            found == built.banks,
            said[0].location,
        )


def _uncolored(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    """Compare the free frames of the buddy heap: at most those that it ever got.

    The number in use depends on the build.
    """
    prepared = boot.system.preparation
    if log.uncolored is None or prepared is None or not boot.buddy_initial_pages or boot.panic:
        return
    machine = prepared.machine
    modules = sum(-(-module.size // PAGE) for module in machine.modules)  # Xen's own size includes its init section
    most, found = boot.buddy_initial_pages + modules, int(str(log.uncolored.value))
    yield LogCheck("uncolored heap", f"{most} frames at most", f"{found} free", found <= most, log.uncolored.location)


def _states(boot: Boot) -> Iterator[tuple[str, tuple[int, ...], Built | None]]:
    """The color heap at the end, then after each domain, the last one first."""
    yield "at the end", boot.free_final, None
    for built in reversed(boot.built):
        if built.created:
            yield f"after {built.domain.name}", built.free_after, built


def _heap(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    if not log.heap or not boot.system.nr_colors:
        return
    found = {color: int(str(statement.value)) for color, statement in log.heap}
    location = log.heap[0][1].location
    dom0 = next((set(built.domain.colors) for built in boot.built if built.domain.id == 0), set())
    running = any(built.domain.kind is DomainKind.XL for built in boot.built)
    best: tuple[int, str, list[int]] | None = None
    for name, free, _ in _states(boot):
        allowed = [DOM0_DRIFT if running and color in dom0 else 0 for color in range(len(free))]
        wrong = [c for c, n in found.items() if c >= len(free) or abs(free[c] - n) > allowed[c]]
        if best is None or len(wrong) < best[0]:
            best = (len(wrong), name, wrong)
        if not wrong:
            break
    if best is None:
        return
    count, name, wrong = best
    free = next(free for label, free, _ in _states(boot) if label == name)
    if not count:
        whole = len(found) == len(free)  # else it does not show all colors that a domain has
        partly = "" if whole else f" ({len(found)} of {len(free)} colors are legible)"
        subject = "color heap" if whole else _PART
        yield LogCheck(subject, f"the model's frames per color {name}", f"the same{partly}", True, location)
        return
    first = wrong[0]
    expected = f"{free[first]} frames" if first < len(free) else "no such color"
    place = dict(log.heap)[first].location
    yield LogCheck(
        "color heap",
        f"color {first}: {expected} ({name})",
        f"color {first}: {found[first]} frames; {count} of {len(found)} colors differ",
        False,
        place,
    )


def _domains(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    by_id = {built.domain.id: built for built in boot.built}
    for logged in log.domains:
        built = by_id.get(logged.id)
        if built is None:
            place = (logged.pages or logged.colors or Statement(0, log.last_line)).location
            yield LogCheck(f"domain {logged.id}", "no such domain", "it exists", False, place)
            continue
        name = built.domain.name
        if logged.colors is not None:
            expected = tuple(sorted(set(built.domain.colors)))
            found = tuple(sorted(set(logged.colors.value))) if isinstance(logged.colors.value, tuple) else ()
            yield LogCheck(
                f"colors of {name}", _colors(expected), _colors(found), expected == found, logged.colors.location
            )
        if logged.pages is not None and built.domain.kind is not DomainKind.XL:
            yield from _check(f"pages of {name}", built.domain.nr_pages, logged.pages)


def _all_colors(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    """Domains that got every color because Xen found no list for them."""
    by_id = {built.domain.id: built for built in boot.built}
    for said in log.all_colors:
        number = int(str(said.value))
        built = by_id.get(number)
        if built is None:
            yield LogCheck(f"domain {number}", "no such domain", "it gets all colors", False, said.location)
            continue
        colors = tuple(sorted(set(built.domain.colors)))
        same = len(colors) == (boot.system.nr_colors or 0)
        found = "all colors, because no list was found for it"
        yield LogCheck(f"colors of {built.domain.name}", _colors(colors), found, same, said.location)


def _end(log: BootLog, boot: Boot) -> Iterator[LogCheck]:
    if log.panic is None and boot.panic is None:
        return
    expected = boot.panic.message if boot.panic else "no panic"
    found = str(log.panic.value) if log.panic else "no panic in the log"
    agrees = None if log.panic is None else bool(boot.panic) and _same_panic(expected, found)
    if agrees is False and boot.panic and (glued := _OF_A_GUEST.search(found)):
        agrees = None if glued.start() and expected.startswith(found[: glued.start()]) else False
    yield LogCheck("panic", expected, found, agrees, log.panic.location if log.panic else log.last_line)


_OF_A_GUEST = pattern(r"\(d\d+\) ")  # text that a guest printed into the line


def _same_panic(expected: str, found: str) -> bool:
    return found.strip() in expected or expected in found
