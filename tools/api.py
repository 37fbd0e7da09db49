"""Tells the API pages what griffe cannot see: our values are dataclasses, a lazyprop a property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from griffe import (
    Attribute,
    Class,
    Decorator,
    Docstring,
    ExprAttribute,
    ExprCall,
    ExprKeyword,
    ExprName,
    Extension,
    Function,
    Module,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FROZEN = "records_mover.frozen.frozen"
LAZY = "records_mover.utils.lazyprop"


class Ours(Extension):
    """Runs before griffe's own look at dataclasses."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """Mend the classes of a package when all of it is read."""
        for module in _modules(pkg):
            if module.docstring is not None:  # what is indented is code in Markdown without a mark
                module.docstring.value = module.docstring.value.replace("\n\n::\n\n", "\n\n")
        for found in _classes(pkg):
            for decorator in found.decorators:
                if _path(decorator) == FROZEN:
                    decorator.value = _dataclass(decorator)
            for member in list(found.members.values()):
                if isinstance(member, Function) and LAZY in map(_path, member.decorators):
                    found.set_member(member.name, _property(member))


def _modules(within: Module) -> Iterator[Module]:
    yield within
    for member in within.members.values():
        if isinstance(member, Module):
            yield from _modules(member)


def _classes(within: Module | Class) -> Iterator[Class]:
    for member in within.members.values():
        if isinstance(member, Class):
            yield member
        if isinstance(member, Class | Module):
            yield from _classes(member)


def _path(decorator: Decorator) -> str:
    value = decorator.value
    return value if isinstance(value, str) else value.canonical_path


def _dataclass(decorator: Decorator) -> ExprCall:
    """Return ``@dataclasses.dataclass(kw_only=...)`` instead of ``@frozen`` or ``@frozen(...)``."""
    given = list(decorator.value.arguments) if isinstance(decorator.value, ExprCall) else []
    named = ExprAttribute([ExprName("dataclasses")])
    named.append(ExprName("dataclass"))
    return ExprCall(named, given or [ExprKeyword("kw_only", "True")])


def _property(method: Function) -> Attribute:
    made = Attribute(method.name, annotation=method.returns, parent=method.parent)
    made.labels.add("property")
    if method.docstring is not None:
        made.docstring = Docstring(method.docstring.value, parent=made)
    return made
