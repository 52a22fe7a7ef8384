"""Runs lists of commands as old hush does, as values.

Source: `run_list_real`, `run_pipe_real` of `common/cli_hush.c`, U-Boot 2023.01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from msgspec.structs import replace

from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot import modern
from colorcheck.loader.u_boot.machine import HaltError, LeaveError, OpenEndError, Status, UBootMachine
from colorcheck.loader.u_boot.syntax import Body, Conditional, Each, Element, Loop, ShellScript, SimpleCommand, Then
from colorcheck.loader.u_boot.syntax import read_exactly as _read_exactly
from colorcheck.loader.u_boot.syntax import read_macro as _read_macro
from colorcheck.loader.u_boot.syntax import read_script as _read_script
from colorcheck.loader.u_boot.text import Marked, joined
from colorcheck.loader.u_boot.words import UnclosedError, Word, command_again, expanded, first_reading, second_reading

_ASSIGNMENT = pattern(r"[A-Za-z][A-Za-z0-9_]*=", re.ASCII)
_MODERN_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*=", re.ASCII)
_NOTHING = pattern(r"[ \t;]*(?:#.*)?")  # a line in which no command is
_EMPTY_EACH = pattern(r"[ \t]+in[ \t]*\n")
_DEEPEST = 64
read_script = lru_cache(maxsize=64)(_read_script)
read_macro = lru_cache(maxsize=4096)(_read_macro)
read_exactly = lru_cache(maxsize=4096)(_read_exactly)
shadow = lru_cache(maxsize=4096)(modern.shadow)


def run_text(machine: UBootMachine, text: Marked, *, whole: bool = False) -> Status:
    """Run a script, list by list; the status that `source` gives. An empty last line, which a text of several lines has
    where it ends with a newline, leaves 0. `whole` where the text is the script itself: it goes on where the machine
    begins, and each list is announced."""
    text = _ended(text)
    if machine.settings.modern_shell:
        return _run_modern(machine, text, whole=whole)
    script = read_script(text.text)
    status: Status = 0
    for steps in _lists(machine, script, whole=whole):
        status = _Reader(machine, text).run(steps)
    _told(machine, script, text)
    if script.error is not None:
        return status if script.error >= len(text.text) else 0
    return 0 if _NOTHING.fullmatch(text.text[:-1].rpartition("\n")[2]) else status


def _lists(machine: UBootMachine, script: ShellScript, *, whole: bool) -> Iterator[Body]:
    """The lists that are to be run."""
    if not whole:
        yield from script.lists
        return
    for number, steps in enumerate(script.lists):
        if machine.begin is not None and number < machine.begin:
            continue
        if machine.watch is not None:
            machine.watch(machine, number, steps)
        yield steps


def _ended(text: Marked) -> Marked:
    """With the newline that U-Boot puts behind a text, unless the only one that it has is at its end."""
    first = text.text.find("\n")
    return text if 0 <= first == len(text.text) - 1 else joined((text, Marked("\n")))


def run_macro(machine: UBootMachine, text: Marked) -> Status:
    """Run a variable's value, all of it one list."""
    text = _ended(text)
    if machine.settings.modern_shell:
        return _run_modern(machine, text)
    script = read_macro(text.text)
    _told(machine, script, text)
    status: Status = 0
    for steps in script.lists:
        status = _Reader(machine, text).run(steps)
    return status if script.error is None else 1


def _run_modern(machine: UBootMachine, text: Marked, *, whole: bool = False) -> Status:
    """As the modern shell does, list by list; a syntax error is the end of everything."""
    covered = shadow(text.text)
    script = read_exactly(covered.text)
    status: Status = 0
    for steps in _lists(machine, script, whole=whole):
        if _ends_where_words_begin(steps, covered.text):
            message = "syntax error: the modern shell wants words or a semicolon behind in, and resets the board"
            machine.say(ProblemKind.U_BOOT_SYNTAX, message, "write a semicolon behind in")
            raise HaltError(message)
        if _has_nothing_to_do(steps):
            raise OpenEndError(_not_modeled(machine, "an if or a loop with no command in it"))
        status = _ModernReader(machine, text).run(steps)
    offset = script.error
    if offset is None:
        return status
    at = text.at[min(offset, len(text.at) - 1)]
    machine.here = (at, at + 1) if at >= 0 else machine.here
    if not covered.followed and covered.error is not None and offset >= covered.error:
        raise OpenEndError(_not_modeled(machine, "what stands here"))
    message = "syntax error: the modern shell resets the board or waits for more input"
    machine.say(ProblemKind.U_BOOT_SYNTAX, message, _advice(text.text, offset))
    raise HaltError(message)


