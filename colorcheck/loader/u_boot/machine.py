"""The state of a U-Boot that follows a script: variables, memory, the working tree, and open facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.loader.facts import OpenFact, Span
from colorcheck.loader.u_boot.blob import Side
from colorcheck.loader.u_boot.media import Media
from colorcheck.loader.u_boot.memory import Memory
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked, ScriptTexts, unknown, unknowns

MOST_STEPS = 400_000
LONGEST_VALUE = 1 << 20
MOST_TEXT = 64 << 20
MOST_MARKS = 64  # questions of one run whose states are kept; the ways of the last ones are followed first
MOST_TIMES = 6  # answers to one question that are followed apart
SCRATCHPAD = 1024  # bytes in which fdt set puts a value together; they keep what was put there before
_TAIL = 1 << 12
# Variables that only decide where tree and ramdisk lie.
PLACING = frozenset({"fdt_high", "initrd_high", "bootm_low", "bootm_size", "bootm_mapsize"})
VIRTUAL = 1 << 60  # addresses from here on stand for variables of unknown value
_APART = 1 << 35  # bytes from a variable to where words that only depend on it point


class HaltError(Exception):
    """The script ends for good: a reset, a crash, or an endless loop."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class OpenEndError(Exception):
    """Something is started here with unknown inputs; `fact` is the reason."""

    def __init__(self, fact: OpenFact) -> None:
        super().__init__(fact.why)
        self.fact = fact


