"""A task that moves rows from one place to another."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from records_mover.airflow.sessions import airflow_session
from records_mover.known_plugins import hook_arguments
from records_mover.meter import Cancellation
from records_mover.records.options import MoveKeywords
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from records_mover.records.ends.ends_of import SourceLike, TargetLike
    from records_mover.records.progress import Progress

__all__ = ["MoveOperator"]


def _by_name(init: Callable[..., None]) -> Callable[..., None]:
    """Tell Airflow every argument: ``default_args``, ``partial`` and ``expand`` ask for them."""
    told = signature(init)
    *known, others = told.parameters.values()
    names = [*MoveKeywords.__annotations__, *hook_arguments()]
    more = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in names]
    wrapped: Any = init
    wrapped.__signature__ = told.replace(parameters=[*known, *more, others])
    return init


class MoveOperator(BaseOperator):  # type: ignore[misc]  # Airflow is untyped here
    """Moves every row from ``source`` to ``target``, or none.

    Both are what ``move`` takes; in ``warehouse::public.trips`` the first word is the id of a
    connection of Airflow. The options of ``move`` may be given by name, as ``if_exists="replace"``,
    in ``default_args``, ``partial`` and ``expand`` too. ``scratch_url`` is where rows may be
    staged. All of these are templates.

    The result goes to XCom as ``mvrec move --json`` prints it: ``rows``, ``bytes``, ``seconds``,
    ``route``, ``output_urls`` and the rest. A task that is killed leaves the target as it was.
    """

    template_fields: Sequence[str] = ("source", "target", "scratch_url", "options")
    template_fields_renderers: ClassVar[dict[str, str]] = {"options": "json"}
    ui_color = "#dcefe2"
    _cancellation: Cancellation | None = None  # of the run: Airflow copies what is defined

    @_by_name
    def __init__(
        self,
        *,
        source: SourceLike,
        target: TargetLike,
        scratch_url: str | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        given = _taken(kwargs, MoveKeywords.__annotations__)
        self._stores = _taken(kwargs, hook_arguments())
        super().__init__(**kwargs)
        self.source = source
        self.target = target
        self.scratch_url = scratch_url
        # As it is where nothing goes over it: what another task returned is not there yet.
        self.options = {**(options or {}), **given} if given or options is None else options

    def execute(self, context: Any) -> dict[str, object]:
        """Move, and return the result for XCom."""
        del context
        self._cancellation = Cancellation()
        options: MoveKeywords = self.options  # type: ignore[assignment]  # checked by the session
        with airflow_session(self.scratch_url, **self._stores) as session:
            result = session.move(
                self.source,
                self.target,
                cancellation=self._cancellation,
                progress=_Told(self.log.info),
                **options,
            )
        return result.to_data()

    def on_kill(self) -> None:
        """End the move, and what servers do for it."""
        if self._cancellation is not None:
            self._cancellation.cancel()


class _Told:
    """Says in the task's log, now and then, how far a move is."""

    every = 10.0

    def __init__(self, say: Any) -> None:
        self._say = say
        self._next = self.every

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= self._next and not progress.done:
            self._next += self.every
            self._say("%s, %s so far", many(progress.rows, "row"), many(progress.bytes, "byte"))


def _taken(kwargs: dict[str, Any], names: Mapping[str, object]) -> dict[str, Any]:
    """Take the arguments of these names out of others, which are Airflow's."""
    return {name: kwargs.pop(name) for name in list(kwargs) if name in names}
