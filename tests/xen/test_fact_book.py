"""Facts as the model reads them: what is recorded, what a world chooses, and what the model met in any world."""

from __future__ import annotations

import pytest

from colorcheck.core.source import Location
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.xen.facts.book import FactBook, FactKey

PLACE = Location("-")
KNOWN, OPEN = FactKey[int]("known", "k"), FactKey[int]("open", "o")


def open_fact(name: str, *values: object) -> OpenFact:
    return OpenFact(name, "why", (), PLACE, values)


def book() -> FactBook:
    return FactBook({"known": Fact("known", 7, Origin.GIVEN, PLACE)}, {"open": open_fact("open", 1, 2)})


def test_an_open_fact_has_the_value_of_the_world() -> None:
    facts = book()
    assert facts.read(KNOWN) == 7
    assert facts.read(OPEN) is None
    assert facts.first == {"open": 1}
    assert facts.in_world({"open": 2}).read(OPEN) == 2
    assert facts.in_world({"open": 2}).in_world({}).read(OPEN) == 2


def test_what_is_not_open_cannot_be_chosen() -> None:
    for name in ("known", "other"):
        with pytest.raises(ValueError, match=f"not open: {name}"):
            book().in_world({name: 1})


def test_what_is_met_in_one_world_is_open_in_all() -> None:
    facts = book()
    world = facts.in_world({"open": 1})
    assert world.decided(open_fact("met", True, False)) is True
    assert set(facts.met) == {"met"}
    assert facts.in_world({"open": 2, "met": False}).decided(open_fact("met", True, False)) is False
    assert set(facts.opened(open_fact("more", 1)).met) == {"met"}


def test_an_opened_fact_is_no_longer_known() -> None:
    facts = book().opened(open_fact("known", 3))
    assert facts.is_open(KNOWN)
    assert facts.is_open(OPEN)
    assert facts.fact(KNOWN) == open_fact("known", 3)
    assert facts.in_world({"known": 3}).read(KNOWN) == 3


def test_reads_are_recorded_by_all_that_listen() -> None:
    facts = book()
    with facts.recorded() as outer:
        facts.read(KNOWN)
        with facts.recorded() as inner:
            facts.read(OPEN)
            facts.about("text")
            facts.decided(open_fact("met", True))
        facts.fact(OPEN)
        facts.about("later")
    facts.about("after")
    assert inner == {"open", "text", "met"}
    assert outer == {"known", "open", "text", "met", "later"}
