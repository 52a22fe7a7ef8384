"""Boot logs of Xen from a serial console: Xen's statements about itself, each with its line.

Takes logs with or without time stamps (Xen's `console_timestamps`, a terminal program's, the kernel's), with ANSI
codes, with carriage returns, noise and lines of guests between Xen's own. A statement that noise has damaged is
left out: a log can only ever say too little. Message texts as printed by Xen 4.20.4, 4.21.2 and 4.22.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256

from msgspec import Struct, field

from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE

_ANSI = pattern(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_NOISE = pattern(r"[\x00-\x08\x0b-\x1f\x7f]")
_XEN = pattern(r"\(XEN\)[ ]?(?:\[[^\]\n]{1,40}\][ ]?)?")
_START = pattern(r"Checking for initrd in /chosen")


class Statement(Struct, frozen=True):
    """One value that the log states: a text, a number or a tuple of them, with its line."""

    value: object
    location: Location


class _Dumped(Struct):
    heap: dict[int, Statement] = field(default_factory=dict)
    domains: dict[int, dict[str, Statement]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # of the domain at hand


class LoggedDomain(Struct, frozen=True):
    """A domain in the output of the debug key `q`: `nr_pages` and its colors; None if not in the log."""

    id: int
    pages: Statement | None
    colors: Statement | None


class LoggedModule(Struct, frozen=True):
    """A boot module: its kind as Xen prints it (`Kernel`, `Device Tree`), address and size in bytes."""

    kind: str
    address: int
    size: int
    location: Location


class BootLog(Struct, frozen=True):
    """The last boot that a log holds; every field is None or empty if the log does not say.

    `version` is `4.20.4`; `xen_region` (start, end) in bytes, end exclusive; `modules` and `memory` likewise, with
    the module's kind, and `reserved`; `heap` maps a color to its free frames as the debug key `H` printed them last;
    `uncolored` are the free frames of the buddy heap as `m` printed them; `banks` are (domain, start, end) in guest
    addresses; `panic` is the text of the panic, its lines joined by blanks. `loaded` are the files that Xen's EFI
    loader says it loaded (name, start, end), `stopped` is what it said where it went back to the firmware; `damaged`
    names the fields of which a line is not legible, so that what is there is not all (`command_line` where something
    wrapped it: its value is then the pieces with a blank between them). `built_in` are the arguments
    that were compiled into Xen; `first_colors` is how many colors Xen took because it was given none, `all_colors` are
    the domains that got every color because they were given none; `processor` is the MIDR_EL1 of the boot CPU;
    `dom0_kernel` is the address of the boot module from which Xen took dom0's kernel;
    `digest` is the SHA-256 of the text, by which the same log is known under another name. `cut` tells that the last
    line has no end, so that it may have been longer.
    """

    file: str
    boots: int
    version: Statement | None = None
    command_line: Statement | None = None
    probed: Statement | None = None
    xen_region: Statement | None = None
    nr_colors: Statement | None = None
    xen_colors: Statement | None = None
    panic: Statement | None = None
    memory: tuple[Statement, ...] = ()
    modules: tuple[Statement, ...] = ()
    reserved: tuple[Statement, ...] = ()
    rejected: tuple[Statement, ...] = ()
    banks: tuple[Statement, ...] = ()
    uncolored: Statement | None = None
    heap: tuple[tuple[int, Statement], ...] = ()
    domains: tuple[LoggedDomain, ...] = ()
    last_line: Location = field(default_factory=lambda: Location(""))
    loaded: tuple[Statement, ...] = ()
    stopped: Statement | None = None
    damaged: frozenset[str] = frozenset()
    built_in: Statement | None = None
    first_colors: Statement | None = None
    all_colors: tuple[Statement, ...] = ()
    processor: Statement | None = None
    dom0_kernel: Statement | None = None
    digest: str = ""
    cut: bool = False

    @property
    def way_size(self) -> tuple[int, Location] | None:
        """Bytes of a way of the last-level cache, as Xen probed it, otherwise derived from the number of colors."""
        if self.probed is not None and isinstance(self.probed.value, tuple):
            _, line, sets = self.probed.value
            return line * sets, self.probed.location
        if self.nr_colors is not None and isinstance(self.nr_colors.value, int):
            return self.nr_colors.value * PAGE, self.nr_colors.location
        return None

    @property
    def banks_found(self) -> tuple[tuple[int, int], ...] | None:
        """The (start, end) of all banks of memory in the order of the log; None if the list is not whole."""
        whole = self.memory and self.modules and not self.damaged & {"memory", "modules"}
        return tuple((v[0], v[1]) for s in self.memory if isinstance(v := s.value, tuple)) if whole else None

    @property
    def modules_found(self) -> tuple[LoggedModule, ...] | None:
        """All boot modules in Xen's order, Xen and the device tree among them; None if the list is not whole."""
        found = tuple(
            LoggedModule(v[2], v[0], v[1] - v[0], s.location) for s in self.modules if isinstance(v := s.value, tuple)
        )
        return found if found and "modules" not in self.damaged and found[0].kind == "Xen" else None

    @property
    def reserved_found(self) -> tuple[Statement, ...] | None:
        """All reserved ranges, of `/memreserve/` and `/reserved-memory` alike; None if the list may not be whole."""
        whole = self.modules_found is not None and self.command_line is not None and "reserved" not in self.damaged
        return self.reserved if whole else None

    @property
    def says_nothing(self) -> bool:
        said = self.command_line or self.panic or self.heap or self.memory or self.modules
        return not said


