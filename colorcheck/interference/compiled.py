"""numba if it is installed (`pip install 'xen-colorcheck[lab]'`), otherwise the interpreter: one source for both."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TypeVar, cast

OPTIONS = {"_nrt": False, "error_model": "numpy", "nogil": True}
"""Nothing is allocated, no divisor is 0, and another thread may run meanwhile."""
F = TypeVar("F", bound=Callable[..., object])

WITHOUT_NUMBA = (
    "numba is not installed: the interpreter runs the simulation, with the same results but about a hundred times "
    "slower; pip install 'xen-colorcheck[lab]' installs it"
)


@cache
def has_numba() -> bool:
    return find_spec("numba") is not None


def part(function: F) -> F:
    """Marks a function for inlining into compiled functions; the interpreter runs it unchanged.

    Without `forceinline`, and with reference counts, a call would cost more than its work.
    """
    if not has_numba():
        return function
    from numba.extending import register_jitable

    return cast(Callable[..., Callable[[F], F]], register_jitable)(forceinline=True, _nrt=False)(function)


def compiled(function: F) -> F:
    """Compiles a function that allocates nothing; numba caches the machine code on disk if there is a writable
    folder.
    """
    from numba import njit

    make = cast(Callable[..., Callable[[F], F]], njit)
    try:
        made = make(cache=_beside_the_package(), **OPTIONS)(function)
    except RuntimeError:  # neither next to the package nor in the user's cache
        return make(**OPTIONS)(function)
    return made if _legible(made) else make(**OPTIONS)(function)


def _legible(made: object) -> bool:
    """Whether the cached code can be read: an older release may have stored code for types that no longer exist."""
    file = getattr(getattr(made, "_cache", None), "_cache_file", None)
    try:
        return file is None or file._load_index() is not None
    except Exception:
        return False


def _beside_the_package() -> bool:
    """Whether machine code can be stored next to the package. Elsewhere, numba might unpickle files of other users."""
    return not os.environ.get("NUMBA_CACHE_DIR") and os.access(os.path.dirname(os.path.abspath(__file__)), os.W_OK)