def _within(steps: Body) -> Iterator[Body]:
    """The bodies and conditions in a list."""
    for element, _ in steps:
        match element:
            case Conditional():
                yield from (body for way in element.ways for body in way)
                yield from () if element.otherwise is None else (element.otherwise,)
            case Loop():
                yield from (element.condition, element.body)
            case Each():
                yield element.body


def _has_nothing_to_do(steps: Body) -> bool:
    """Whether a body or a condition within a list has no command."""
    return any(not body or _has_nothing_to_do(body) for body in _within(steps))


def _ends_where_words_begin(steps: Body, text: str) -> bool:
    """Whether a `for` in a list has the end of its line right behind `in`."""
    for element, _ in steps:
        if isinstance(element, Each) and not element.words:
            start, name = element.name
            if _EMPTY_EACH.match(text, start + len(name)):
                return True
    return any(_ends_where_words_begin(body, text) for body in _within(steps))


def _not_modeled(machine: UBootMachine, what: str) -> OpenFact:
    why = f"{what} means something to the modern shell that is not followed"
    settle = ("[target]", 'u-boot-shell = "old"  # if this U-Boot has the old shell')
    return OpenFact(f"the modern shell at {machine.place}", why, settle, machine.place)


def _told(machine: UBootMachine, script: ShellScript, text: Marked) -> None:
    for offset in script.strays:
        at = text.at[offset]
        machine.here = (at, at + 1) if at >= 0 else machine.here
        message = "syntax error: this word does not belong to any statement; U-Boot continues after it"
        machine.say(ProblemKind.U_BOOT_SYNTAX, message)
    if script.error is None:
        return
    at = text.at[min(script.error, len(text.at) - 1)] if len(text.at) else -1
    if at >= 0:
        machine.here = (at, at + 1)
    message = "syntax error: U-Boot stops reading here and runs neither this list nor anything after it"
    if script.error >= len(text.text):
        message = "syntax error: an if or a loop has no end, so none of it is run"
    machine.say(ProblemKind.U_BOOT_SYNTAX, message, _advice(text.text, script.error))


def _advice(text: str, at: int) -> str:
    rest = text[at : at + 2]
    if rest[:1] in ("&", "|"):
        return f'quote it ("{rest[:1]}"), or write it twice'
    if rest[:1] in ("'", '"'):
        return "close the quote; an apostrophe inside double quotes also opens a quote"
    if "\r" in text:
        return "save the script with Unix line endings (LF): U-Boot treats the carriage return as part of the word"
    return ""


