"""Values: frozen dataclasses with slots, quick to define.

``@dataclass(frozen=True, slots=True, kw_only=True)`` writes six methods for each class and compiles
them, which takes 0.4 ms a class and was a third of what starting a command took. Those methods say
the same of every class, and are written once, here. ``@frozen`` makes the same class in a tenth of
that, and ``@frozen(kw_only=False)`` one whose fields can be given by their places.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["frozen"]

T = TypeVar("T")

_set = object.__setattr__


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(
    cls: type[T] | None = None, /, *, kw_only: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass with slots, whose fields are given by name."""
    return _defined(cls, kw_only) if cls is not None else partial(_defined, kw_only=kw_only)


def _defined(cls: type[T], kw_only: bool) -> type[T]:
    for name, method in _METHODS.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    every = fields(made)
    made.__frozen_fields__ = tuple((one.name, one.default, one.default_factory) for one in every)
    made.__frozen_key__ = _getter([one.name for one in every if one.compare])
    result: type[T] = made
    return result


def _getter(names: list[str]) -> Any:
    """Return what takes the values of fields off an object, always as a tuple or a single one."""
    return staticmethod(attrgetter(*names) if names else tuple)


def _init(self: Any, /, *values: Any, **given: Any) -> None:
    if values:
        _add(given, values, self)
    for name, default, factory in self.__frozen_fields__:
        if name in given:
            _set(self, name, given.pop(name))
        elif factory is not MISSING:
            _set(self, name, factory())
        elif default is not MISSING:
            _set(self, name, default)
        else:
            raise TypeError(f"{type(self).__qualname__} needs {name!r}")
    if given:
        raise TypeError(f"{type(self).__qualname__} has no field {next(iter(given))!r}")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _add(given: dict[str, Any], values: tuple[Any, ...], made: Any) -> None:
    """Give values by their places the names of their fields."""
    names = made.__match_args__[: len(values)]
    if len(names) < len(values):
        raise TypeError(f"{type(made).__qualname__} takes {len(names)} values without a name")
    for name, one in zip(names, values, strict=True):
        if given.setdefault(name, one) is not one:
            raise TypeError(f"{type(made).__qualname__} was given {name!r} twice")


def _setattr(_: Any, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__frozen_key__(self) == self.__frozen_key__(other)


def _hash(self: Any) -> int:
    return hash(self.__frozen_key__(self))


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name, _, _ in self.__frozen_fields__]


def _setstate(self: Any, state: list[Any]) -> None:
    for (name, _, _), kept in zip(self.__frozen_fields__, state, strict=True):
        _set(self, name, kept)


class _Signature:
    """What ``help`` and ``inspect`` are told of a class, as they cannot see it in its methods."""

    def __get__(self, _: object, owner: Any) -> Any:
        from inspect import Parameter, Signature

        def parameter(one: Any) -> Parameter:
            default = one.default if one.default is not MISSING else one.default_factory
            shown = Parameter.empty if default is MISSING else default
            kind = Parameter.KEYWORD_ONLY if one.kw_only else Parameter.POSITIONAL_OR_KEYWORD
            return Parameter(one.name, kind, default=shown, annotation=one.type)

        return Signature([parameter(one) for one in fields(owner)])


_METHODS: dict[str, Any] = {
    "__init__": _init,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
    "__signature__": _Signature(),
}
