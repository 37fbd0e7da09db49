"""One credentials provider, and how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.errors import CredsError, MoverError
from records_mover.frozen import frozen
from records_mover.parts import Creds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Provider"]


@frozen
class Provider:
    """A plugin that answers for credentials names, by the function that implements the hook."""

    name: str
    function: Callable[..., Any]
    answer_of: Callable[[str], Any]

    @property
    def about(self) -> str:
        """What it looks at, in the words of its author."""
        return ((self.function.__doc__ or "").strip().splitlines() or [""])[0]

    def ask(self, name: str) -> Creds | None:
        """Ask for a name; ``CredsError`` where it fails, or answers with anything but Creds."""
        try:
            answer = self.answer_of(name)
        except MoverError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise what it likes
            raise CredsError(
                f"plugin {self.name!r} failed to look up {name!r}: {type(error).__name__}",
                f"set it up, or put {self.name} into MOVER_DISABLED_PLUGINS",
            ).with_traceback(error.__traceback__) from None  # its own words may hold a secret
        if answer is None or isinstance(answer, Creds):
            return answer
        raise CredsError(
            f"plugin {self.name!r} answered {name!r} with {type(answer).__name__!r}",
            "a provider answers with Creds or None; report it to the plugin's author",
        )
