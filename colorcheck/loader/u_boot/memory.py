"""The board's memory as a script fills it: the known content, byte by byte."""

from __future__ import annotations

from bisect import bisect_right, insort

from msgspec import Struct, field

from colorcheck.core.units import PAGE

_TOP = 1 << 64
_WHOLE = [(0, PAGE)]  # what is known of a page that is known as a whole


class Memory(Struct):
    """Known bytes by page.

    Unwritten and unknown bytes are absent. `dark` has the ranges that were written with unknown content, sorted and
    disjoint. `later` is what was written last and reaches the pages when anything else is read or written: a tree that
    is edited line by line is not copied page by page each time. Pages that are not in `own` are shared with a copy.
    """

    pages: dict[int, bytearray] = field(default_factory=dict)
    known: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    dark: list[tuple[int, int]] = field(default_factory=list)
    version: int = 0  # counts the changes
    later: tuple[int, bytes] | None = None
    own: set[int] = field(default_factory=set)

    def twin(self) -> Memory:
        """A memory with the same content, of which each may change without the other; pages are shared until then."""
        self._settle()
        self.own.clear()
        return Memory(dict(self.pages), dict(self.known), list(self.dark), self.version)

    def write(self, address: int, data: bytes | bytearray) -> None:
        """Put bytes at an address."""
        self._settle()
        self.version += 1
        self._write(address, data)

    def keep(self, address: int, data: bytes) -> None:
        """Like `write`, for what is likely to be written again before it is read."""
        if self.later is not None and (self.later[0] != address or len(self.later[1]) > len(data)):
            self._settle()
        self.version += 1
        self.later = (address, data)

    def _settle(self) -> None:
        """Write what was kept for later."""
        if self.later is not None:
            address, data = self.later
            self.later = None
            self._write(address, data)

    def _write(self, address: int, data: bytes | bytearray) -> None:
        self._lighten(address, address + len(data))
        position = 0
        while position < len(data):
            at = address + position
            page, inside = at // PAGE, at % PAGE
            count = min(PAGE - inside, len(data) - position)
            held = self.pages.get(page)
            if held is None or page not in self.own:
                held = self.pages[page] = bytearray(PAGE) if held is None else bytearray(held)
                self.own.add(page)
            held[inside : inside + count] = data[position : position + count]
            if self.known.get(page) != _WHOLE:
                self._note(page, inside, inside + count)
            position += count

    @property
    def touched(self) -> bool:
        """Whether anything was put anywhere."""
        return self.later is not None or bool(self.dark or self.known)

    def darken(self, address: int, size: int) -> None:
        """Mark a range as written with unknown content."""
        if size <= 0:
            return
        self._settle()
        self.version += 1
        end = min(address + size, _TOP)
        self._lighten(address, end)
        insort(self.dark, (address, end))
        for page in [p for p in self.known if address < (p + 1) * PAGE and p * PAGE < end]:
            low, high = max(address - page * PAGE, 0), min(end - page * PAGE, PAGE)
            kept = [piece for a, b in self.known[page] for piece in ((a, min(b, low)), (max(a, high), b))]
            self.known[page] = [(a, b) for a, b in kept if a < b]

    def read(self, address: int, size: int) -> bytearray | None:
        """The bytes of a stretch; None if any of them is not known."""
        self._settle()
        found = bytearray(size)
        position = 0
        while position < size:
            at = address + position
            page, inside = at // PAGE, at % PAGE
            count = min(PAGE - inside, size - position)
            if not any(a <= inside and inside + count <= b for a, b in self.known.get(page, ())):
                return None
            found[position : position + count] = self.pages[page][inside : inside + count]
            position += count
        return found

    def copy(self, source: int, target: int, size: int) -> None:
        """Copy the known content of a range; the rest of the target becomes unknown."""
        self._settle()
        known: list[tuple[int, bytes]] = []
        for page in [p for p in self.known if source < (p + 1) * PAGE and p * PAGE < source + size]:
            for a, b in self.known[page]:
                low, high = max(page * PAGE + a, source), min(page * PAGE + b, source + size)
                if low < high:
                    known.append((low - source, bytes(self.pages[page][low - page * PAGE : high - page * PAGE])))
        self.darken(target, size)
        for offset, data in known:
            self.write(target + offset, data)

    def is_dark(self, address: int) -> bool:
        """Whether something of unknown content was put here."""
        self._settle()
        index = bisect_right(self.dark, (address, _TOP)) - 1
        return index >= 0 and self.dark[index][0] <= address < self.dark[index][1]

    def is_all_dark(self, start: int, end: int) -> bool:
        """Whether something of unknown content is in every byte of a stretch."""
        self._settle()
        for low, high in self.dark[max(bisect_right(self.dark, (start, _TOP)) - 1, 0) :]:
            if start >= end or low > start:
                break
            start = max(start, high)
        return start >= end

    def has_dark(self, start: int, end: int) -> bool:
        """Whether something of unknown content was put anywhere into a stretch."""
        self._settle()
        return self._overlaps_dark(start, end)

    def _overlaps_dark(self, start: int, end: int) -> bool:
        return any(low < end and start < high for low, high in self.dark)

    def _note(self, page: int, start: int, end: int) -> None:
        """Remember that a stretch of a page is known."""
        spans = self.known.get(page)
        if not spans:
            self.known[page] = [(start, end)]
            return
        if len(spans) == 1 and spans[0][0] <= start and end <= spans[0][1]:
            return
        merged = [(start, end)]
        for a, b in spans:
            if a <= merged[0][1] and merged[0][0] <= b:
                merged[0] = (min(a, merged[0][0]), max(b, merged[0][1]))
            else:
                merged.append((a, b))
        self.known[page] = merged

    def _lighten(self, start: int, end: int) -> None:
        """A stretch gets another content: it is no longer among the dark ones."""
        if not self._overlaps_dark(start, end):
            return
        kept = [piece for a, b in self.dark for piece in ((a, min(b, start)), (max(a, end), b))]
        self.dark = sorted((a, b) for a, b in kept if a < b)
