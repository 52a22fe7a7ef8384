"""Limits for the inputs of one deployment: the time of each step, and the memory that it may add.

The command line allows so much to every run, because one untrusted file could otherwise exhaust a CI machine. The
library has no limits, unless the caller sets an `Allowance`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from math import inf

from msgspec import Struct

from colorcheck.core.units import GIB, size
from colorcheck.files.child import held_memory
from colorcheck.files.watching import watched

SECONDS = 300.0
MEMORY = 4 * GIB
_HARD = 2.0
"""A step that takes this multiple of its limit is killed by the system: nothing else can interrupt a call into C."""


class Allowance(Struct, frozen=True):
    """`seconds` for each step (reading, following the loader, modelling one Xen, the rules), and `memory` in bytes
    beyond what the process had before it."""

    seconds: float = SECONDS
    memory: int = MEMORY


class TooCostly(BaseException):
    """A step exceeded a limit. Not an `Exception`, so that no handler catches it by mistake."""

    def __init__(self, reason: str, file: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file


class _Late(BaseException):
    """The exception that interrupts the thread of a step."""


_ALLOWED: ContextVar[Allowance | None] = ContextVar("allowed", default=None)


@contextmanager
def allowed(allowance: Allowance | None) -> Iterator[None]:
    """Set the limits of each step while the context is active; None for no limits."""
    token = _ALLOWED.set(allowance)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def allow(allowance: Allowance) -> None:
    """Set the limits from now on (in this context)."""
    _ALLOWED.set(allowance)


def allowance() -> Allowance | None:
    """The present limits; None if there are none."""
    return _ALLOWED.get()


@contextmanager
def costing(*, timed: bool = True) -> Iterator[None]:
    """A step. Raises TooCostly, with the last file that was asked for, where it takes more than is allowed.

    Not `timed` are steps that have a limit of their own: the solver's, which ends by itself before its memory does.
    """
    given = _ALLOWED.get()
    if given is None:
        yield
        return
    last, reason = _Last(), ""
    try:
        # The alarm comes first: where memory is limited, a thread may never start, and Python waits for it without end.
        with (
            watched(last),
            _Alarm(given.seconds) if timed else nullcontext(),
            _room.limited(given.memory if timed else given.memory + GIB),
        ):
            yield
    except MemoryError:
        reason = f"needs more than {size(given.memory)} of memory"
    except _Late:
        reason = f"takes more than {given.seconds:g} s"
    if reason:
        raise TooCostly(reason, last.file)


class _Last:
    """A watcher that remembers the last file that was requested."""

    def __init__(self) -> None:
        self.file = ""

    def content(self, path: str) -> None:
        self.file = path

    def size(self, path: str) -> None:
        """Nothing is read."""

    def pattern(self, pattern: str) -> None:
        """Nothing is read."""

    def endings(self, folder: str, endings: tuple[str, ...]) -> None:
        """Nothing is read."""


class _Room:
    """The limit of the process's address space, which is the lowest one of all steps that run now."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: after a fork, the limit is one that was there before."""
        self._lock = threading.Lock()
        self._limits: dict[object, int] = {}
        self._before = resource.RLIM_INFINITY

    @contextmanager
    def limited(self, memory: int) -> Iterator[None]:
        """Let the process take so many bytes more than it holds."""
        step, least = object(), held_memory() + memory
        try:
            with self._lock:
                if not self._limits:
                    self._before = resource.getrlimit(resource.RLIMIT_AS)[0]
                self._limits[step] = least
                self._set()
            yield
        finally:
            with self._lock:
                self._limits.pop(step, None)
                self._set()

    def _set(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        known = [each for each in (self._before, hard, *self._limits.values()) if each != resource.RLIM_INFINITY]
        lowest = min(known) if self._limits else self._before
        resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))


_room = _Room()
os.register_at_fork(after_in_child=_room.reset)


class _Clock:
    """One thread that fires the alarms of all threads, started with the first of them. The system's timer, of which a
    process has one, ends it if a step does not react to its alarm.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: after a fork there is no thread, and no timer."""
        self._changed = threading.Condition()
        self._alarms: dict[_Alarm, float] = {}  # with the time at which each fires, in terms of `time.monotonic`
        self._ends: dict[_Alarm, float] = {}  # and at which the process ends, also of those that have fired
        self._runs = False
        self._wakes = inf
        self._before = (0.0, 0.0, 0.0)  # the timer as it was without us: what was left, its interval, and when

    def set(self, alarm: _Alarm) -> None:
        with self._changed:
            if not self._runs:
                threading.Thread(target=self._watch, daemon=True, name="alarms").start()
                self._runs = True
            now = time.monotonic()
            if not self._ends:
                self._before = (*signal.getitimer(signal.ITIMER_REAL), now)
            self._alarms[alarm] = at = now + alarm.seconds
            self._ends[alarm] = now + alarm.seconds * _HARD + 1
            self._set_timer()
            if at < self._wakes:
                self._changed.notify_all()

    def clear(self, alarm: _Alarm) -> None:
        with self._changed:
            self._alarms.pop(alarm, None)
            self._ends.pop(alarm, None)
            self._set_timer()

    def _set_timer(self) -> None:
        if signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
            return
        now, interval = time.monotonic(), 0.0
        if self._ends:
            left = max(0.001, min(self._ends.values()) - now)
        else:
            left, interval, when = self._before
            left = max(0.001, left - (now - when)) if left else 0.0
        signal.setitimer(signal.ITIMER_REAL, left, interval)

    def _watch(self) -> None:
        with self._changed:
            while True:
                with suppress(MemoryError):  # a step may just have taken all that it is allowed
                    self._fire()
                    self._changed.wait(min(max(0.0, self._wakes - time.monotonic()), _LONGEST_WAIT))

    def _fire(self) -> None:
        now = time.monotonic()
        self._wakes = now + _AGAIN
        for alarm in [alarm for alarm, at in self._alarms.items() if at <= now]:
            alarm.fire()
            del self._alarms[alarm]
        self._wakes = min(self._alarms.values(), default=inf)


_AGAIN = 0.01  # seconds
_LONGEST_WAIT = 3600.0
_clock = _Clock()
os.register_at_fork(after_in_child=_clock.reset)


class _Alarm:
    """Interrupts the thread that entered it when its time is over, whichever thread that is."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._thread = ctypes.c_ulong(threading.get_ident())
        self._lock = threading.Lock()
        self._running = True
        self._has_fired = False

    def __enter__(self) -> None:
        _clock.set(self)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            with self._lock:
                self._running = False
            if self._has_fired and kind is not _Late:
                _wait_for_interruption()
        except _Late:
            pass  # the step had just ended
        finally:
            _clock.clear(self)

    def fire(self) -> None:
        """Interrupt the step, unless it has ended."""
        with suppress(RuntimeError), self._lock:
            if self._running:
                self._has_fired = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(_Late))


def _wait_for_interruption() -> None:
    """Wait for a pending interruption.

    It cannot be called back: `PyThreadState_SetAsyncExc` with no exception leaves CPython 3.11's flag for it set, so
    that everything after it runs slower, and under a profiler without end.
    """
    for _ in range(1000):
        time.sleep(0)
