"""How a named part is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


def choose(registry: Mapping[str, Value], name: str, what: str) -> Value:
    """Return ``registry[name]``, or say which names exist.

    Raises
    ------
    ValueError
        If the name is not in the registry.

    Examples
    --------
    >>> choose({"batch": 1, "none": 2}, "batch", "norm")
    1
    >>> choose({"batch": 1, "none": 2}, "bacth", "norm")
    Traceback (most recent call last):
    ValueError: unknown norm 'bacth'; there are: batch, none
    """
    if not isinstance(name, str) or name not in registry:
        raise ValueError(f"unknown {what} {name!r}; there are: {', '.join(registry)}")
    return registry[name]
