"""Ways to make a function wrong, by the kind of its parts: none of them knows how the source is written.

Each operator finds the places of its kind in the syntax tree of a function and gives the tree with one of them changed.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Change = Callable[[ast.AST], ast.AST | None]
"""What becomes of a node; None where the operator has nothing to change in it."""
Operator = Callable[[ast.FunctionDef], Iterator[ast.FunctionDef]]


def everywhere(change: Change) -> Operator:
    """An operator that changes one node after the other, each in a copy of the function."""

    def mutants(function: ast.FunctionDef) -> Iterator[ast.FunctionDef]:
        for number, _ in enumerate(ast.walk(function)):
            whole = copy.deepcopy(function)
            node = next(each for at, each in enumerate(ast.walk(whole)) if at == number)
            changed = change(node)
            if changed is not None:
                _Put(node, changed).generic_visit(whole)
                yield whole

    return mutants


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def compares(old: type[ast.cmpop], new: type[ast.cmpop]) -> Operator:
    """Another comparison: `a > b` becomes `a >= b`."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], old):
            return ast.Compare(node.left, [new(), *node.ops[1:]], node.comparators)
        return None

    return everywhere(change)


def shifts(old: type[ast.cmpop], by: int) -> Operator:
    """The right side of a comparison is another number: `a > b` becomes `a > b + by`."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], old):
            right = ast.BinOp(node.comparators[0], ast.Add(), ast.Constant(by))
            return ast.Compare(node.left, node.ops, [right, *node.comparators[1:]])
        return None

    return everywhere(change)


def decides(answer: bool) -> Operator:
    """The condition of an `if`, of `a if b else c` or of a comprehension has always the same answer."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.If):
            return ast.If(ast.Constant(answer), node.body, node.orelse)
        if isinstance(node, ast.IfExp):
            return ast.IfExp(ast.Constant(answer), node.body, node.orelse)
        if isinstance(node, ast.comprehension) and node.ifs:
            return ast.comprehension(node.target, node.iter, [ast.Constant(answer)], node.is_async)
        return None

    return everywhere(change)


def decides_on(name: str, answer: bool) -> Operator:
    """As `decides`, of the conditions that ask for an attribute of this name."""
    plain = decides(answer)

    def mutants(function: ast.FunctionDef) -> Iterator[ast.FunctionDef]:
        asked = sum(map(_attributes(name), ast.walk(function)))
        return (made for made in plain(function) if sum(map(_attributes(name), ast.walk(made))) < asked)

    return mutants


def _attributes(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Attribute) and node.attr == name


def drops_operand(kind: type[ast.boolop]) -> Operator:
    """`a and b and c` without its last part."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, kind):
            return ast.BoolOp(node.op, node.values[:-1]) if len(node.values) > 2 else node.values[0]
        return None

    return everywhere(change)


def left_only(kind: type[ast.operator]) -> Operator:
    """`a - b` becomes `a`."""

    def change(node: ast.AST) -> ast.AST | None:
        return node.left if isinstance(node, ast.BinOp) and isinstance(node.op, kind) else None

    return everywhere(change)


def right_only(kind: type[ast.operator]) -> Operator:
    """`a + b` becomes `b`."""

    def change(node: ast.AST) -> ast.AST | None:
        return node.right if isinstance(node, ast.BinOp) and isinstance(node.op, kind) else None

    return everywhere(change)


def without_call(name: str) -> Operator:
    """`name(a, …)` becomes `a`, and `a.name()` too."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.Call) or _called(node) != name:
            return None
        if node.args:
            return node.args[0]
        return node.func.value if isinstance(node.func, ast.Attribute) else None

    return everywhere(change)


def without_statement(name: str) -> Operator:
    """The statement that calls something of this name is left out."""

    def change(node: ast.AST) -> ast.AST | None:
        stands = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) == name
        return ast.Pass() if stands else None

    return everywhere(change)


