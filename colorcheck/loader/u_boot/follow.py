"""Follows a U-Boot script until Xen starts, on every possible way."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE, size
from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.facts import UNREAD_TREE, OpenFact, Origin
from colorcheck.loader.handover import Handover
from colorcheck.loader.u_boot.blob import HEADER, NodePool, Side, compile_tree, is_plain, read_content, tree_of
from colorcheck.loader.u_boot.boot import RAMDISK_ROOM, Started, StartedError
from colorcheck.loader.u_boot.commands import call
from colorcheck.loader.u_boot.devices import MEDIUM
from colorcheck.loader.u_boot.fdt import OVERLAYS
from colorcheck.loader.u_boot.fit_script import verifies
from colorcheck.loader.u_boot.fixups import FIXUP_BUILT, FIXUP_COMMANDS, FIXUP_COMMANDS_SINCE, LENGTH, interfaces
from colorcheck.loader.u_boot.image import read_legacy, script_refused, script_text
from colorcheck.loader.u_boot.load import ELSEWHERE, MISSING, missing_fact, put
from colorcheck.loader.u_boot.machine import (
    VIRTUAL,
    HaltError,
    LeaveError,
    OpenEndError,
    Settings,
    UBootMachine,
)
from colorcheck.loader.u_boot.media import File, Media
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.placed import modules
from colorcheck.loader.u_boot.releases import CHANGES, RESERVED_ROOM, answers, known
from colorcheck.loader.u_boot.resume import Resume, Watch
from colorcheck.loader.u_boot.shell import run_macro, run_text
from colorcheck.loader.u_boot.text import Marked, ScriptTexts
from colorcheck.loader.u_boot.trees import ROOM, TreeInMemory
from colorcheck.loader.u_boot.variables import enter

MOST_WORLDS = 64
MOST_STEPS = 400_000
LARGEST = 4 << 20
LONGEST_VERSION = 80  # characters of u-boot,version: CONFIG_LOCALVERSION has up to 64 of them
_LONGEST_ETHERNET = 64  # bytes of an interface's addresses and their names
_LONGEST_SERIAL = 256  # bytes that a serial number of the board's environment may take
_OF_LATER_RELEASES = 96  # bytes of kaslr-seed (2024.10) and smbios3-entrypoint (2026.01) with their names
_RAMDISK_PROPERTIES = 160  # bytes of linux,initrd-* and their reservation, which come behind the shrinking
Program = Callable[[UBootMachine], "str | None"]
"""Runs a U-Boot until Xen starts; returns why Xen is never started."""
_IMAGES = (".scr", ".uimg")
_VARIABLE = pattern(r"[^\s=#\"'$]+=.*|#.*|\s*")


def follow(manifest: Manifest, tree: DeviceTree | None, script: str, data: bytes) -> Handover:
    """The handover of a script: the way that the inputs determine as far as possible, with the others as
    alternatives.
    """
    if len(data) > LARGEST:
        return Handover(stopped=f"the script is larger than {size(LARGEST)}", location=Location(script))
    return follow_program(manifest, tree, script, ScriptRun(script, data))


def follow_program(manifest: Manifest, tree: DeviceTree | None, script: str, program: Program) -> Handover:
    """Like `follow`, for any program that runs in U-Boot; `script` is its file."""
    worlds = [ScriptWorld(manifest, tree, script, program, {})]
    waiting, steps, left = worlds[0].others(), worlds[0].machine.steps, False
    seen = {worlds[0].key}
    while waiting and not left:
        choices, state = waiting.pop()
        world = ScriptWorld(manifest, tree, script, program, choices, state=state)
        steps += world.machine.steps
        if world.key not in seen:
            seen.add(world.key)
            worlds.append(world)
            waiting = [(choices, None) for choices, _ in waiting[:-MOST_WORLDS]] + waiting[-MOST_WORLDS:]
            waiting += world.others()
        left = len(worlds) >= MOST_WORLDS or steps > MOST_STEPS
    worlds = _with_its_medium(worlds)
    pool = NodePool()
    handovers = [world.handover(pool) for world in worlds]
    first = _base(handovers, [h for world, h in zip(worlds, handovers, strict=True) if not world.ends_open])
    handovers, first = _as_named(handovers, first)
    facts = list(first.open)
    if left and waiting:
        why = f"the script has more than {MOST_WORLDS} possible paths, and not all of them were followed"
        facts.append(OpenFact("paths through the script", why, (), Location(script)))
    others = tuple(handover for handover in handovers if handover is not first)
    return replace(first, open=tuple(dict.fromkeys(facts)), alternatives=others)


def _with_its_medium(worlds: list[ScriptWorld]) -> list[ScriptWorld]:
    """If a script loads from only one medium with one file system, the board is assumed to have it: a trusted
    assumption, not a question.
    """
    named = {each for world in worlds for each in world.machine.media_named}
    if len({medium for medium, _ in named}) != 1 or len({system for _, system in named if system}) > 1:
        return worlds
    kept = [w for w in worlds if all(w.machine.choices[k] for k in w.machine.asked if k.startswith(MEDIUM))]
    for world in kept:
        for key in [key for key in world.machine.asked if key.startswith(MEDIUM)]:
            del world.machine.asked[key]
            world.machine.assumptions[key] = None
    return kept


def _as_named(handovers: list[Handover], first: Handover) -> tuple[list[Handover], Handover]:
    """Where Xen is only started if the medium has what is here under the names of the script, it has: a trusted
    assumption, and no question."""
    if first.stopped or any((ELSEWHERE, False) in h.choices and not h.stopped for h in handovers):
        return handovers, first
    asked = [fact for fact in first.open if fact.values == (False, True) and fact.what.startswith("file ")]
    shown = tuple(f"the medium has as {fact.what.removeprefix('file ')} the file that is here" for fact in asked)
    ways = [
        replace(way, open=tuple(f for f in way.open if f not in asked), assumptions=(*way.assumptions, *shown))
        for way in (first, *(h for h in handovers if h is not first and (ELSEWHERE, False) not in h.choices))
    ]
    return ways, ways[0]


def _base(handovers: list[Handover], known: list[Handover]) -> Handover:
    """The way that is shown: files that are not here are not there, and no unknown condition holds, unless
    Xen is not started that way and is on another, if possible of those where it is `known` what it gets."""
    first = handovers[0]
    for key in (ELSEWHERE, MISSING):
        if first.stopped and (key, False) in first.choices:
            first = next((h for h in (*known, *handovers) if (key, True) in h.choices and not h.stopped), first)
    return next((h for h in known if not h.stopped), first) if first.stopped else first


class ScriptRun(Struct, frozen=True):
    """A script as U-Boot runs it; calling it returns why it is not run."""

    script: str
    data: bytes

    def __call__(self, machine: UBootMachine) -> str | None:
        data = self.data
        image = read_legacy(data)
        text = data
        if image is not None or self.script.lower().endswith(_IMAGES):
            refused = script_refused(image, verify=verifies(machine)) if machine.begin is None else ""
            if refused or image is None:
                return f"U-Boot refuses the script and runs none of it: {refused}"
            text = script_text(image)
        content = text.decode("utf-8", "surrogateescape")
        if machine.begin is None:
            self._loaded(machine)
        marked = Marked(content, machine.script_places(self.script, content, image=image is not None))
        if machine.begin is not None:
            run_text(machine, marked, whole=True)
            return None
        machine.here = (0, 1)
        if _is_environment(content):
            _run_environment(machine, marked)
        else:
            run_text(machine, marked, whole=True)
        return None

    def _loaded(self, machine: UBootMachine) -> None:
        """Place the script where the environment says that the last file of its size was loaded."""
        address, length = machine.text("fileaddr"), machine.text("filesize")
        if address is not None and length is not None and hexadecimal(length) == len(self.data):
            put(machine, File(self.script, len(self.data), self.data, self.script), hexadecimal(address))
            machine.loaded.pop()


def _run_environment(machine: UBootMachine, text: Marked) -> None:
    """A text of variables: what the board runs of them."""
    enter(machine, text, "\n", [])
    for name in ("uenvcmd", "bootcmd"):
        value = machine.environment.get(name)
        if value is not None:
            run_macro(machine, value)


class ScriptWorld:
    """One way through a script, given the answers to what is open."""

    def __init__(
        self,
        manifest: Manifest,
        tree: DeviceTree | None,
        script: str,
        program: Program,
        choices: Mapping[str, bool],
        *,
        state: Resume | None = None,
    ) -> None:
        """`state` is one from which this way goes on, where it has the same answers up to there as another one."""
        self.script = script
        self.given = dict(choices)
        self.tree = tree
        answers = _answers(manifest)
        self.stopped: str | None = None
        self.ends_open = False  # something is started, and what it gets is not known
        if state is not None:
            self.machine = state.machine({**choices, **answers})
        else:
            self.machine = _fresh(manifest, tree, script, {**choices, **answers}, frozenset(answers))
        self.machine.watch = Watch()
        self._run(program)
        self._marks, self.machine.marks, self.machine.latest = self.machine.marks, {}, None

    @property
    def key(self) -> tuple[tuple[str, bool], ...]:
        return tuple((key, self.machine.choices[key]) for key in self.machine.asked)

    def others(self) -> list[tuple[dict[str, bool], Resume | None]]:
        """The answers that lead to the ways not taken here, each with the answers before it and a state that it has in
        common with this way."""
        found: list[tuple[dict[str, bool], Resume | None]] = []
        before = dict(self.given)
        for key in self.machine.asked:
            if key not in self.given:
                state = self._marks.get(key)
                found.append(({**before, key: not self.machine.choices[key]}, _resume(state)))
                before[key] = self.machine.choices[key]
        self._marks = {}
        return found

    def _run(self, program: Program) -> None:
        machine = self.machine
        if machine.begin is None:
            machine.here = (0, 1)
        try:
            self.stopped = program(machine) or "the script ends without starting Xen"
        except StartedError:
            return
        except OpenEndError as end:
            self._end_open(end.fact)
        except LeaveError:
            self.stopped = "the script ends with exit, without starting Xen"
        except HaltError as halt:
            self.stopped = halt.why
        except RecursionError:
            self.stopped = "the script nests too deeply"
        if self.stopped is not None and machine.hidden:
            self.stopped = None
            self._end_open(machine.hidden[-1])

    def _end_open(self, fact: OpenFact) -> None:
        """Record that something may be started with unknown inputs."""
        self.ends_open = True
        self.machine.tree_doubts.append(fact)
        self.machine.started = Started(None, None, None, self._no_tree(), None)

    def _no_tree(self) -> TreeInMemory:
        """A placeholder for an unknown tree."""
        empty = DeviceTree(self.script, Node("", "/", self.machine.place), files=(self.script,))
        return TreeInMemory(self.machine, 0, bytearray(compile_tree(empty)), Side())

    def handover(self, pool: NodePool) -> Handover:
        """What Xen gets on this way; its tree shares nodes with the others of the pool."""
        machine, started = self.machine, self.machine.started
        choices = tuple((key, machine.choices[key]) for key in machine.asked)
        problems = tuple(dict.fromkeys((*machine.problems, *machine.media.problems)))
        if not isinstance(started, Started):
            why = self.stopped or "the script ends without starting Xen"
            last = next((p for p in reversed(problems) if p.kind.startswith("u-boot")), None)
            if last is not None and last.kind is ProblemKind.U_BOOT_BOOT and why.startswith("the script ends"):
                why = f"{last.message}, and the script ends"  # one finding says both
                problems = tuple(problem for problem in problems if problem is not last)
            elif last is not None and why.startswith("the script ends"):
                why = f"{why} ({last.location}: {last.message})"
            return Handover(
                stopped=why,
                location=last.location if last else machine.place,
                open=self._facts(),
                choices=choices,
                problems=problems,
                assumptions=self._assumptions(),
                help=last.help if last is not None else "",
            )
        content = read_content(started.tree.data)
        if content is None:
            return Handover(stopped="the tree is damaged when Xen starts", location=machine.place, open=self._facts())
        side = started.tree.side
        plain = is_plain(started.tree.data, content)
        for damaged in () if plain else read_blob("", bytes(started.tree.data)).errors:
            why = f"the tree that Xen gets cannot be read without doubt: {damaged.message}"
            machine.tree_doubts.append(machine.open("the tree that the script starts Xen with", why))
        tree = tree_of(content, side, self.tree.file if self.tree else self.script, pool)
        files = (*(self.tree.files if self.tree else ()), self.script, *machine.media.used)
        facts = self._facts()
        arrived = {(path, name) for path, properties in content.nodes.items() for name in properties}
        reservations: list[tuple[int | None, int | None]] = list(content.reservations)
        if started.ramdisk is not None and started.ramdisk[0] is None and reservations:
            reservations[-1] = (None, started.ramdisk[1])
        return Handover(
            tree=replace(tree, files=tuple(dict.fromkeys(files))),
            unsure={key: machine.facts[number].what for key, number in side.unsure.items() if key in arrived},
            origins={key: Origin.FOLLOWED for key in side.followed if key in arrived},
            memory_reservations=tuple(reservations),
            device_tree=(started.address, content.size),
            device_tree_sizes=_sizes(machine, started, content.size),
            modules=modules(machine),
            xen_address=started.image,
            xen_image_size=started.image_size,
            open=facts,
            choices=choices,
            location=machine.place,
            problems=problems,
            assumptions=self._assumptions(),
            harmless=self._harmless(facts),
            uefi=started.uefi,
            xen_file=started.file.name,
            xen_in_doubt=started.file.doubt,
            xen_location=started.file.location,
        )

    def _facts(self) -> tuple[OpenFact, ...]:
        machine = self.machine
        facts = [
            *machine.tree_doubts,
            *(fact for fact in machine.facts if fact not in machine.silent),
            *machine.asked.values(),
            *(missing_fact(machine, name) for name in machine.missing),
            *((_firmware(machine),) if isinstance(machine.started, Started) and machine.started.uefi else ()),
        ]
        trees = {fact.what.removeprefix(UNREAD_TREE) for fact in facts if fact.what.startswith(UNREAD_TREE)}
        return tuple(dict.fromkeys(fact for fact in facts if fact.what.removeprefix("file ") not in trees))

    def _harmless(self, facts: tuple[OpenFact, ...]) -> tuple[str, ...]:
        """Facts that only affect answers, each of which is a separate way, and those that only affect the address
        of the tree.
        """
        machine = self.machine
        asked = set(machine.asked.values())
        counted = {*machine.tree_doubts, *machine.used, *(machine.apart if self._mixed() else ())}
        quiet = [
            fact
            for fact in facts
            if fact not in counted
            and (
                fact.what.startswith("variable ")
                or fact in machine.carried
                or (fact in asked and fact not in machine.facts)
            )
        ]
        others = {fact.what for fact in facts if fact not in quiet}
        return tuple(fact.what for fact in quiet if fact.what not in others)

    def _mixed(self) -> bool:
        """Whether some addresses are numbers and some are variables of unknown value, which then may overlap."""
        return any(loaded.address < VIRTUAL for loaded in self.machine.loaded)

    def _assumptions(self) -> tuple[str, ...]:
        machine = self.machine
        apart = "what the script loads to the addresses of the board's environment does not overlap"
        return (*machine.assumptions, *((apart,) if machine.apart and not self._mixed() else ()))


def _sizes(machine: UBootMachine, started: Started, size: int) -> tuple[int, int]:
    """The least and the most bytes of the tree, with the texts of unknown length that U-Boot itself writes."""
    tree = started.tree
    room = RAMDISK_ROOM if started.ramdisk is not None else 0
    inside = tree.address & (PAGE - 1)
    most = LONGEST_VERSION
    if not machine.settings.whole_environment:
        most += _LONGEST_SERIAL + _LONGEST_ETHERNET * interfaces(tree)
    later = known(machine, RESERVED_ROOM)
    if later is not False:
        most += _OF_LATER_RELEASES
    used = tree.used + ROOM + inside
    low = -(-(used - LENGTH - _RAMDISK_PROPERTIES) // PAGE) * PAGE - inside
    low += room if later is False else 0
    high = -(-(used + most) // PAGE) * PAGE - inside
    high += room if later is not True else 0
    return min(size, max(low, HEADER)), max(size, high)


def _firmware(machine: UBootMachine) -> OpenFact:
    """The open fact that the firmware decides after `bootefi`."""
    why = (
        "bootefi starts Xen as an EFI application: the firmware decides the memory banks and where everything is loaded"
    )
    return OpenFact("the firmware's memory", why, ('[inputs] boot-log = "serial.txt"',), machine.place)


def _fresh(
    manifest: Manifest, tree: DeviceTree | None, script: str, choices: dict[str, bool], answered: frozenset[str]
) -> UBootMachine:
    """A machine before the first command."""
    target = manifest.target
    folders = tuple(dict.fromkeys((manifest.folder, os.path.dirname(script))))
    machine = UBootMachine(
        Settings(
            target.memory,
            target.environment is not None,
            target.xen_image_size,
            answered,
            target.modern_shell,
        ),
        ScriptTexts(),
        Media(manifest, folders, tree),
        choices,
        call=call,
    )
    for variable in target.environment or ():
        machine.environment[variable.name] = Marked(variable.value.text)
    machine.built_in_address = machine.environment.get("loadaddr")
    machine.script_places(script, "")
    return machine


def _resume(state: object) -> Resume | None:
    return state if isinstance(state, Resume) else None


def _answers(manifest: Manifest) -> dict[str, bool]:
    """What the manifest says about the U-Boot that runs the script, by the keys of the questions."""
    target, found = manifest.target, dict[str, bool]()
    if target.overlays is not None:
        found[OVERLAYS] = target.overlays
    if target.modern_shell:  # which is as old as that
        found[FIXUP_BUILT] = True
        found |= {change.key: True for change in CHANGES if change.since <= FIXUP_COMMANDS_SINCE}
    if target.u_boot is not None:
        found |= answers(target.u_boot)
        found |= {FIXUP_BUILT: target.u_boot >= FIXUP_COMMANDS_SINCE}
        if target.u_boot < FIXUP_COMMANDS_SINCE:
            found[FIXUP_COMMANDS] = False
    return found


def _is_environment(text: str) -> bool:
    """Whether a text is a list of variables and no script."""
    lines = text.split("\n")
    return any("=" in line for line in lines) and all(_VARIABLE.fullmatch(line) for line in lines)
