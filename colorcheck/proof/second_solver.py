"""cvc5, the second solver: it reads the same text as Z3 and knows nothing else."""

from __future__ import annotations


class Cvc5Missing(RuntimeError):
    """cvc5 is not installed; it is the extra `certify`."""


def answers(text: str, timeout: float) -> tuple[str, ...]:
    """What cvc5 answers to each `(check-sat)` of an SMT-LIB 2 text, `timeout` in seconds for each question.

    Answers stop before a question that cvc5 cannot read. Raises Cvc5Missing.
    """
    try:
        import cvc5
    except ImportError as error:
        raise Cvc5Missing("cvc5 is not installed: pip install 'xen-colorcheck[certify]'") from error
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
    return tuple(found)
