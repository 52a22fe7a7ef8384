"""A run of QEMU: Xen's output, the debug keys pressed, and how it ended.

The process has a group of its own, which is ended whatever happens; it is given no display, no network, no monitor
and nothing to write to but its console.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from threading import Event

from msgspec import Struct

KEYS = "mHqr"
"""Free memory, free frames of each color, domains with their colors, run queues (`xen/common/keyhandler.c`)."""
SWITCH = b"\x01\x01\x01"  # Ctrl-A three times gives the console to Xen
_UP = (b"*** Serial input to",)
_OURS = b"*** Serial input to Xen"
_SWITCHES = 140  # domains whose consoles come before Xen's
DOWN = (b"Manual reset required", b"Reboot in five seconds", b"Resetting in five seconds")
LARGEST = 8 << 20  # bytes of a console that are kept
_PATIENCE = 5.0  # seconds for a process to end that has closed its streams
_ANSWER = 8.0  # seconds that a busy machine may need until the first byte of an answer
_QUIET = 0.7  # seconds without a byte after which an answer to a key is complete


class Ending(StrEnum):
    UP = "up"  # Xen is up and answered the keys
    PANIC = "panic"
    SILENT = "silent"  # nothing came for too long, or the time was over
    DIED = "died"  # QEMU ended by itself
    STOPPED = "stopped"  # the user wants no more


class Limits(Struct, frozen=True):
    """Limits in seconds, for the whole run and for silence; `stop` ends a run from another thread."""

    whole: float = 180.0
    silence: float = 30.0
    stop: Event | None = None


class Console(Struct, frozen=True):
    """The output of a run. `errors` has QEMU's own messages, `status` its exit status if it ended by itself."""

    text: str
    ending: Ending
    errors: str = ""
    status: int | None = None
    seconds: float = 0.0


def run(command: Sequence[str], limits: Limits, *, keys: str = KEYS) -> Console:
    """Run QEMU until Xen is up and has answered the keys, panics, or falls silent.

    Raises OSError if the program cannot be started.
    """
    begin = time.monotonic()
    with started(command) as process:
        session = _Session(process, limits, keys)
        ending = session.watch()
        status = exit_status(process) if ending is Ending.DIED else None
    errors = session.errors.decode(errors="replace").strip()
    spent = time.monotonic() - begin
    return Console(session.seen.decode(errors="replace"), ending, errors, status, spent)


@contextlib.contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start QEMU in its own process group, all of which is ended at the end. Raises OSError if it cannot be started."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "QEMU_AUDIO_DRV": "none"},
    )
    try:
        yield process
    finally:
        _end(process)


def exit_status(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status of a process that has closed its streams."""
    try:
        return process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


class _Session:
    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, keys: str) -> None:
        self.process, self.limits, self.keys = process, limits, keys
        self.seen, self.errors = bytearray(), bytearray()
        self.begin = self.last = time.monotonic()
        self.sent: int | None = None  # keys that were pressed, None as long as Xen is not up
        self.switched = 0
        self.before = -1  # bytes that had come when the last key was pressed

    def watch(self) -> Ending:
        assert self.process.stdout is not None  # noqa: S101
        assert self.process.stderr is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ, self.seen)
            selector.register(self.process.stderr, selectors.EVENT_READ, self.errors)
            while selector.get_map():
                for key, _ in selector.select(0.1):
                    data = os.read(key.fd, 65536)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif len(key.data) < LARGEST:
                        key.data.extend(data)
                    if data and key.data is self.seen:
                        self.last = time.monotonic()
                if self.limits.stop is not None and self.limits.stop.is_set():
                    return Ending.STOPPED
                ending = self._state()
                if ending is not None:
                    return ending
        return Ending.PANIC if self._has(DOWN) else Ending.DIED

    def _has(self, texts: Sequence[bytes]) -> bool:
        return any(text in self.seen for text in texts)

    def _state(self) -> Ending | None:
        now = time.monotonic()
        quiet = now - self.last
        if self._has(DOWN) and quiet > 0.1:
            return Ending.PANIC
        if self.sent is None and self._has(_UP) and quiet > 0.1:
            if _OURS in self.seen:
                self.sent = 0
            elif self.switched < _SWITCHES:
                self._press(SWITCH)
                self.switched, self.last = self.switched + 1, now
        elif self.sent is not None and quiet > (_QUIET if len(self.seen) > self.before else _ANSWER):
            if self.sent == len(self.keys):
                return Ending.UP
            self.before = len(self.seen)
            self._press(self.keys[self.sent].encode())
            self.sent, self.last = self.sent + 1, now
        if quiet > self.limits.silence or now - self.begin > self.limits.whole or len(self.seen) >= LARGEST:
            return Ending.SILENT
        return None

    def _press(self, keys: bytes) -> None:
        assert self.process.stdin is not None  # noqa: S101
        with contextlib.suppress(OSError):
            self.process.stdin.write(keys)
            self.process.stdin.flush()
