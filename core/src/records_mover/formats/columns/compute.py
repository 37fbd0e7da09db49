"""``pyarrow.compute``, loaded when one of its functions is first wanted.

It makes a Python function of each that Arrow has, in half the time that Arrow itself takes to load,
and many files are moved without any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def joined(*columns: Any) -> pa.Array:
    """Join the values of each row, with those of the last column between them.

    Every load in binary wants this one, and none needs a Python function made for it.
    """
    from pyarrow._compute import call_function

    return call_function("binary_join_element_wise", list(columns))


def __getattr__(name: str) -> Any:
    import pyarrow.compute as pc

    function = globals()[name] = getattr(pc, name)
    return function
