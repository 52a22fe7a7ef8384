"""`python -m colorcheck` and the command `colorcheck`: one process for one command."""

import atexit
import gc
import os
import sys
import threading
from typing import NoReturn

# `python -m` searches modules in the current folder first, which may be an untrusted checkout.
try:
    _HERE = os.getcwd()
except OSError:
    _HERE = ""
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", _HERE):
    del sys.path[0]
if os.path.dirname(os.path.dirname(os.path.abspath(__file__))) not in sys.path:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

FRAMES = 2**16 + 1024
"""Words of the first frame's stack, hardly any of which are touched: one more than half of the piece they take."""
OBJECTS = 100_000
"""New containers before the garbage collector runs. Most runs create fewer, and hardly any cycles."""


def start() -> NoReturn:
    """Run the command line and end the process with its exit status."""
    gc.set_threshold(OBJECTS, 20, 20)
    # CPython keeps frames in pieces of 16 KiB, and gives each piece back when it is empty: where calls come and go
    # around the end of one, memory is mapped and unmapped 800 times in a run. The first frame of a piece that needs
    # more than that makes it larger, and leaves the rest to those that it calls.
    _run.__code__ = _run.__code__.replace(co_stacksize=FRAMES)
    end(_run())


def _run() -> int:
    from colorcheck.files.kept_modules import KeptCode, PureModules

    kept = KeptCode.of(__file__)
    sys.meta_path.insert(0, PureModules(kept, "colorcheck", os.path.dirname(os.path.abspath(__file__))))
    from colorcheck.cli import main

    status = main()
    kept.keep()
    return status


def end(status: int) -> NoReturn:
    """End at once if there is no thread to wait for: freeing the memory of solver and modules takes time."""
    if all(thread.daemon or thread is threading.main_thread() for thread in threading.enumerate()):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(status)
        atexit._run_exitfuncs()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    start()
