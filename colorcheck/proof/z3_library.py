"""Z3's C API (`z3_api.h` of Z3 4.13 and later), as far as proofs need it; the library is that of the package z3-solver.

The package's own Python module is not imported: it looks for the library in the current folder first, which may be an
untrusted checkout, and importing it takes six times as long as loading the library. Terms and solvers belong to the
thread of their context.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from ctypes import CFUNCTYPE, POINTER, c_bool, c_char_p, c_int, c_uint, c_void_p
from enum import Enum
from functools import cache
from importlib.util import find_spec
from typing import Any

from colorcheck.core.pattern import pattern

MEMORY_EXHAUSTED = 7  # Z3_MEMOUT_FAIL

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "Z3_ast_to_string": (c_char_p, (c_void_p, c_void_p)),
    "Z3_ast_vector_dec_ref": (None, (c_void_p, c_void_p)),
    "Z3_ast_vector_get": (c_void_p, (c_void_p, c_void_p, c_uint)),
    "Z3_ast_vector_inc_ref": (None, (c_void_p, c_void_p)),
    "Z3_ast_vector_size": (c_uint, (c_void_p, c_void_p)),
    "Z3_dec_ref": (None, (c_void_p, c_void_p)),
    "Z3_get_app_decl": (c_void_p, (c_void_p, c_void_p)),
    "Z3_get_bool_value": (c_int, (c_void_p, c_void_p)),
    "Z3_get_decl_name": (c_void_p, (c_void_p, c_void_p)),
    "Z3_get_numeral_string": (c_char_p, (c_void_p, c_void_p)),
    "Z3_get_sort": (c_void_p, (c_void_p, c_void_p)),
    "Z3_get_sort_kind": (c_uint, (c_void_p, c_void_p)),
    "Z3_get_symbol_string": (c_char_p, (c_void_p, c_void_p)),
    "Z3_inc_ref": (None, (c_void_p, c_void_p)),
    "Z3_is_numeral_ast": (c_bool, (c_void_p, c_void_p)),
    "Z3_mk_bool_sort": (c_void_p, (c_void_p,)),
    "Z3_mk_const": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "Z3_mk_not": (c_void_p, (c_void_p, c_void_p)),
    "Z3_mk_params": (c_void_p, (c_void_p,)),
    "Z3_mk_simple_solver": (c_void_p, (c_void_p,)),
    "Z3_mk_string_symbol": (c_void_p, (c_void_p, c_char_p)),
    "Z3_model_dec_ref": (None, (c_void_p, c_void_p)),
    "Z3_model_get_const_decl": (c_void_p, (c_void_p, c_void_p, c_uint)),
    "Z3_model_get_const_interp": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "Z3_model_get_num_consts": (c_uint, (c_void_p, c_void_p)),
    "Z3_model_inc_ref": (None, (c_void_p, c_void_p)),
    "Z3_params_dec_ref": (None, (c_void_p, c_void_p)),
    "Z3_params_inc_ref": (None, (c_void_p, c_void_p)),
    "Z3_params_set_bool": (None, (c_void_p, c_void_p, c_void_p, c_bool)),
    "Z3_params_set_uint": (None, (c_void_p, c_void_p, c_void_p, c_uint)),
    "Z3_parse_smtlib2_string": (
        c_void_p,
        (c_void_p, c_char_p, c_uint, c_void_p, c_void_p, c_uint, c_void_p, c_void_p),
    ),
    "Z3_solver_assert": (None, (c_void_p, c_void_p, c_void_p)),
    "Z3_solver_check_assumptions": (c_int, (c_void_p, c_void_p, c_uint, POINTER(c_void_p))),
    "Z3_solver_dec_ref": (None, (c_void_p, c_void_p)),
    "Z3_solver_get_model": (c_void_p, (c_void_p, c_void_p)),
    "Z3_solver_get_reason_unknown": (c_char_p, (c_void_p, c_void_p)),
    "Z3_solver_get_unsat_core": (c_void_p, (c_void_p, c_void_p)),
    "Z3_solver_inc_ref": (None, (c_void_p, c_void_p)),
    "Z3_solver_set_params": (None, (c_void_p, c_void_p, c_void_p)),
}
# These take or give a context themselves, so that no error is asked for after them.
_PLAIN: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "Z3_del_config": (None, (c_void_p,)),
    "Z3_del_context": (None, (c_void_p,)),
    "Z3_get_error_code": (c_uint, (c_void_p,)),
    "Z3_get_error_msg": (c_char_p, (c_void_p, c_uint)),
    "Z3_get_version": (None, (POINTER(c_uint),) * 4),
    "Z3_global_param_set": (None, (c_char_p, c_char_p)),
    "Z3_mk_config": (c_void_p, ()),
    "Z3_mk_context_rc": (c_void_p, (c_void_p,)),
    "Z3_set_error_handler": (None, (c_void_p, c_void_p)),
}
_INTEGERS = (2, 4)  # Z3_INT_SORT, Z3_BV_SORT
_VERSION = pattern(r"(?m)^_sover = '([0-9.]+)'")  # of the library, in z3core.py from 4.15
_OLDEST = (4, 13)
_MOST_MILLISECONDS = 2**32 - 2


class Z3Error(Exception):
    """Z3 refused a call; `code` is a `Z3_error_code`."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Check(Enum):
    """Z3's answer to a check: `Z3_lbool`."""

    UNSATISFIABLE = -1
    UNKNOWN = 0
    SATISFIABLE = 1


