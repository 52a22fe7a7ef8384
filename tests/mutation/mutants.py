"""Mutants: a function of colorcheck made wrong in place, for as long as a `with` block lasts.

The syntax tree of its module is changed and compiled beside the real one; the code of the function is then put into the
real function, so that every part of the program that has it at hand runs the mutant.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from colorcheck.proof.solver import forget
from tests.mutation.operators import Operator


@dataclass(frozen=True)
class Mutant:
    """A function, by module and name, and what is done to it; `why` names the defect.

    The operator may find several places. `alive` says how many of them may go unnoticed, because the program does the
    same there or the oracle does not reach them; at least one is caught.
    """

    why: str
    module: str
    function: str
    operator: Operator
    alive: int = 0


def made(mutant: Mutant) -> list[types.CodeType]:
    """The function with each of its places changed. Fails where there is none, so that no mutant is lost unnoticed."""
    module = importlib.import_module(mutant.module)
    source = inspect.getsource(module)
    function = _defined(ast.parse(source), mutant.function)
    real = dict(_codes(compile(source, module.__file__ or "", "exec")))[mutant.function]
    found = []
    for changed in mutant.operator(function):
        tree = ast.parse(source)
        _replace(tree, mutant.function, changed)
        code = dict(_codes(compile(ast.fix_missing_locations(tree), module.__file__ or "", "exec")))[mutant.function]
        if code.co_freevars == real.co_freevars and code != real:
            found.append(code)
    assert found, f"{mutant.why}: nothing of this kind in {mutant.function}"
    return found


@contextmanager
def planted(mutant: Mutant, code: types.CodeType) -> Iterator[None]:
    """The program with this code in the function."""
    module = importlib.import_module(mutant.module)
    function = dict(_functions(module))[mutant.function]
    before = function.__code__
    forget()  # answers of the real program would hide a mutant, and those of a mutant would outlive it
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before
        forget()


def _body(tree: ast.AST, name: str) -> tuple[list[ast.stmt], int]:
    """The list of statements that a function stands in, and where in it."""
    *classes, last = name.split(".")
    body: list[ast.stmt] = tree.body  # type: ignore[attr-defined]
    for each in classes:
        body = next(s.body for s in body if isinstance(s, ast.ClassDef) and s.name == each)
    return body, next(at for at, s in enumerate(body) if isinstance(s, ast.FunctionDef) and s.name == last)


def _defined(tree: ast.Module, name: str) -> ast.FunctionDef:
    body, at = _body(tree, name)
    function = body[at]
    assert isinstance(function, ast.FunctionDef)
    return function


def _replace(tree: ast.Module, name: str, function: ast.FunctionDef) -> None:
    body, at = _body(tree, name)
    body[at] = function


def _codes(code: types.CodeType) -> Iterator[tuple[str, types.CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if "<locals>" not in constant.co_qualname:
                yield constant.co_qualname, constant
            yield from _codes(constant)


def _functions(module: types.ModuleType) -> Iterator[tuple[str, types.FunctionType]]:
    for thing in vars(module).values():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        members = vars(thing).values() if isinstance(thing, type) else [thing]
        for member in members:
            plain = _plain(member)
            function = inspect.unwrap(plain) if callable(plain) else plain
            if isinstance(function, types.FunctionType):
                yield function.__qualname__, function


def _plain(member: object) -> object:
    """The function inside a property, a class method or a static method."""
    for attribute in ("fget", "__func__", "func"):
        inner = getattr(member, attribute, None)
        if inner is not None:
            return inner
    return member
