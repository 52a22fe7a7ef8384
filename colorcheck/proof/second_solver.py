"""cvc5, the second solver: its only input is the text that Z3 reads."""

from __future__ import annotations

import re

from colorcheck.files.child import ChildDied, ChildFailed, in_child


class Cvc5Missing(RuntimeError):
    """cvc5 is not installed; it is the extra `certify`."""


COMMANDS = frozenset(
    (
        "set-logic",
        "set-info",
        "declare-sort",
        "declare-const",
        "declare-fun",
        "define-fun",
        "assert",
        "push",
        "pop",
        "check-sat",
        "exit",
    )
)
"""All commands in our scripts. Others may write files or change the meaning of an answer."""
DEEPEST = 2_000
"""The deepest nesting of parentheses; cvc5 parses recursively and would overflow its stack."""
_TOKENS = re.compile(r';[^\n]*|"(?:[^"]|"")*"|\|[^|]*\||[()]|[^\s()";|]+')


class NotOurs(ValueError):
    """A script that colorcheck did not write; the message says why."""


def inspect(text: str) -> None:
    """Raises NotOurs for a script with other commands than ours, or nested too deeply."""
    depth = 0
    opens = False
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token == "(":
            depth += 1
            opens = depth == 1
            if depth > DEEPEST:
                raise NotOurs(f"nested deeper than {DEEPEST}")
            continue
        if token == ")":
            depth -= 1
        elif opens and token not in COMMANDS and not token.startswith(";"):
            raise NotOurs(f"the command {token[:40]} is not one that colorcheck writes")
        opens = opens and token.startswith(";")


def answers(text: str, timeout: float) -> tuple[str, ...]:
    """The answers of cvc5 to each `(check-sat)` in an SMT-LIB 2 text; `timeout` is in seconds per question.

    It runs in a child process with limits on time and memory. Answers stop before a question that cvc5 cannot parse.
    Raises Cvc5Missing, and NotOurs for a script with commands that colorcheck does not write.
    """
    inspect(text)
    try:
        import cvc5  # noqa: F401
    except ImportError as error:
        raise Cvc5Missing("cvc5 is not installed: pip install 'xen-colorcheck[certify]'") from error
    questions = text.count("(check-sat)") + 1
    try:
        found = in_child(lambda: _asked(text, timeout), timeout * questions + 10)
    except (ChildDied, ChildFailed):
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _asked(text: str, timeout: float) -> list[str]:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("incremental", "true")
    solver.setOption("tlimit-per", str(max(1, int(timeout * 1000))))
    if "(set-logic UF)" in text:
        solver.setOption("finite-model-find", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "theorem.smt2")
    symbols = parser.getSymbolManager()
    found = []
    try:
        while not (command := parser.nextCommand()).isNull():
            output = command.invoke(solver, symbols).strip()
            if command.getCommandName() == "check-sat":
                found.append(output)
            elif output.startswith("(error"):
                break
    except RuntimeError:
        pass
    return found