def calls_instead(old: str, new: str) -> Operator:
    """`old(…)` becomes `new(…)`; of an attribute, `x.old` becomes `x.new`."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Name) and node.id == old:
            return ast.Name(new, node.ctx)
        if isinstance(node, ast.Attribute) and node.attr == old:
            return ast.Attribute(node.value, new, node.ctx)
        return None

    return everywhere(change)


def without_not() -> Operator:
    """`not a` becomes `a`."""

    def change(node: ast.AST) -> ast.AST | None:
        return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else None

    return everywhere(change)


def adds_nothing() -> Operator:
    """`a += b` and `a -= b` do nothing."""

    def change(node: ast.AST) -> ast.AST | None:
        return ast.Pass() if isinstance(node, ast.AugAssign) else None

    return everywhere(change)


def constants(by: int) -> Operator:
    """Another number."""

    def change(node: ast.AST) -> ast.AST | None:
        whole = isinstance(node, ast.Constant) and type(node.value) is int
        return ast.Constant(node.value + by) if whole else None  # type: ignore[attr-defined]

    return everywhere(change)


def in_text(old: str, new: str) -> Operator:
    """Another text, as in what is asked of a solver."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and old in node.value:
            return ast.Constant(node.value.replace(old, new))
        return None

    return everywhere(change)


def whole() -> Operator:
    """`a[b:]` becomes `a`."""

    def change(node: ast.AST) -> ast.AST | None:
        return node.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) else None

    return everywhere(change)


def one_less() -> Operator:
    """`a[:b]` becomes `a[: max(0, b - 1)]`."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice) or node.slice.upper is None:
            return None
        less = ast.BinOp(node.slice.upper, ast.Sub(), ast.Constant(1))
        upper = ast.Call(ast.Name("max", ast.Load()), [ast.Constant(0), less], [])
        return ast.Subscript(node.value, ast.Slice(node.slice.lower, upper), node.ctx)

    return everywhere(change)


def first_only() -> Operator:
    """A comprehension takes the first element, not all."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.comprehension):
            return None
        elements = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        first = ast.Subscript(elements, ast.Slice(upper=ast.Constant(1)), ast.Load())
        return ast.comprehension(node.target, first, node.ifs, node.is_async)

    return everywhere(change)


def skips_first() -> Operator:
    """A loop leaves out the first element."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.For):
            return None
        elements = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        rest = ast.Subscript(elements, ast.Slice(lower=ast.Constant(1)), ast.Load())
        return ast.For(node.target, rest, node.body, node.orelse)

    return everywhere(change)


def other_way_round() -> Operator:
    """A loop goes through its elements from the other end."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.For):
            return None
        elements = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        back = ast.Subscript(elements, ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1))), ast.Load())
        return ast.For(node.target, back, node.body, node.orelse)

    return everywhere(change)


def no_elements() -> Operator:
    """A list that is made of others is empty."""

    def change(node: ast.AST) -> ast.AST | None:
        return ast.List([], ast.Load()) if isinstance(node, ast.ListComp) else None

    return everywhere(change)


def rounds_down() -> Operator:
    """`-(-a // b)` becomes `a // b`."""

    def change(node: ast.AST) -> ast.AST | None:
        if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.USub):
            return None
        inner = node.operand
        up = isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.FloorDiv)
        if not isinstance(inner, ast.BinOp) or not up or not isinstance(inner.left, ast.UnaryOp):
            return None
        return ast.BinOp(inner.left.operand, ast.FloorDiv(), inner.right)

    return everywhere(change)


def returns(change_value: Callable[[ast.expr], ast.expr]) -> Operator:
    """Another value is given back."""

    def change(node: ast.AST) -> ast.AST | None:
        return ast.Return(change_value(node.value)) if isinstance(node, ast.Return) and node.value else None

    return everywhere(change)


def returns_true() -> Operator:
    return returns(lambda _: ast.Constant(True))


def returns_one_more() -> Operator:
    return returns(lambda value: ast.BinOp(value, ast.Add(), ast.Constant(1)))


def _called(node: ast.Call) -> str:
    """The last part of the name that is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
