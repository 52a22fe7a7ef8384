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

OBJECTS = 100_000
"""New containers before the garbage collector runs. Most runs create fewer, and hardly any cycles."""


def start() -> NoReturn:
    """Run the command line and end the process with its exit status."""
    gc.set_threshold(OBJECTS, 20, 20)
    from colorcheck.files.kept_modules import KeptCode, PureModules

    kept = KeptCode.of(__file__)
    sys.meta_path.insert(0, PureModules(kept))
    from colorcheck.cli import main

    status = main()
    kept.keep()
    end(status)


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
