"""A run of QEMU with a real dom0: commands are typed into the shell on its console, and Xen's heap is dumped after
each.

The console that Xen has is dom0's and Xen's in turn; Ctrl-A three times hands it on (`switch_serial_input`,
xen/drivers/char/console.c). What a command typed is echoed, so each is followed by a mark that its echo cannot hold.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections.abc import Sequence

from msgspec import Struct

from colorcheck.emulation.console import DOWN, LARGEST, SWITCH, Ending, Limits, exit_status, started

_TO_DOM0 = b"*** Serial input to DOM0"
_TO_XEN = b"*** Serial input to Xen"
_ANY = b"*** Serial input to "
_AT_ONCE = 16  # bytes that a serial port's FIFO surely takes
_PAUSE = 0.03  # seconds between two such portions
_CANCEL = b"\x03"  # Ctrl-C: what was typed while nobody listened may have lost its end
_ECHO = 3.0  # seconds that a busy dom0 may need to echo a portion
_SWITCHES = 140  # domains whose consoles may come before the one that is wanted
_ANSWER = 8.0  # seconds until the first byte of Xen's answer
_QUIET = 0.7  # seconds without a byte after which Xen's answer is complete
_ASK_AGAIN = 8.0  # seconds until a shell that has not answered is asked once more


class Answered(Struct, frozen=True):
    """The result of one command line: its exit status (None if none was printed), and what Xen printed about its
    heap."""

    status: int | None
    said: str
    heap: str


class Dialogue(Struct, frozen=True):
    """A complete run. `heap` is what Xen printed when dom0's shell was up; `answers` ends where the run ended."""

    text: str
    ending: Ending
    heap: str = ""
    answers: tuple[Answered, ...] = ()
    errors: str = ""
    status: int | None = None
    seconds: float = 0.0


class _Over(Exception):
    """The run ended before all steps were done."""

    def __init__(self, ending: Ending) -> None:
        super().__init__()
        self.ending = ending


def converse(command: Sequence[str], limits: Limits, prepared: Sequence[str], steps: Sequence[str]) -> Dialogue:
    """Run QEMU, wait for dom0's shell, give it the lines of `prepared`, then each step, with a heap dump after it.

    Raises OSError if the program cannot be started.
    """
    begin = time.monotonic()
    answers: list[Answered] = []
    heap, ending, status = "", Ending.UP, None
    with started(command) as process:
        talk = _Talk(process, limits)
        try:
            talk.shell()
            for line in prepared:
                talk.command(line)
            heap = talk.heap()
            for step in steps:
                mark = len(talk.seen)
                answers.append(Answered(None, "", ""))
                found = talk.command(step)
                said = talk.since(mark)
                answers[-1] = Answered(found, said, "")
                answers[-1] = Answered(found, said, talk.heap())
        except _Over as over:
            ending = over.ending
            if answers and not answers[-1].heap:
                answers[-1] = Answered(answers[-1].status, talk.since(mark), "")
            status = exit_status(process) if ending is Ending.DIED else None
    errors = talk.errors.decode(errors="replace").strip()
    text = talk.seen.decode(errors="replace")
    return Dialogue(text, ending, heap, tuple(answers), errors, status, time.monotonic() - begin)


class _Talk:
    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self.input, self.limits = process.stdin, limits
        self.seen, self.errors = bytearray(), bytearray()
        self.begin = self.last = time.monotonic()
        self.number = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(process.stdout, selectors.EVENT_READ, self.seen)
        self.selector.register(process.stderr, selectors.EVENT_READ, self.errors)

    def since(self, mark: int) -> str:
        return self.seen[mark:].decode(errors="replace")

    def pump(self, seconds: float = 0.1) -> None:
        """Read the new output. Raises _Over if the run has ended or must end."""
        for key, _ in self.selector.select(seconds):
            data = os.read(key.fd, 65536)
            if not data:
                self.selector.unregister(key.fileobj)
            elif len(key.data) < LARGEST:
                key.data.extend(data)
            if data and key.data is self.seen:
                self.last = time.monotonic()
        now = time.monotonic()
        if self.limits.stop is not None and self.limits.stop.is_set():
            raise _Over(Ending.STOPPED)
        if any(text in self.seen for text in DOWN) and now - self.last > 0.1:
            raise _Over(Ending.PANIC)
        if not self.selector.get_map():
            raise _Over(Ending.DIED)
        if now - self.begin > self.limits.whole or now - self.last > self.limits.silence or len(self.seen) >= LARGEST:
            raise _Over(Ending.SILENT)

    def until(self, wanted: re.Pattern[bytes], mark: int, seconds: float) -> re.Match[bytes] | None:
        """The first match after `mark`; None if there is none within that many seconds."""
        end = time.monotonic() + seconds
        while True:
            if found := wanted.search(self.seen, mark):
                return found
            if time.monotonic() > end:
                return None
            self.pump()

    def type(self, keys: bytes, *, echoed: bool = False) -> None:
        """Type text. Of an echoed line, no more is sent at once than dom0 has read: Xen's own buffer is small."""
        for start in range(0, len(keys), _AT_ONCE):
            portion, mark = keys[start : start + _AT_ONCE], len(self.seen)
            try:
                self.input.write(portion)
                self.input.flush()
            except OSError:
                raise _Over(Ending.DIED) from None
            begin = time.monotonic()
            least, most = begin + _PAUSE, begin + (_ECHO if echoed else _PAUSE)
            while time.monotonic() < most:
                self.pump(_PAUSE)
                if time.monotonic() >= least and len(self.seen) - mark >= len(portion):
                    break

    def to(self, wanted: bytes) -> None:
        """Switch the console input until it belongs to the wanted owner."""
        for _ in range(_SWITCHES):
            last = self.seen.rfind(_ANY)
            if last >= 0 and self.seen.startswith(wanted, last):
                return
            mark = len(self.seen)
            self.type(SWITCH)
            self.until(re.compile(re.escape(_ANY)), mark, _ANSWER)
        raise _Over(Ending.SILENT)

    def shell(self) -> None:
        """Wait for Xen to be up, then for a shell on dom0's console."""
        self.until(re.compile(re.escape(_ANY)), 0, self.limits.whole)
        self.to(_TO_DOM0)
        while True:
            mark = len(self.seen)
            self.type(_CANCEL + b"\recho colorcheck:$((6*7)):\r")
            if self.until(re.compile(rb"colorcheck:42:"), mark, _ASK_AGAIN):
                self.quiet()
                return

    def command(self, line: str) -> int:
        """The exit status of a line of commands."""
        self.number += 1
        mark = len(self.seen)
        self.type(f"{line}; echo colorcheck:{self.number}:$?:\r".encode(), echoed=True)
        found = self.until(re.compile(rb"colorcheck:%d:(\d+):" % self.number), mark, self.limits.whole)
        if found is None:
            raise _Over(Ending.SILENT)
        return int(found[1])

    def quiet(self) -> None:
        while time.monotonic() - self.last < _QUIET:
            self.pump()

    def heap(self) -> str:
        """What Xen prints for the key H; afterwards the console belongs to dom0 again."""
        self.to(_TO_XEN)
        self.quiet()
        mark = len(self.seen)
        self.type(b"H")
        self.until(re.compile(rb"Color heap\["), mark, _ANSWER)
        self.quiet()
        found = self.since(mark)
        self.to(_TO_DOM0)
        return found