# Errors are asked for after each call instead. Without a handler, Z3 ends the process.
_ON_ERROR = CFUNCTYPE(None, c_void_p, c_uint)(lambda _context, _code: None)


@cache
def library() -> ctypes.CDLL:
    """The library of the package z3-solver, otherwise that of the system. Raises OSError if there is none.

    It is the file that the package's own module loads: two copies of Z3 in one process damage each other's memory.
    """
    found = ctypes.CDLL(next(_files(), None) or _of_system())
    for name, (result, arguments) in (_FUNCTIONS | _PLAIN).items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    version = [c_uint() for _ in range(4)]
    found.Z3_get_version(*version)
    numbers = tuple(number.value for number in version[:2])
    if numbers < _OLDEST:
        named = ".".join(map(str, numbers))
        raise OSError(f"Z3 {named} ({found._name}) is too old: `pip install 'z3-solver>=4.13'`")
    return found


def _files() -> Iterator[str]:
    spec = find_spec("z3")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        for name in _names(package):
            places = (f"{folder}/{name}" for folder in (package, f"{package}/lib", f"{sys.prefix}/lib"))
            yield from filter(os.path.isfile, places)


def _names(package: str) -> Iterator[str]:
    """The names of the library, in the order in which the package's own module tries them."""
    try:
        with open(f"{package}/z3core.py", encoding="utf-8") as module:
            version = _VERSION.search(module.read(4096))
    except (OSError, UnicodeDecodeError):
        version = None
    if version and sys.platform.startswith("linux"):
        yield f"libz3.so.{version[1]}"
    yield "libz3.dylib" if sys.platform == "darwin" else "libz3.so"


def _of_system() -> str:
    from ctypes.util import find_library

    found = find_library("z3")
    if found is None:
        raise OSError("the library of Z3 is not installed: `pip install z3-solver`")
    return found


def limit_memory(megabytes: int) -> None:
    """Limit the memory of all contexts of the process; Z3 gives up where it needs more."""
    library().Z3_global_param_set(b"memory_max_size", str(megabytes).encode())


class Z3Context:
    """A world of terms of its own."""

    def __init__(self) -> None:
        self._library = library()
        config = self._library.Z3_mk_config()
        self._pointer = self._library.Z3_mk_context_rc(config) if config else None
        if not self._pointer:
            raise Z3Error("out of memory", MEMORY_EXHAUSTED)
        self._library.Z3_del_config(config)
        self._library.Z3_set_error_handler(self._pointer, _ON_ERROR)

    def __del__(self) -> None:
        pointer, self._pointer = getattr(self, "_pointer", None), None
        if pointer:
            self._library.Z3_del_context(pointer)

    def call(self, name: str, *arguments: object) -> Any:
        """What a function of the API returns. Raises Z3Error."""
        result = getattr(self._library, name)(self._pointer, *arguments)
        code = self._library.Z3_get_error_code(self._pointer)
        if code:
            message = self._library.Z3_get_error_msg(self._pointer, code)
            raise Z3Error((message or b"unknown error").decode("utf-8", "replace"), code)
        return result

    def release(self, name: str, pointer: int) -> None:
        """Give up a reference. That cannot fail, so no error is asked for: one of an earlier call would still be there.

        In a circle of garbage, Python may end the context before its terms.
        """
        if self._pointer:
            getattr(self._library, name)(self._pointer, pointer)

    def parse(self, script: str) -> list[Z3Term]:
        """The assertions of a script in SMT-LIB 2. Raises Z3Error if something is wrong with it."""
        if "\0" in script:  # the end for C
            raise Z3Error("a zero byte in a script", 0)
        vector = self.call("Z3_parse_smtlib2_string", script.encode(), 0, None, None, 0, None, None)
        return self.terms(vector)

    def terms(self, vector: int) -> list[Z3Term]:
        """The terms of a vector without references."""
        self.call("Z3_ast_vector_inc_ref", vector)
        try:
            size = self.call("Z3_ast_vector_size", vector)
            return [Z3Term(self, self.call("Z3_ast_vector_get", vector, number)) for number in range(size)]
        finally:
            self.release("Z3_ast_vector_dec_ref", vector)

    def boolean(self, name: str) -> Z3Term:
        """The Boolean constant of this name."""
        symbol = self.call("Z3_mk_string_symbol", name.encode())
        return Z3Term(self, self.call("Z3_mk_const", symbol, self.call("Z3_mk_bool_sort")))

    def name(self, declaration: int) -> str:
        """The name of a declaration."""
        symbol = self.call("Z3_get_decl_name", declaration)
        return str(self.call("Z3_get_symbol_string", symbol).decode())


