"""`dataclass` for the values of this program: the standard library's, made faster.

The standard decorator compiles some six methods for each class, which took half of a short run's start-up (190
classes, 0.14 s). Here a class compiles its `__init__` only; comparison, hash, text and immutability are shared. What
it makes is a dataclass in every respect (`replace`, `fields`, matching, pickling). Python 3.13 made the standard
decorator faster as well; once that is the oldest version supported, this module can go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, order: bool = False, eq: bool = True
    ) -> Any:
        """As `dataclasses.dataclass`, with the options that this program uses."""

        def made(chosen: type) -> type:
            return _made(chosen, frozen=frozen, slots=slots, order=order, eq=eq)

        return made if cls is None else made(cls)


def _made(cls: type, *, frozen: bool, slots: bool, order: bool, eq: bool) -> type:
    if not (frozen and eq):
        return dataclasses.dataclass(slots=slots, order=order, eq=eq)(cls)
    own = cls.__dict__
    given = {name: own[name] for name in ("__init__", "__repr__", "__eq__", "__hash__") if name in own}
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the standard library works out a signature
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    fields = dataclasses.fields(made)
    methods: dict[str, Any] = {
        "__init__": _initializer(made, fields),
        "__repr__": _repr,
        **_comparing(fields, order),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    for name, method in (methods | given).items():
        setattr(made, name, method)
    return made  # type: ignore[no-any-return]


_FIXED = object.__setattr__


def _initializer(cls: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    """Compiles `__init__`: parameters in the order of the fields, defaults and factories as declared."""
    names: dict[str, Any] = {"set_": _FIXED, "missing": dataclasses.MISSING}
    parameters, body = [], []
    for field in fields:
        if not field.init:
            parameter, value = None, f"factory_{field.name}()"
        elif field.default is not dataclasses.MISSING:
            names[f"default_{field.name}"] = field.default
            parameter, value = f"{field.name}=default_{field.name}", field.name
        elif field.default_factory is not dataclasses.MISSING:
            parameter = f"{field.name}=missing"
            value = f"factory_{field.name}() if {field.name} is missing else {field.name}"
        else:
            parameter, value = field.name, field.name
        if field.default_factory is not dataclasses.MISSING:
            names[f"factory_{field.name}"] = field.default_factory
        if parameter:
            parameters.append(parameter)
        body.append(f" set_(self, {field.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    text = f"def __init__({', '.join(['self', *parameters])}):\n" + ("\n".join(body) or " pass")
    made: dict[str, Any] = {}
    exec(text, names, made)
    return made["__init__"]  # type: ignore[no-any-return]


def _comparing(fields: tuple[dataclasses.Field[Any], ...], order: bool) -> dict[str, Any]:
    """Equality, hash and order over the fields that compare."""
    key = _key([field.name for field in fields if field.compare])

    def equal(self: Any, other: Any) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(key(self))

    found: dict[str, Any] = {"__eq__": equal, "__hash__": hashed}
    if order:
        found["__lt__"] = lambda self, other: key(self) < key(other) if _same(self, other) else NotImplemented
        found["__le__"] = lambda self, other: key(self) <= key(other) if _same(self, other) else NotImplemented
        found["__gt__"] = lambda self, other: key(self) > key(other) if _same(self, other) else NotImplemented
        found["__ge__"] = lambda self, other: key(self) >= key(other) if _same(self, other) else NotImplemented
    return found


def _same(one: object, other: object) -> bool:
    return one.__class__ is other.__class__


def _key(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        _FIXED(self, field.name, value)
