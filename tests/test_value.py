"""The fast dataclass is held against the standard library's."""

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.value import dataclass as fast


@fast(frozen=True, slots=True, order=True)
class Point:
    """A value with all that this program's values have."""

    x: int
    names: tuple[str, ...] = ()
    more: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    hidden: int = dataclasses.field(default=3, repr=False)

    def __post_init__(self):
        if self.x < -50:
            raise ValueError("too small")

    @property
    def double(self):
        return 2 * self.x


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Standard:
    x: int
    names: tuple[str, ...] = ()
    more: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    hidden: int = dataclasses.field(default=3, repr=False)


@fast(frozen=True, slots=True)
class Below(Point):
    y: int = 7


@fast(frozen=True, slots=True)
class Empty:
    pass


arguments = st.tuples(st.integers(-50, 50), st.lists(st.sampled_from("ab")).map(tuple), st.integers(0, 2))


def both(found):
    x, names, hidden = found
    return Point(x, names, {"k": 1}, hidden), Standard(x, names, {"k": 1}, hidden)


@given(arguments, arguments)
def test_comparison_hash_and_text_are_the_standard_ones(first, second):
    (a, a_), (b, b_) = both(first), both(second)
    assert (a == b) == (a_ == b_)
    assert (hash(a) == hash(b)) == (hash(a_) == hash(b_))
    assert (a < b, a <= b, a > b, a >= b) == (a_ < b_, a_ <= b_, a_ > b_, a_ >= b_)
    assert repr(a) == repr(a_).replace("Standard", "Point")


@given(arguments)
def test_replace_fields_copies_and_pickles(found):
    value, standard = both(found)
    assert dataclasses.replace(value, x=1).x == 1
    assert dataclasses.asdict(value) == dataclasses.asdict(standard)
    assert [f.name for f in dataclasses.fields(value)] == [f.name for f in dataclasses.fields(standard)]
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again == value
        assert again.more == value.more


def test_it_is_frozen_and_slotted():
    value = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.x
    with pytest.raises(AttributeError):
        object.__setattr__(value, "other", 1)
    assert not hasattr(value, "__dict__")


def test_arguments_are_checked():
    with pytest.raises(TypeError):
        Point()
    with pytest.raises(TypeError):
        Point(1, wrong=2)
    with pytest.raises(ValueError, match="too small"):
        Point(-51)
    assert Point(1).more is not Point(1).more


def test_inheritance_and_matching():
    assert Below(1).y == 7
    assert Below(1) != Point(1)
    assert Below(1, y=8).double == 2
    match Point(4, ("a",)):
        case Point(x, names):
            assert (x, names) == (4, ("a",))
    assert Empty() == Empty()
    assert repr(Empty()) == "Empty()"
    assert Point(1) != Standard(1)