class Z3Term:
    """A term; as long as this object lives, so does the term."""

    __slots__ = ("context", "pointer")

    def __init__(self, context: Z3Context, pointer: int) -> None:
        self.context = context
        self.pointer = pointer
        context.call("Z3_inc_ref", pointer)

    def __del__(self) -> None:
        self.context.release("Z3_dec_ref", self.pointer)

    @property
    def name(self) -> str:
        """The name of a constant."""
        return self.context.name(self.context.call("Z3_get_app_decl", self.pointer))

    def negated(self) -> Z3Term:
        return Z3Term(self.context, self.context.call("Z3_mk_not", self.pointer))


class Z3Solver:
    """A solver without tactics (`Z3_mk_simple_solver`)."""

    def __init__(self, context: Z3Context) -> None:
        self.context = context
        self._pointer = context.call("Z3_mk_simple_solver")
        context.call("Z3_solver_inc_ref", self._pointer)

    def __del__(self) -> None:
        self.context.release("Z3_solver_dec_ref", self._pointer)

    def set(self, **parameters: bool | int) -> None:
        """Set parameters of Z3, such as `timeout` in milliseconds."""
        given = self.context.call("Z3_mk_params")
        self.context.call("Z3_params_inc_ref", given)
        try:
            for name, value in parameters.items():
                symbol = self.context.call("Z3_mk_string_symbol", name.encode())
                kind = "bool" if isinstance(value, bool) else "uint"
                self.context.call(f"Z3_params_set_{kind}", given, symbol, value)
            self.context.call("Z3_solver_set_params", self._pointer, given)
        finally:
            self.context.release("Z3_params_dec_ref", given)

    def add(self, terms: Iterable[Z3Term]) -> None:
        """Assert terms."""
        for term in terms:
            self.context.call("Z3_solver_assert", self._pointer, term.pointer)

    def check(self, assumed: Sequence[Z3Term], milliseconds: int | None = None) -> Check:
        """Whether what was asserted can hold where these constants are true. For a time limit, Z3 wakes a thread, which
        takes as long as an easy check.
        """
        if milliseconds is not None:
            self.set(timeout=min(milliseconds, _MOST_MILLISECONDS))
        pointers = (c_void_p * len(assumed))(*(term.pointer for term in assumed))
        return Check(self.context.call("Z3_solver_check_assumptions", self._pointer, len(assumed), pointers))

    def core(self) -> list[Z3Term]:
        """The assumed constants that the last answer, UNSATISFIABLE, used."""
        return self.context.terms(self.context.call("Z3_solver_get_unsat_core", self._pointer))

    def reason(self) -> str:
        """Why the last answer was UNKNOWN."""
        return str(self.context.call("Z3_solver_get_reason_unknown", self._pointer).decode("utf-8", "replace"))

    def values(self) -> dict[str, int | bool | str]:
        """The constants of a model after SATISFIABLE: integers, bit vectors and Booleans as such, others as Z3 writes
        them. Those that may have any value can be absent.
        """
        call = self.context.call
        model = call("Z3_solver_get_model", self._pointer)
        call("Z3_model_inc_ref", model)
        try:
            found: dict[str, int | bool | str] = {}
            for number in range(call("Z3_model_get_num_consts", model)):
                declaration = call("Z3_model_get_const_decl", model, number)
                value = call("Z3_model_get_const_interp", model, declaration)
                if value:
                    found[self.context.name(declaration)] = self._plain(value)
            return found
        finally:
            self.context.release("Z3_model_dec_ref", model)

    def _plain(self, value: int) -> int | bool | str:
        call = self.context.call
        if call("Z3_get_sort_kind", call("Z3_get_sort", value)) in _INTEGERS and call("Z3_is_numeral_ast", value):
            return int(call("Z3_get_numeral_string", value))
        truth = call("Z3_get_bool_value", value)
        return truth > 0 if truth else str(call("Z3_ast_to_string", value).decode("utf-8", "replace"))
