"""GRUB's configuration: the menu entries of a `grub.cfg` that start Xen, or the `GRUB_CMDLINE_XEN*` of
`/etc/default/grub`.

Nothing is executed. Of conditions only those over `$grub_platform` are decided, for GRUB starts Xen on arm64 from EFI
only; a word with a variable that nothing sets leaves the arguments open.

Source: `xen_hypervisor`, `xen_module` (grub-core/loader/arm64/xen_boot.c), util/grub.d/20_linux_xen.in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from colorcheck.core.source import Location, Passage

_MOST_LINES = 20_000
_STARTS_XEN = re.compile(r"^[^#]*\bxen_hypervisor\b")
_LOST = "\0"
_KEYWORD = re.compile(r"(?:[{}]|then|else|do)(?=[\s;]|$)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(r"(?:set\s+|export\s+)?([A-Za-z_]\w*)=(.*)$")
_PC_ONLY = re.compile(r'\[\s*"\$\{?grub_platform\}?"\s*=\s*"?pc"?\s*-o\s*"\$\{?grub_platform\}?"\s*=\s*""\s*\]')
_PLATFORM = "no-real-mode edd=off"  # what 20_linux_xen adds where the platform is not a PC's


class GrubModule(Struct, frozen=True):
    """`xen_module FILE ARGUMENTS`; the arguments are None if they contain a variable that is never set."""

    file: str
    arguments: Passage | None
    location: Location


class GrubEntry(Struct, frozen=True):
    """A menu entry that starts Xen. `arguments` are Xen's, None if not all of them are known."""

    title: str
    location: Location
    arguments: Passage | None
    modules: tuple[GrubModule, ...] = ()
    device_tree: str | None = None


class GrubConfig(Struct, frozen=True):
    """What a file says. `entry` is the entry that is started, None if it is not known which; `all_modules` tells
    whether its modules are listed, as in a grub.cfg."""

    file: str
    entries: tuple[GrubEntry, ...] = ()
    entry: GrubEntry | None = None
    all_modules: bool = True


def read_grub_config(text: str, file: str) -> GrubConfig:
    """Read either file, distinguished by content; no entries if it is neither."""
    lines = [(line, number) for number, line in enumerate(text.split("\n")[:_MOST_LINES], 1)]
    if not any(_STARTS_XEN.search(line) for line, _ in lines):
        entry = _defaults(lines, file)
        return GrubConfig(file, (entry,) if entry else (), entry, all_modules=False)
    reader = _Reader(file)
    for line, number in _whole_lines(lines):
        reader.take(line, number)
    entries = tuple(reader.entries)
    alike = {
        (e.arguments and e.arguments.text, tuple((m.file, m.arguments and m.arguments.text) for m in e.modules))
        for e in entries
    }
    alone = entries[0] if entries and len(alike) == 1 and not reader.lost else None
    chosen = alone or reader.default
    return GrubConfig(file, entries, chosen)


