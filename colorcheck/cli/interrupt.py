"""Ctrl-C ends a run within a second, even while a solver does not check for signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.5
"""Seconds that the run has to end by itself. No file is left half written: files are replaced atomically."""
STATUS = 130


@contextmanager
def ending_on_interrupt() -> Iterator[None]:
    """Watches for SIGINT while the context is active; only in the main thread of a process with Python's handler.

    Python runs its handler only when the main thread returns from the solver, which may take minutes; the byte at the
    wake-up pipe arrives at once.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    ear, mouth = os.pipe()
    if os.name == "posix":  # elsewhere a pipe is taken as it is
        os.set_blocking(mouth, False)
    before = signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    done = threading.Event()
    threading.Thread(target=_watch, args=(ear, done, os.getpid()), daemon=True, name="interrupt").start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        os.close(mouth)


def _watch(ear: int, done: threading.Event, process: int) -> None:
    with open(ear, "rb", buffering=0) as pipe:
        while heard := pipe.read(64):
            if signal.SIGINT in heard and os.getpid() == process and not done.wait(PATIENCE):
                sys.stderr.write("colorcheck: interrupted\n")
                sys.stderr.flush()
                os._exit(STATUS)
