"""A dictionary that answers an unknown name with the names it holds."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

Value = TypeVar("Value")


class UnknownNameError(KeyError, ValueError):
    """A name that a registry does not hold; both a KeyError and a ValueError."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(dict[str, Value]):
    """Explicit registry ``name -> value``; `kind` is the noun its error messages use.

    Examples
    --------
    >>> colours = Registry("colour", {"red": 1, "green": 2})
    >>> colours["red"]
    1
    >>> colours["mauve"]
    Traceback (most recent call last):
    ...
    workbench.signals.registry.UnknownNameError: unknown colour 'mauve'; there are: red, green
    """

    def __init__(self, kind: str, entries: dict[str, Value]) -> None:
        super().__init__(entries)
        self.kind = kind

    def __missing__(self, name: Any) -> NoReturn:
        raise UnknownNameError(f"unknown {self.kind} {name!r}; there are: {', '.join(self)}")
