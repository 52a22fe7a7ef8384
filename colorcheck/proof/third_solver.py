"""Bitwuzla, the third solver, if installed: it reads the same text as Z3 and cvc5, for bit vectors only."""

from __future__ import annotations

import re
from importlib.util import find_spec

from colorcheck.files.child import ChildDied, ChildFailed, in_child
from colorcheck.proof.second_solver import inspect

_LOGIC = "(set-logic QF_BV)"
_COMMENT = re.compile(r"^;[^\n]*\n", re.MULTILINE)


def third_answers(text: str, timeout: float) -> tuple[str, ...]:
    """Its answers in order, with at most `timeout` seconds for each; empty if it is not installed or does not support
    the logic. Raises NotOurs for a script with commands that colorcheck does not write.
    """
    inspect(text)
    if _LOGIC not in text or find_spec("bitwuzla") is None:
        return ()
    parts = _COMMENT.sub("", text).split("(check-sat)")[:-1]
    try:
        found = in_child(lambda: _asked(parts, timeout), timeout * len(parts) + 10)
    except (ChildDied, ChildFailed):
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _asked(parts: list[str], timeout: float) -> list[str]:
    import bitwuzla

    options = bitwuzla.Options()
    options.set(bitwuzla.Option.TIME_LIMIT_PER, max(1, int(timeout * 1000)))
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    found = []
    for part in parts:
        parser.parse(part, True, False)
        found.append(str(parser.bitwuzla().check_sat()))
    return found