class _Reader:
    """Runs the lists of one text; `text` tells where its characters are."""

    def __init__(self, machine: UBootMachine, text: Marked) -> None:
        self.machine = machine
        self.text = text

    def run(self, steps: Body) -> Status:
        """The status of the last command that was run, 0 if none was."""
        if self.machine.depth > _DEEPEST:
            raise HaltError(f"scripts and macros call one another more than {_DEEPEST} levels deep")
        self.machine.depth += 1
        try:
            done = self._list(steps)
            return 0 if done is None else done
        finally:
            self.machine.depth -= 1

    def _list(self, steps: Body) -> Status | None:
        """The status of the last command; an unknown status becomes a question only if it matters."""
        status: Status | None = None
        skips = chained = False
        for element, then in steps:
            asked, chained = chained or then is not Then.ALWAYS, then is not Then.ALWAYS
            if skips:
                skips = then is not Then.ALWAYS
                continue
            done = None if element is None else self._step(element, asked=asked)
            if done is not None:
                status = done
                if then is not Then.ALWAYS:
                    skips = (then is Then.IF_FALSE) == (self.machine.settled(done) == 0)
        return status

    def _step(self, element: Element, *, asked: bool) -> Status | None:
        """Run one step; `asked` where it is one of several with `&&` or `||` between."""
        with self._asking(asked=asked):
            return self._element(element)

    @contextmanager
    def _asking(self, *, asked: bool = True) -> Iterator[None]:
        """Marks that the status of the commands in the context matters."""
        self.machine.asked_for_status += asked
        try:
            yield
        finally:
            self.machine.asked_for_status -= asked

    def _holds(self, condition: Body) -> tuple[bool, Status | None]:
        with self._asking():
            done = self._list(condition)
        return done is None or self.machine.settled(done) == 0, done

    def _element(self, element: Element) -> Status | None:
        match element:
            case SimpleCommand():
                return self._command(element)
        try:
            return self._compound(element)
        except LeaveError:
            raise LeaveError from None  # from within a statement, the number of exit is lost

    def _compound(self, element: Conditional | Loop | Each) -> Status | None:
        match element:
            case Conditional():
                return self._branch(element)
            case Loop():
                return self._loop(element)
            case Each():
                return self._each(element)

    def _branch(self, branch: Conditional) -> Status | None:
        status: Status | None = None
        for condition, body in branch.ways:
            holds, done = self._holds(condition)
            status = status if done is None else done
            if holds:
                done = self._list(body)
                return status if done is None else done
        if branch.otherwise is None:
            return status
        done = self._list(branch.otherwise)
        return status if done is None else done

    def _loop(self, loop: Loop) -> Status | None:
        status: Status | None = None
        while True:
            self.machine.step()
            holds, done = self._holds(loop.condition)
            status = status if done is None else done
            if holds == loop.negated:
                return status
            done = self._list(loop.body)
            status = status if done is None else done

    def _each(self, each: Each) -> Status | None:
        name = expanded(self._word(each.name).content, self._lookup)
        status: Status = 0  # also without words, or with words that come to nothing
        values = [expanded(self._word(word).content, self._lookup) for word in each.words]  # before any of the body
        for value in values:
            self.machine.use(value)
            for start, end in _pieces(value.text):
                self.machine.step()
                self._assign(name.text, value.part(start, end))
                self.machine.last_status = 0
                done = self._list(each.body)
                status = 0 if done is None else done
        self.machine.last_status = status
        return status

    def _word(self, word: tuple[int, str]) -> Word:
        start, text = word
        return first_reading(text, self.text.at[start : start + len(text)])

    def _command(self, command: SimpleCommand) -> Status:
        machine = self.machine
        machine.step()
        begin = self.text.at[command.start : command.end]
        known = [at for at in (begin[0], begin[-1]) if at >= 0]
        machine.here = (known[0], known[-1] + 1) if known and known[0] <= known[-1] else machine.here
        here = machine.here
        status = self._words(command)
        machine.here = here
        machine.last_status = status
        return status

    def _words(self, command: SimpleCommand) -> Status:
        return self._simple([self._word(word) for word in command.words])

    def _simple(self, words: Sequence[Word]) -> Status:
        """A command after its words are known: assignments, a second reading where variables are, then the command."""
        machine = self.machine
        count = 0
        while count < len(words) and _ASSIGNMENT.match(words[count].content.text):
            name, _, _ = words[count].content.text.partition("=")
            self._assign(name, expanded(words[count].content.part(len(name) + 1), self._lookup))
            count += 1
        rest = words[count:]
        if not rest:
            return 0
        if any(word.varies for word in rest):
            try:
                again = second_reading(joined((command_again(rest, self._lookup), Marked("\n"))))
            except UnclosedError:
                message = (
                    "a variable's value has an unpaired quote: U-Boot calls this a syntax error and skips the command"
                )
                machine.say(ProblemKind.U_BOOT_SYNTAX, message)
                return machine.last_status
            return self._simple(again) if again else machine.last_status
        if ";" in rest[0].content.text:
            return 1
        return machine.call(machine, [word.content for word in rest])

    def _assign(self, name: str, value: Marked) -> None:
        """A variable of the shell; one of the environment with the same name hides it as long as it is there. Nothing,
        as a value, changes nothing."""
        if value.text:
            self.machine.assign(name, value)

    def _lookup(self, name: str) -> Marked | None:
        machine = self.machine
        plain, colon, rest = name.partition(":")
        if plain == "$?":
            return Marked(str(min(machine.settled(machine.last_status), 1)))
        found = machine.environment.get(plain) or machine.shell.get(plain)
        if found is None and plain not in machine.shell:
            found = machine.peek(plain)
        elif plain not in machine.environment and machine.may_have(plain):
            machine.assumptions[f"the board's environment has no variable {plain}, which the script's shell sets"] = (
                None
            )
        if not colon:
            return found
        if found is not None and found.text:
            return Marked("") if rest[:1] == "+" else found
        found = Marked(rest[1:]) if rest[:1] in ("-", "=", "+") else None
        if rest[:1] == "=" and found is not None:
            self._assign(plain, found)
        return found


