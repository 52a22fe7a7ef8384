"""`python -m colorcheck`."""

import os
import sys

# `python -m` looks for modules in the current folder first, which may be a stranger's checkout.
try:
    _HERE = os.getcwd()
except OSError:
    _HERE = ""
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", _HERE):
    del sys.path[0]
if os.path.dirname(os.path.dirname(os.path.abspath(__file__))) not in sys.path:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from colorcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
