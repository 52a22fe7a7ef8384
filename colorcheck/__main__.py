"""`python -m colorcheck`."""

import sys

from colorcheck.cli import main

sys.exit(main())