class _ModernReader(_Reader):
    """Runs the lists of one text as the modern shell does."""

    def _list(self, steps: Body) -> Status | None:
        """As in POSIX: `&&` and `||` look at the last status, and skip the next step only."""
        status: Status | None = None
        before = Then.ALWAYS
        for element, then in steps:
            asked = before is not Then.ALWAYS or then is not Then.ALWAYS
            runs = before is Then.ALWAYS or status is None
            if before is not Then.ALWAYS and status is not None:
                runs = (before is Then.IF_TRUE) == (self.machine.settled(status) == 0)
            if runs and element is not None:
                done = self._step(element, asked=asked)
                status = status if done is None else done
            before = then
        return status

    def _branch(self, branch: Conditional) -> Status | None:
        """What is skipped because a condition fails counts as done with status 0."""
        for condition, body in branch.ways:
            if self._holds(condition)[0]:
                return self._list(body)
            self.machine.last_status = 0
        if branch.otherwise is None:
            return 0
        return self._list(branch.otherwise)

    def _loop(self, loop: Loop) -> Status | None:
        """The condition that ends a loop does not make it fail."""
        super()._loop(loop)
        self.machine.last_status = 0
        return 0

    def _each(self, each: Each) -> Status | None:
        status: Status = 0
        name = modern.value_of(self._parts(each.name), self._lookup).text
        self.machine.last_status = 0
        for value in [field for word in each.words for field in modern.fields(self._parts(word), self._lookup)]:
            self.machine.use(value)
            self.machine.step()
            self._keep(name, value)
            done = self._list(each.body)
            status = 0 if done is None else done
        self.machine.last_status = status
        return status

    def _parts(self, word: tuple[int, str]) -> list[modern.Part]:
        start, covered = word
        end = start + len(covered)
        return modern.parts_of(self.text.text[start:end], self.text.at[start:end])

    def _words(self, command: SimpleCommand) -> Status:
        machine, words = self.machine, [self._parts(word) for word in command.words]
        given = 0
        for start, covered in command.words:
            if not _MODERN_ASSIGNMENT.match(self.text.text, start, start + len(covered)):
                break
            given += 1
        if given == len(words):
            for parts in words:
                self._give(parts)
            return 0
        first = words[given]
        if len(first) == 1 and not first[0].quoted and first[0].content.text in modern.NOT_FOLLOWED:
            raise OpenEndError(_not_modeled(machine, f'"{first[0].content.text}"'))
        found = [field for parts in words[given:] for field in modern.fields(parts, self._lookup)]
        if not found:
            return machine.last_status
        if found[0].text == "exit":
            raise OpenEndError(_not_modeled(machine, "exit"))
        return machine.call(machine, found)

    def _give(self, parts: list[modern.Part]) -> None:
        """`NAME=value`."""
        name = parts[0].content.text.partition("=")[0]
        value = [replace(parts[0], content=parts[0].content.part(len(name) + 1)), *parts[1:]]
        self._keep(name, modern.value_of(value, self._lookup))

    def _keep(self, name: str, value: Marked) -> None:
        """A variable of the shell. With IFS, values fall apart elsewhere than at blanks."""
        if name == "IFS":
            raise OpenEndError(_not_modeled(self.machine, "the variable IFS"))
        self.machine.assign(name, value)


def _pieces(text: str) -> list[tuple[int, int]]:
    """The stretches between blanks; the words of `for` fall apart even in quotes."""
    return [match.span() for match in re.finditer(r"[^ ]+", text)]


__all__ = ["LeaveError", "read_macro", "read_script", "run_macro", "run_text"]