class LeaveError(Exception):
    """`exit` in a U-Boot that supports it: the running text ends with this status."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(status)
        self.status = status


class Doubt(Struct, frozen=True):
    """An exit status that is not known: 0 if the choice `key` falls on yes, else 1; `usual` is tried first."""

    key: str
    usual: bool
    fact: OpenFact


Status = int | Doubt


class FileInMemory(Struct, frozen=True):
    """A file that the script put into memory. `size` None if it is not known, `data` what is known about it; `part`
    if only a part of the file was loaded, `made` if the script wrote the data itself.
    """

    name: str
    address: int
    size: int | None
    data: bytes
    location: Location
    part: bool = False
    made: bool = False


class Settings(Struct, frozen=True):
    """What is given about the U-Boot. `banks` (start, size) is None if it is not stated what memory it finds;
    `answered` are the questions that the manifest answers, whose answers are among the choices."""

    banks: tuple[tuple[int, int], ...] | None = None
    whole_environment: bool = True
    image_size: int | None = None
    answered: frozenset[str] = frozenset()
    modern_shell: bool = False


class UBootMachine(Struct):
    """One run. `choices` are the answers to what is not known, by key; new ones are added as they come up. `call`
    follows one command (`commands.call`)."""

    settings: Settings
    sources: ScriptTexts
    media: Media
    choices: dict[str, bool]
    call: Callable[[UBootMachine, Sequence[Marked]], Status]
    environment: dict[str, Marked] = field(default_factory=dict)
    shell: dict[str, Marked] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    sides: dict[int, Side] = field(default_factory=dict)
    loaded: list[FileInMemory] = field(default_factory=list)
    working: int | None = None
    last_status: Status = 0
    facts: list[OpenFact] = field(default_factory=list)
    numbers: dict[OpenFact, int] = field(default_factory=dict)  # the place of each fact in `facts`
    asked: dict[str, OpenFact] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)  # how often a question came up whose answer can change
    problems: list[Problem] = field(default_factory=list)
    here: tuple[int, int] = (0, 0)
    steps: int = 0
    depth: int = 0
    held: int = 0
    missing: dict[str, Location] = field(default_factory=dict)
    unread: dict[str, Location] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    media_there: dict[str, str] = field(default_factory=dict)  # each with its file system, where that is known
    media_named: set[tuple[str, str]] = field(default_factory=set)  # with the file system that the command reads
    asked_for_status: int = 0  # above 0 while a command runs on whose status something hangs
    assumptions: dict[str, None] = field(default_factory=dict)
    blanket: OpenFact | None = None
    paths: dict[int, str] = field(default_factory=dict)
    silent: set[OpenFact] = field(default_factory=set)
    used: set[OpenFact] = field(default_factory=set)
    overwritten: list[tuple[FileInMemory, str]] = field(default_factory=list)
    entered: dict[tuple[str, str], range] = field(default_factory=dict)
    tree_doubts: list[OpenFact] = field(default_factory=list)
    built_in_address: Marked | None = None
    carried: set[OpenFact] = field(default_factory=set)  # facts that only stand in values of the tree
    apart: set[OpenFact] = field(default_factory=set)  # variables that are addresses of the board's environment
    failed: set[int] = field(default_factory=set)
    empty: set[int] = field(default_factory=set)  # where nothing came, for the medium has the file under another name
    rewritten: set[str] = field(default_factory=set)  # files of the medium that the script changes
    foreign: set[int] = field(default_factory=set)  # where trees lie that the script did not load
    scratchpad: bytearray = field(default_factory=lambda: bytearray(SCRATCHPAD))
    started: object = None
    hidden: list[OpenFact] = field(default_factory=list)  # texts that are run and not known: any may start Xen
    configuration: str | None = None  # of the FIT image that is started
    kept: tuple[int, object] = (-1, None)  # the tree that was written last, and the memory's version after that
    watch: Callable[[UBootMachine, int, Any], None] | None = None  # called before each list of the script itself
    latest: object = None  # the state that was kept last
    marks: dict[str, Any] = field(default_factory=dict)  # the state before each of the last questions, by its key
    begin: int | None = None  # the list of the script from which it goes on

    @property
    def place(self) -> Location:
        """The location of the current command."""
        return self.sources.location(*self.here)

    def step(self) -> None:
        """Count a command. Raises HaltError if there are too many."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise HaltError(f"the script does not end within {MOST_STEPS} commands")

    def number(self, fact: OpenFact) -> int:
        """The number of an open fact; the same fact keeps its number."""
        known = self.numbers.get(fact)
        if known is None:
            known = self.numbers[fact] = len(self.facts)
            self.facts.append(fact)
        return known

    def open(self, what: str, why: str, *settle: str, values: tuple[object, ...] | Span | None = None) -> OpenFact:
        """Record an open fact at the current command."""
        fact = OpenFact(what, why, settle, self.place, values)
        self.number(fact)
        return fact

    def unknown(self, fact: OpenFact) -> Marked:
        """A text that is unknown, with the open fact on which it depends."""
        return Marked(unknown(self.number(fact)), (self.here[0],))

    def answer(self, fact: OpenFact) -> Marked:
        """Like `unknown`, for text that only becomes a variable's value: it matters when the variable is used."""
        self.carry(fact)
        return self.unknown(fact)

    def depends(self, *texts: Marked) -> OpenFact | None:
        """The first open fact on which any of the texts depends."""
        for text in texts:
            for number in unknowns(text.text):
                if number < len(self.facts):
                    return self.facts[number]
        return None

    def decide(self, doubt: Doubt) -> bool:
        """The answer in this world to a question that nothing answers."""
        key = self.readable(doubt.key)
        if f" (time {MOST_TIMES})" in key:
            why = f"the script asks this {MOST_TIMES} times or more, and not all of the answers were followed"
            self.open(f"answers to {key[:60]}", why)
        if key not in self.choices:
            self.choices[key] = doubt.usual
            self._mark(key)
        if key not in self.settings.answered:
            self.asked.setdefault(key, doubt.fact)
        return self.choices[key]

    def _mark(self, key: str) -> None:
        """Note from which state the other answer to a question can be followed."""
        if self.latest is not None:
            self.marks[key] = self.latest
            if len(self.marks) > MOST_MARKS:
                del self.marks[next(iter(self.marks))]

    def anew(self, text: str) -> str:
        """The key of a question whose answer can be another one each time: with its number from the second time on.
        Beyond a few times one answer is used for all, which is recorded if it matters."""
        text = self.readable(text)
        count = self.times[text] = min(self.times.get(text, 0) + 1, MOST_TIMES)
        return text if count == 1 else f"{text} (time {count})"

    def readable(self, text: str) -> str:
        """A text with the names of what is unknown in it, which are the same on every way."""
        for number in set(unknowns(text)):
            name = self.facts[number].what if number < len(self.facts) else "unknown"
            text = text.replace(unknown(number), f"<{name}>")
        return text

    def settled(self, status: Status) -> int:
        """A status as a number."""
        if isinstance(status, Doubt):
            return 0 if self.decide(status) else 1
        return status

    def say(self, kind: ProblemKind, message: str, help_text: str = "") -> None:
        """Report a problem at the current command, once per location."""
        problem = Problem(kind, message, self.place, help_text)
        if problem not in self.problems:
            self.problems.append(problem)

    def use(self, *texts: Marked) -> None:
        """Record that unknown parts of these texts affect more than a condition."""
        for text in texts:
            self.used.update(self.facts[number] for number in unknowns(text.text) if number < len(self.facts))

    def get(self, name: str) -> Marked | None:
        """A variable of the environment that U-Boot itself looks at, or a command."""
        found = self.peek(name)
        if found is not None:
            self.use(found)
        return found

    def peek(self, name: str) -> Marked | None:
        """A variable of the environment whose effect depends on the words that use it."""
        found = self.environment.get(name)
        if found is not None or name in self.deleted:
            return found
        if self.blanket is not None:
            return self.unknown(self.blanket)
        return None if self.settings.whole_environment else self.unknown(self.variable(name))

    def may_have(self, name: str) -> bool:
        """Whether the environment may have a variable that is not given."""
        return name not in self.deleted and (self.blanket is not None or not self.settings.whole_environment)

    def variable(self, name: str) -> OpenFact:
        """The fact that a variable of the environment is not given."""
        place = self.unread.setdefault(name, self.place)
        why = f"the script reads the variable {name}, and no input says whether the board's environment has it"
        return OpenFact(f"variable {name}", why, ("[target.environment]", f'{_key(name)} = "…"'), place)

    def text(self, name: str) -> str | None:
        """A variable that U-Boot itself looks at: as far as it is given."""
        found = self.environment.get(name)
        if found is None:
            return None
        self.use(found)
        return found.text

    def address(self, text: Marked) -> int | None:
        """The address that a word gives. One that is a variable of unknown value stands for itself, far from all
        others; None if the word only depends on something unknown."""
        doubts = unknowns(text.text)
        if not doubts:
            return hexadecimal(text.text.partition(":")[0])
        return VIRTUAL + (doubts[0] << 36) if len(text.text.partition(":")[0]) == 1 else None

    def shown(self, address: int) -> str:
        """An address in words: its number, or the variable of unknown value that stands for it."""
        number = (address - VIRTUAL) >> 36
        if address < VIRTUAL or number >= len(self.facts):
            return f"{address:#x}"
        return f"the address in {self.facts[number].what.removeprefix('variable ')}"

    @property
    def load_address(self) -> int:
        """The default address of booti: the variable loadaddr."""
        return hexadecimal(self.text("loadaddr") or "0")

    def place_of(self, text: Marked) -> OpenFact | None:
        """The variable of unknown value that a word is: a place of its own, apart from all others, as is assumed."""
        doubts = unknowns(text.text)
        if len(text.text) != 1 or not doubts or doubts[0] >= len(self.facts):
            return None
        fact = self.facts[doubts[0]]
        if not fact.what.startswith("variable "):
            return None
        self.apart.add(fact)
        return fact

    def reached(self, text: Marked) -> int:
        """Like `address`; for a word that depends on something unknown, an address that the script does not use."""
        found = self.address(text)
        return VIRTUAL + (unknowns(text.text)[0] << 36) + _APART if found is None else found

    def quiet(self, fact: OpenFact) -> int:
        """The number of an open fact that does not matter for Xen."""
        self.silent.add(fact)
        return self.number(fact)

    def over(self, start: int, size: int, what: str) -> None:
        """U-Boot itself or a command overwrites a range of memory: modules there are no longer whole."""
        for loaded in self.loaded:
            if loaded.address < start + size and start < loaded.address + (loaded.size or 1):
                self.overwritten.append((loaded, what))

    def script_places(self, name: str, text: str, *, image: bool = False) -> range:
        """The places of a script's text; the same text is entered once."""
        key = (name, text)
        if key not in self.entered:
            self.entered[key] = self.sources.add(name, text, image=image)
        return self.entered[key]

    def unset(self, name: str) -> None:
        """U-Boot looks at a variable: without the environment, it is not known whether it is set."""
        if not self.settings.whole_environment and name not in self.deleted and name not in self.environment:
            fact = self.variable(name)
            self.number(fact)
            if name not in PLACING:
                self.used.add(fact)

    def carry(self, fact: OpenFact) -> int:
        """The number of an open fact of which only values of the tree depend, which note it."""
        self.carried.add(fact)
        return self.number(fact)

    def delete(self, name: str) -> None:
        self.environment.pop(name, None)
        self.deleted.add(name)

    def set(self, name: str, value: Marked | str | None) -> None:
        """Set a variable, or delete it with None. Raises HaltError if memory runs out."""
        if isinstance(value, str):
            value = Marked(value, (self.here[0],) * len(value))
        if value is None:
            self.delete(name)
            return
        self._hold(name, value)
        self.environment[name] = value
        self.deleted.discard(name)

    def assign(self, name: str, value: Marked) -> None:
        """Set a variable of the shell. Raises HaltError if memory runs out."""
        self._hold(name, value)
        self.shell[name] = value

    def _hold(self, name: str, value: Marked) -> None:
        self.held += len(value.text)
        if len(value.text) > LONGEST_VALUE or self.held > MOST_TEXT:
            raise HaltError(f"the variable {name[:40]} grows beyond what U-Boot can hold")

    def file_at(self, address: int) -> tuple[Marked, int] | None:
        """The text in memory from an address on, with its places in the file, and how long it is."""
        loaded = next((one for one in reversed(self.loaded) if one.address == address), None)
        size = loaded.size if loaded and loaded.size is not None else 0
        data = self.memory.read(address, size) if size else None
        if loaded is None or data is None:
            return None
        tail = bytearray()
        while len(tail) < _TAIL and (more := self.memory.read(address + size + len(tail), 1)) is not None:
            tail += more
        text = (data + tail).decode("latin-1")
        path = self.paths.get(address, "")
        whole = path and data.isascii() and bytes(data) == loaded.data
        places: list[int] = list(self.sources.add(path, text)) if whole else [self.here[0]] * len(text)
        return Marked(text, places), size


def _key(name: str) -> str:
    """A name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
