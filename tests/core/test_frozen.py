"""Values behave as the dataclasses that they stand for, and cannot be changed."""

from __future__ import annotations

import copy
import inspect
import pickle
import time
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from records_mover.frozen import frozen


@frozen
class Named:
    """By name."""

    name: str
    size: int = 1
    tags: list[str] = field(default_factory=list)
    secret: str = field(default="s", repr=False, compare=False)


@frozen(kw_only=False)
class Placed:
    """By place."""

    name: str
    size: int = 1

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a value is compared with."""

    name: str
    size: int = 1


def test_a_value_has_its_fields_and_their_defaults() -> None:
    made = Named(name="a")
    assert (made.name, made.size, made.tags, made.secret) == ("a", 1, [], "s")
    assert made.tags is not Named(name="a").tags
    assert is_dataclass(made)
    assert [one.name for one in fields(made)] == ["name", "size", "tags", "secret"]
    assert not hasattr(made, "__dict__")


def test_a_value_says_what_it_is() -> None:
    assert repr(Named(name="a")) == "Named(name='a', size=1, tags=[])"
    assert repr(Placed("a")) == repr(Standard(name="a")).replace("Standard", "Placed")


def test_values_are_equal_by_what_is_compared_and_of_one_class() -> None:
    assert Named(name="a", secret="x") == Named(name="a", secret="y")
    assert Named(name="a") != Named(name="b")
    other: object = Standard(name="a")
    assert Placed("a") != other
    assert len({Placed("a"), Placed("a", 1), Placed("b")}) == 2


def test_a_value_cannot_be_changed() -> None:
    made: Any = Placed("a")
    with pytest.raises(FrozenInstanceError, match="'name'"):
        made.name = "b"
    with pytest.raises(FrozenInstanceError, match="'name'"):
        del made.name
    with pytest.raises(FrozenInstanceError):
        made.other = 1


def test_another_value_is_made_of_one() -> None:
    assert replace(Named(name="a", tags=["x"]), size=2) == Named(name="a", size=2, tags=["x"])
    with pytest.raises(ValueError, match="-1"):
        replace(Placed("a"), size=-1)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_a_copy_is_equal(again: Any) -> None:
    made = Named(name="a", tags=["x"], secret="y")
    assert again(made) == made
    assert again(made).secret == "y"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Named, "needs 'name'"),
        (lambda: Named(name="a", colour="red"), "no field 'colour'"),  # type: ignore[call-arg]
        (lambda: Named("a"), "takes 0 values without a name"),  # type: ignore[call-arg]
        (lambda: Placed("a", 1, 2), "takes 2 values without a name"),  # type: ignore[call-arg]
        (lambda: Placed("a", name="b"), "given 'name' twice"),  # type: ignore[misc]
    ],
)
def test_what_does_not_fit_is_refused(make: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        make()


def test_help_shows_the_fields() -> None:
    assert str(inspect.signature(Standard)).removesuffix(" -> None") == (
        "(*, name: 'str', size: 'int' = 1)"
    )
    assert str(inspect.signature(Placed)) == "(name: 'str', size: 'int' = 1)"
    assert str(inspect.signature(Named)).startswith("(*, name: 'str', size: 'int' = 1, tags:")


def _seconds(decorate: Any) -> float:
    def define() -> float:
        made = type("Made", (), {"__annotations__": dict.fromkeys("abcd", "int"), "__doc__": "x"})
        started = time.process_time()
        decorate(made)
        return time.process_time() - started

    return min(define() for _ in range(20))


def test_a_value_is_defined_in_a_third_of_the_time() -> None:
    """A tenth, where nothing else runs."""
    assert _seconds(frozen) < _seconds(dataclass(frozen=True, slots=True, kw_only=True)) / 3