def _whole_lines(lines: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """The lines, with continuation lines after a backslash joined."""
    begun: list[str] = []
    first, comment = 0, False
    for line, number in lines:
        if not begun:
            first, comment = number, line.lstrip().startswith("#")
        goes_on = line.endswith("\\") and not line.endswith("\\\\") and not comment
        begun.append(line[:-1] if goes_on else line)
        if not goes_on:
            yield "".join(begun), first
            begun.clear()
    if begun:
        yield "".join(begun), first


def _commands(line: str) -> Iterator[tuple[int, str]]:
    """The commands of a line, each with the column at which it begins.

    `;` ends one, so does a `{`, which stays at its end; `}`, `then`, `else` and `do` are commands of their own. A quote
    without an end gives `_LOST`.
    """
    quote, begin, at = "", 0, 0
    bare = True  # whether only blanks stand behind `begin`
    while at < len(line):
        letter = line[at]
        first = not quote and (at == 0 or line[at - 1] in " \t;{}")
        word = _KEYWORD.match(line, at) if first else None
        if letter == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and first:
            break
        elif letter == ";":
            yield begin, line[begin:at]
            begin, bare = at + 1, True
        elif word and word[0] == "{":
            yield begin, line[begin : at + 1]
            begin, bare = at + 1, True
        elif word and (word[0] == "}" or bare):
            yield begin, line[begin:at]
            yield at, word[0]
            at = begin = word.end()
            bare = True
            continue
        bare = bare and (at < begin or letter.isspace())
        at += 1
    yield begin, line[begin:at]
    if quote:
        yield begin, _LOST


class _Word(Struct, frozen=True):
    text: str
    column: int
    whole: bool  # whether all of it is known


class _Item(Struct):
    """An entry of a menu, or a submenu with `inner`. `title` is None, and `sure` false, if not known."""

    title: str | None
    ids: frozenset[str]
    sure: bool
    entry: GrubEntry | None = None
    inner: list[_Item] | None = None


_UNKNOWN = _Item(None, frozenset(), sure=False)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.variables: dict[str, str | None] = {"grub_platform": "efi", "grub_cpu": "arm64"}
        self.blocks: list[bool | None] = []  # of conditions: taken, not taken, not known
        self.open: list[_Item | None] = []  # menus, entries and functions (None) that have no end yet
        self.items: list[_Item] = []
        self.lost = False  # a quote has no end, and nothing is certain
        self.entries: list[GrubEntry] = []
        self.current: GrubEntry | None = None

    @property
    def default(self) -> GrubEntry | None:
        """The entry that `default` names (numbers, titles, identifiers; `>` between those of submenus), if it is
        known."""
        said = self.variables.get("default", "0")
        if said is None or self.lost:
            return None
        items, found = self.items, None
        for part in said.split(">"):
            found = _chosen(items, part)
            if found is None:
                return None
            items = found.inner or []
        return found.entry if found is not None else None

    def take(self, raw: str, number: int) -> None:
        """The next line of the file."""
        for column, part in _commands(raw.rstrip()):
            if part == _LOST:
                self.lost = True
            elif part.strip():
                self._take(part, column, number)

    def _take(self, raw: str, column: int, number: int) -> None:
        """The next command, which begins at the given column of its line."""
        line = raw.strip()
        word = line.split()[0]
        if word in ("if", "elif"):
            taken = False if _PC_ONLY.search(line) else None
            if word == "elif" and self.blocks:
                self.blocks.pop()
                taken = None
            self.blocks.append(taken)
        elif word in ("while", "until", "for"):
            self.blocks.append(None)
        elif line == "else" and self.blocks:
            before = self.blocks.pop()
            self.blocks.append(None if before is None else not before)
        elif word in ("fi", "done") and self.blocks:
            self.blocks.pop()
        elif False in self.blocks:
            return
        elif word in ("menuentry", "submenu") and line.endswith("{"):
            self._begin(word, line[len(word) : -1], number)
        elif line.endswith("{"):
            self.open.append(None)
            self.blocks.append(None)  # the body of a function, which may be called or not
        elif line == "}":
            self._end()
        elif word in ("menuentry", "submenu", "source", ".", "configfile", "normal"):
            self._items().append(_UNKNOWN)  # another file's entries
        elif match := _ASSIGNED.match(line):
            self._assign(match[1], match[2])
        elif word in ("xen_hypervisor", "xen_module", "devicetree"):
            self._command(raw.rstrip(), column, number)

    def _items(self) -> list[_Item]:
        """The menu to which entries are being added."""
        return next((each.inner for each in reversed(self.open) if each and each.inner is not None), self.items)

    def _begin(self, kind: str, rest: str, number: int) -> None:
        words = list(self._words(rest, 0))
        named = bool(words) and words[0].whole and not words[0].text.startswith("--")
        title = words[0].text if named else ""
        ids = frozenset(word.text for before, word in pairwise(words) if before.text == "--id" or not before.whole)
        item = _Item(title if named else None, ids, sure=None not in self.blocks)
        self._items().append(item)
        self.open.append(item)
        if kind == "submenu":
            item.inner = []
        else:
            self.current = GrubEntry(title, Location(self.file, number, 1, number, 2), Passage("", Location(self.file)))

    def _end(self) -> None:
        item = self.open.pop() if self.open else None
        if item is None:
            if self.blocks:
                self.blocks.pop()
            return
        if item.inner is not None or self.current is None:
            return
        known = self.current.modules or (self.current.arguments and self.current.arguments.whole.line)
        if known or self.current.arguments is None:
            item.entry = self.current
            self.entries.append(self.current)
        self.current = None

    def _assign(self, name: str, rest: str) -> None:
        words = list(self._words(rest, 0))
        text = " ".join(word.text for word in words)
        known = all(word.whole for word in words) and None not in self.blocks
        known = known and not (name == "default" and self.open)
        self.variables[name] = text if known else None

    def _command(self, line: str, column: int, number: int) -> None:
        if self.current is None:
            self.lost = True  # in a function, or in an entry that was not made out
            return
        words = [word for word in self._words(line, column) if word.text != "--nounzip"]
        place = Location(self.file, number, 1, number, column + len(line) + 1)
        sure = None not in self.blocks
        if words[0].text == "devicetree" and len(words) > 1:
            self.current = _with(self.current, device_tree=words[1].text)
        elif words[0].text == "xen_hypervisor" and len(words) > 1:
            self.current = _with(self.current, arguments=_joined(words[2:], place) if sure else None, location=place)
        elif words[0].text == "xen_module" and len(words) > 1:
            module = GrubModule(words[1].text, _joined(words[2:], place) if sure else None, place)
            self.current = _with(self.current, modules=(*self.current.modules, module))

    def _words(self, text: str, column: int) -> Iterator[_Word]:
        """The words as GRUB's shell makes them: quotes taken off, variables put in, split at their blanks. The text
        begins at a column of its line."""
        at = 0
        while at < len(text):
            if text[at] in " \t":
                at += 1
                continue
            if text[at] in "#;{":
                return
            begin, whole, at_word = at, True, False
            out: list[str] = []
            while at < len(text) and text[at] not in " \t;":
                letter = text[at]
                if letter == "`":
                    at, whole, at_word = at + 1, False, True
                elif letter == "'":
                    end = text.find("'", at + 1)
                    end = len(text) if end < 0 else end
                    out.append(text[at + 1 : end])
                    at, at_word = end + 1, True
                elif letter == '"':
                    part, at, known = self._double(text, at + 1)
                    out.append(part)
                    whole, at_word = whole and known, True
                elif letter == "\\" and at + 1 < len(text):
                    out.append(text[at + 1])
                    at, at_word = at + 2, True
                elif letter == "$":
                    value, at = self._variable(text, at)
                    if value is None:
                        whole, at_word = False, True
                    else:
                        pieces = value.split(" ")
                        for piece in pieces[:-1]:
                            if any(out) or piece:
                                yield _Word("".join((*out, piece)), column + begin, whole)
                            out.clear()
                        out.append(pieces[-1])
                else:
                    out.append(letter)
                    at, at_word = at + 1, True
            if any(out) or not whole or (at_word and text[begin] in "'\""):
                yield _Word("".join(out), column + begin, whole)

    def _double(self, text: str, at: int) -> tuple[str, int, bool]:
        out: list[str] = []
        known = True
        while at < len(text) and text[at] != '"':
            if text[at] == "\\" and text[at + 1 : at + 2] in tuple('"$\\`'):
                out.append(text[at + 1])
                at += 2
            elif text[at] == "`":
                at, known = at + 1, False
            elif text[at] == "$":
                value, at = self._variable(text, at)
                known = known and value is not None
                out.append(value or "")
            else:
                out.append(text[at])
                at += 1
        return "".join(out), at + 1, known

    def _variable(self, text: str, at: int) -> tuple[str | None, int]:
        """The value of the variable at a `$`: empty if nothing ever sets it in this file is not known either."""
        braced = text[at + 1 : at + 2] == "{"
        match = _NAME.match(text, at + 2 if braced else at + 1)
        if match is None:  # `$(...)` of the shell that reads /etc/default/grub is not executed
            return (None if text[at + 1 : at + 2] == "(" else "$"), at + 1
        end = match.end() + (1 if braced and text[match.end() : match.end() + 1] == "}" else 0)
        return self.variables.get(match[0]), end


def _chosen(items: list[_Item], said: str) -> _Item | None:
    """The item of a menu with this number, title or identifier; None if not certain."""
    if re.fullmatch(r"\d{1,9}", said, re.ASCII):
        before = items[: int(said) + 1]
        return before[-1] if len(before) == int(said) + 1 and all(item.sure for item in before) else None
    found = [item for item in items if item.title is None or said == item.title or said in item.ids]
    return found[0] if len(found) == 1 and found[0].sure and found[0].title is not None else None


def _with(entry: GrubEntry, **changes: object) -> GrubEntry:
    from msgspec.structs import replace

    return replace(entry, **changes)


def _joined(words: list[_Word], place: Location) -> Passage | None:
    """The words with one blank between them, as GRUB hands them over, each where it is.

    A word with a blank in it is in quotes, and quotes and backslashes get a backslash (grub-core/lib/cmdline.c;
    measured with 2.12).
    """
    if not all(word.whole for word in words):
        return None
    pieces: list[tuple[int, Location]] = []
    text = ""
    for word in words:
        text += " " if text else ""
        where = Location(place.file, place.line, word.column + 1, place.line, word.column + 1 + max(1, len(word.text)))
        pieces.append((len(text), where))
        escaped = re.sub(r"([\\'\"])", r"\\\1", word.text)
        text += f'"{escaped}"' if " " in word.text else escaped
    return Passage(text, place, tuple(pieces))


def _defaults(lines: list[tuple[str, int]], file: str) -> GrubEntry | None:
    """Xen's arguments by `/etc/default/grub`, as 20_linux_xen puts them together for the entry without recovery."""
    reader = _Reader(file)
    places: dict[str, Location] = {}
    for line, number in lines:
        match = _ASSIGNED.match(line.strip()) if not line.lstrip().startswith("#") else None
        if match:
            reader._assign(match[1], match[2])
            places[match[1]] = Location(file, number, 1, number, len(line) + 1)
    names = [name for name in ("GRUB_CMDLINE_XEN", "GRUB_CMDLINE_XEN_DEFAULT") if name in places]
    if not names:
        return None
    values = [reader.variables[name] for name in names]
    place = places[names[-1]]
    if any(value is None for value in values):
        return GrubEntry("", place, None)
    text = "placeholder"
    for value in values:
        if value:
            text += f" {value}"
    kernel = GrubModule("vmlinuz", Passage("placeholder", place), place)
    return GrubEntry("", place, Passage(f"{text} {_PLATFORM}", place, ()), (kernel,))
