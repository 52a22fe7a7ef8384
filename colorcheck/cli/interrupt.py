"""Ctrl-C ends a run within a second, even while a solver does not check for signals."""

from __future__ import annotations

import os
import signal
import socket
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
    wake-up socket arrives at once.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    done = threading.Event()
    threading.Thread(target=_watch, args=(ear, done, os.getpid()), daemon=True, name="interrupt").start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        mouth.close()


def _watch(ear: socket.socket, done: threading.Event, process: int) -> None:
    with ear:
        while heard := ear.recv(64):
            if signal.SIGINT in heard and os.getpid() == process and not done.wait(PATIENCE):
                sys.stderr.write("colorcheck: interrupted\n")
                sys.stderr.flush()
                os._exit(STATUS)
