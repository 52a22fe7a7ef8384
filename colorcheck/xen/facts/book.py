"""The facts of a deployment under one release, and a record of those that were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from colorcheck.loader.facts import Fact, OpenFact

T = TypeVar("T")


class FactKey(Struct, Generic[T], frozen=True, dict=True):
    """The name of a fact whose values have type T. `about` completes the words "depends on …"."""

    name: str
    about: str


Chosen: TypeAlias = Mapping[str, object]
"""The values that a world gives to open facts, by the facts' names; each is of the type of its `FactKey`."""


class FactBook:
    """All facts of a deployment under one release.

    Reading one adds its name to all active records. An open fact has the value chosen by the current world. Without
    choices, it has None: the model then omits the part that depends on it.
    """

    def __init__(
        self,
        known: Mapping[str, Fact],
        unknown: Mapping[str, OpenFact] | None = None,
        chosen: Chosen | None = None,
        met: dict[str, OpenFact] | None = None,
    ) -> None:
        self.known = dict(known)
        self.unknown = dict(unknown or {})
        self.chosen = dict(chosen or {})
        self.met: dict[str, OpenFact] = {} if met is None else met
        """Open facts that the model met, in any world of these facts."""
        self._records: list[set[str]] = []

    def read(self, key: FactKey[T]) -> T:
        """The value in this world. Raises KeyError for a fact that is not in the book, which is a bug."""
        for record in self._records:
            record.add(key.name)
        if key.name in self.unknown:
            return self.chosen.get(key.name)  # type: ignore[return-value]
        return self.known[key.name].value  # type: ignore[return-value]

    def decided(self, fact: OpenFact) -> object:
        """The value in this world of a finite fact that the model meets; its first value without a choice."""
        for record in self._records:
            record.add(fact.what)
        self.met.setdefault(fact.what, fact)
        values = fact.values if isinstance(fact.values, tuple) else (None,)
        return self.chosen.get(fact.what, values[0])

    def fact(self, key: FactKey[T]) -> Fact | OpenFact:
        """The fact itself, for descriptions; the read is not recorded."""
        return self.unknown.get(key.name) or self.known[key.name]

    def is_open(self, key: FactKey[T]) -> bool:
        return key.name in self.unknown

    def about(self, name: str) -> None:
        """Record a dependency on this fact, whose value the model does not use."""
        for record in self._records:
            record.add(name)

    @contextmanager
    def recorded(self) -> Iterator[set[str]]:
        """Collects the names of the facts that are read in the context."""
        record: set[str] = set()
        self._records.append(record)
        try:
            yield record
        finally:
            self._records = [each for each in self._records if each is not record]

    @property
    def first(self) -> Chosen:
        """The first value of every finite fact that is open."""
        listed = ((name, fact.values) for name, fact in self.unknown.items())
        return {name: values[0] for name, values in listed if isinstance(values, tuple) and values}

    def in_world(self, chosen: Chosen) -> FactBook:
        """The same facts in another world. Raises ValueError for facts that are not open."""
        wrong = set(chosen) - set(self.unknown) - set(self.met)
        if wrong:
            raise ValueError(f"not open: {', '.join(sorted(wrong))}")
        return FactBook(self.known, self.unknown, {**self.chosen, **chosen}, self.met)

    def opened(self, fact: OpenFact) -> FactBook:
        """The same facts with one more open fact, which replaces a known one."""
        known = {name: each for name, each in self.known.items() if name != fact.what}
        return FactBook(known, {**self.unknown, fact.what: fact}, self.chosen, self.met)