def _lines(file: str, text: str) -> Iterator[tuple[str, Location]]:
    """The lines printed by Xen itself, cleaned, with their locations."""
    for number, raw in enumerate(text.split("\n"), 1):
        clean = _NOISE.sub("", _ANSI.sub("", raw))
        marks = list(_XEN.finditer(clean))
        location = Location(file, number, 1, number, max(2, len(raw.rstrip("\r")) + 1))
        if marks:
            yield clean[marks[-1].end() :].rstrip(), location
        elif banner := re.search(r"\bXen ([0-9]{1,20}\.[0-9]{1,20}[.\w-]*)\s*$", clean):
            yield f"Xen version {banner[1]} ", location


_COLOR = pattern(r"[0-9]{1,5}")


def _numbers(text: str) -> tuple[int, ...]:
    """Colors as a rangeset prints them: `0-1, 7`."""
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if _COLOR.fullmatch(first) and _COLOR.fullmatch(last or first):
            found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)


def _span(start: str, end: str) -> tuple[int, int]:
    return int(start, 16), int(end, 16)


_SINGLE: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], object]], ...] = (
    ("version", pattern(r"Xen version ([0-9]{1,20}\.[0-9]{1,20}[.\w-]*) "), lambda m: m[1]),
    ("command_line", pattern(r"Command line: ?(.*)$"), lambda m: _arguments(m[1].strip())),
    (
        "probed",
        pattern(r"LLC found: L([0-9]{1,20}) \(line size: ([0-9]{1,20}) bytes, sets num: ([0-9]{1,20})\)$"),
        lambda m: (int(m[1]), int(m[2]), int(m[3])),
    ),
    ("xen_region", pattern(r"Placing Xen at 0x([0-9a-f]+)-0x([0-9a-f]+)$"), lambda m: _span(m[1], m[2])),
    ("nr_colors", pattern(r"\s*Number of LLC colors supported: ([0-9]{1,20})$"), lambda m: int(m[1])),
    ("uncolored", pattern(r"\s*Dom heap: ([0-9]{1,20})kB free$"), lambda m: int(m[1]) // 4),
    ("processor", pattern(r"Processor: ([0-9a-f]{8,16}): "), lambda m: int(m[1], 16)),
    ("dom0_kernel", pattern(r"Loading d0 kernel from boot module @ ([0-9a-f]{8,16})$"), lambda m: int(m[1], 16)),
    ("built_in", pattern(r"Built-in command line: ?(.*)$"), lambda m: m[1].strip()),
    (
        "first_colors",
        pattern(r"Xen LLC color config not found\. Using first ([0-9]{1,20}) colors$"),
        lambda m: int(m[1]),
    ),
    (
        "xen_colors",
        pattern(r"\s*Xen LLC colors \(([0-9]{1,20})\): \{ ([0-9, -]*)\}$"),
        lambda m: (int(m[1]), _numbers(m[2])),
    ),
)


def _arguments(text: str) -> str:
    """Xen prints `<NULL>` where it was given no arguments."""
    return "" if text == "<NULL>" else text


_ALL_COLORS = pattern(r"LLC color config not found for (?:d|DOM|Dom)?([0-9]{1,20}), using all colors$")
_MANY: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], object]], ...] = (
    (
        "memory",
        pattern(r"RAM: ([0-9a-f]{8,16}) - ([0-9a-f]{8,16})$"),
        lambda m: (int(m[1], 16), int(m[2], 16) + 1),
    ),
    (
        "modules",
        pattern(r"MODULE\[[0-9]{1,20}\]: ([0-9a-f]{8,16}) - ([0-9a-f]{8,16}) (\w[\w ]*?)\s*$"),
        lambda m: (int(m[1], 16), int(m[2], 16) + 1, m[3]),
    ),
    (
        "reserved",
        pattern(r" ?RESVD\[[0-9]{1,20}\]: ([0-9a-f]{8,16}) - ([0-9a-f]{8,16})$"),
        lambda m: (int(m[1], 16), int(m[2], 16) + 1),
    ),
    ("rejected", pattern(r"(parameter \".*\" (?:has invalid value .*|unknown!))$"), lambda m: m[1]),
    ("all_colors", _ALL_COLORS, lambda m: int(m[1])),
    (
        "banks",
        pattern(r"d([0-9]{1,20}) BANK\[[0-9]{1,20}\] (?:0x)?([0-9a-f]+)-(?:0x)?([0-9a-f]+) "),
        lambda m: (int(m[1]), *_span(m[2], m[3])),
    ),
)
_INCOMPLETE = (
    ("memory", pattern(r".{0,8}RAM: ")),
    ("modules", pattern(r".{0,8}MODULE\[")),
    ("reserved", pattern(r".{0,8}RESVD\[")),
)
_NUMBERED = pattern(r"\s*(?:MODULE|RESVD)\[([0-9]{1,20})\]")
_EFI_LOADER = pattern(r"\bXen ([0-9]{1,20}\.[0-9]{1,20}\S*).*EFI loader\s*$")
_LOADED = pattern(r"(\S.*): 0x([0-9a-f]{16})-0x([0-9a-f]{16})$")
_PROMPT = pattern(r"(?:Shell|[A-Za-z]+[0-9]{1,20}:[^>]{0,200})> ?")
_AFTER_PANIC = pattern(r"(?:Reboot|Resetting) in five seconds|Manual reset required")
_ONCE = pattern(r"\s*(refcnt|nr_pages|handle)=")  # once for each domain: again, the head of the next one was lost
_PANIC = pattern(r"Panic on CPU [0-9]{1,20}:")
_HEAP = pattern(r"Color heap\[([0-9]{1,20})\]: ([0-9]{1,20}) pages$")
_DOMAIN = pattern(r"General information for domain ([0-9]{1,20}):")
_PAGES = pattern(r"\s*nr_pages=([0-9]{1,20}) ")
_COLORS = pattern(r"\s*(?:([0-9]{1,20}) LLC colors|LLC colors \(([0-9]{1,20})\)): \{ ([0-9, -]*)\}$")


