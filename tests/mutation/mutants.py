"""Mutants: a line of colorcheck made wrong in place, for as long as a `with` block lasts.

The source of a module is changed and compiled beside the real one; the code of its functions is then put into the
real functions, so that every part of the program that has them at hand runs the mutant.
"""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from colorcheck.proof.solver import forget


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in the source of the module and becomes `new`; `why` names the defect."""

    why: str
    module: str
    old: str
    new: str


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The program with the mutant in it. Fails where the source has changed, so that no mutant is lost unnoticed."""
    module = importlib.import_module(mutant.module)
    source = inspect.getsource(module)
    assert source.count(mutant.old) == 1, f"{mutant.why}: {source.count(mutant.old)} places for {mutant.old!r}"
    changed = dict(_codes(compile(source.replace(mutant.old, mutant.new), module.__file__ or "", "exec")))
    swapped = []
    for name, function in _functions(module):
        code = changed.get(name)
        if code is not None and code.co_code + repr(code.co_consts).encode() + repr(code.co_names).encode() != (
            function.__code__.co_code
            + repr(function.__code__.co_consts).encode()
            + repr(function.__code__.co_names).encode()
        ):
            swapped.append((function, function.__code__))
            function.__code__ = code
    assert swapped, f"{mutant.why}: no function changed"
    forget()  # answers of the real program would hide a mutant, and those of a mutant would outlive it
    try:
        yield
    finally:
        forget()
        for function, code in swapped:
            function.__code__ = code


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