def parse_boot_log(file: str, text: str) -> BootLog:
    """Read the last boot of a console log. Never fails: what cannot be understood is skipped."""
    lines = list(_lines(file, text))
    starts = [index for index, (said, _) in enumerate(lines) if _START.match(said)]
    commands = [index for index, (said, _) in enumerate(lines) if said.startswith("Command line:")]
    begin = (starts or commands or [0])[-1]
    if commands and commands[-1] < begin:
        begin = starts[-2] if len(starts) > 1 else 0
    single: dict[str, Statement] = {}
    many: dict[str, list[Statement]] = {name: [] for name, _, _ in _MANY}
    dumped = _Dumped()
    damaged: set[str] = set()
    firmware = _firmware(file, text) if "EFI loader" in text else _Firmware()
    panic: list[tuple[str, Location]] | None = None
    domain: int | None = None
    for said, location in lines[begin:]:
        if panic is not None and "****" not in said:
            if said.strip() and not _AFTER_PANIC.match(said):
                panic.append((said.strip(), location))
            continue
        if panic:
            single.setdefault("panic", Statement(" ".join(t for t, _ in panic), panic[0][1]))
            panic = None
        if _PANIC.match(said):
            panic = []
            continue
        domain = _dump(said, location, dumped, domain)
        for name, begins, value in _SINGLE:
            if match := begins.match(said[:_PRINTED]):
                single[name] = Statement(value(match), location)
                if name == "command_line" and len(said) >= _PRINTED:
                    damaged.add(name)
        for name, begins, value in _MANY:
            if match := begins.match(said):
                many[name].append(Statement(value(match), location))
        damaged.update(_damaged(said, many))
    _unwrap(text, single, damaged)
    if panic:
        single.setdefault("panic", Statement(" ".join(t for t, _ in panic), panic[0][1]))
    return BootLog(
        file,
        max(1, len(starts)) if lines else 0,
        version=single.get("version"),
        command_line=single.get("command_line"),
        probed=single.get("probed"),
        xen_region=single.get("xen_region"),
        nr_colors=single.get("nr_colors"),
        xen_colors=single.get("xen_colors"),
        panic=single.get("panic"),
        memory=tuple(many["memory"]),
        modules=tuple(many["modules"]),
        rejected=tuple(many["rejected"]),
        reserved=tuple(many["reserved"]),
        banks=tuple(many["banks"]),
        uncolored=single.get("uncolored"),
        heap=tuple(sorted(dumped.heap.items())),
        domains=tuple(LoggedDomain(i, d.get("pages"), d.get("colors")) for i, d in sorted(dumped.domains.items())),
        last_line=lines[-1][1] if lines else Location(file),
        loaded=firmware.loaded,
        stopped=firmware.stopped,
        damaged=frozenset(damaged),
        built_in=single.get("built_in"),
        first_colors=single.get("first_colors"),
        all_colors=tuple(many["all_colors"]),
        processor=single.get("processor"),
        dom0_kernel=single.get("dom0_kernel"),
        cut=bool(lines) and lines[-1][1].line == text.count("\n") + 1,
        digest=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


_PRINTED = 1023  # characters that one call of Xen's printk prints (xen/drivers/char/console.c), without an end of line
_WRAPPED_FROM = 60  # characters of a line behind which a mail program or a terminal may have wrapped it
_MOST_PIECES = 40


def _unwrap(text: str, single: dict[str, Statement], damaged: set[str]) -> None:
    """Join the arguments if their long line continues in lines without Xen's prefix."""
    said = single.get("command_line")
    if said is None or said.location.line is None:
        return
    lines = text.split("\n", said.location.line + _MOST_PIECES)[said.location.line - 1 : -1]
    pieces = [str(said.value)]
    width = len(lines[0].rstrip("\r")) if lines else 0
    for raw in lines[1:]:
        clean = _NOISE.sub("", _ANSI.sub("", raw)).lstrip("> ").rstrip()
        if width < _WRAPPED_FROM or not _CONTINUED.fullmatch(clean):
            break
        pieces.append(clean)
        width = len(raw.rstrip("\r"))
    if len(pieces) > 1:
        damaged.add("command_line")
        single["command_line"] = Statement(" ".join(pieces), said.location)


_CONTINUED = pattern(r"(?!\(XEN\))[\w.,:;=/@+*-]+(?: +[\w.,:;=/@+*-]+)*")


def _damaged(said: str, many: dict[str, list[Statement]]) -> Iterator[str]:
    """The list to which this line belongs if the line is illegible or an earlier one is missing."""
    for name, begin in _INCOMPLETE:
        if begin.match(said):
            exact = next(p for field, p, _ in _MANY if field == name)
            number = _NUMBERED.match(said)
            if not exact.match(said) or (number and int(number[1]) != len(many[name]) - 1):
                yield name


class _Firmware(Struct, frozen=True):
    """The last output of Xen's EFI loader."""

    loaded: tuple[Statement, ...] = ()
    stopped: Statement | None = None


def _firmware(file: str, text: str) -> _Firmware:
    loaded: list[Statement] = []
    last: Statement | None = None
    stopped: Statement | None = None
    began = False
    for number, raw in enumerate(text.split("\n"), 1):
        clean = _NOISE.sub("", _ANSI.sub("", raw)).strip()
        location = Location(file, number, 1, number, max(2, len(raw.rstrip("\r")) + 1))
        if _EFI_LOADER.search(clean):
            loaded, last, stopped, began = [], None, None, True
        elif not began:
            continue
        elif _XEN.search(clean) or clean.startswith("- UART enabled"):
            began, stopped = False, None
        elif match := _LOADED.match(clean):
            loaded.append(Statement((match[1], int(match[2], 16), int(match[3], 16)), location))
        elif _PROMPT.match(clean):
            stopped, began = stopped or last or Statement("back to the firmware", location), False
        elif clean:
            last = Statement(clean.rstrip("."), location)
    return _Firmware(tuple(loaded), stopped)


def _dump(said: str, location: Location, dumped: _Dumped, domain: int | None) -> int | None:
    """Read a line of a debug key's output; returns the domain to which the following lines belong."""
    if said.startswith("Dumping color heap info"):
        dumped.heap.clear()
    elif match := _HEAP.match(said):
        dumped.heap[int(match[1])] = Statement(int(match[2]), location)
    elif "-> dumping domain info" in said:
        dumped.domains.clear()
        return None
    elif match := _DOMAIN.match(said):
        dumped.domains[int(match[1])] = {}
        dumped.seen.clear()
        return int(match[1])
    elif domain is not None and (match := _ONCE.match(said)) and match[1] in dumped.seen:
        return None
    elif domain is not None and (match := _PAGES.match(said)):
        dumped.domains[domain]["pages"] = Statement(int(match[1]), location)
    elif domain is not None and (match := _COLORS.match(said)):
        colors = _numbers(match[3])
        if len(colors) == int(match[1] or match[2]):
            dumped.domains[domain]["colors"] = Statement(colors, location)
    if domain is not None and (match := _ONCE.match(said)):
        dumped.seen.add(match[1])
    return domain
