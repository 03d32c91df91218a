"""The options of a system, described well enough to check them or to make a form."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.systems.system import System


@dataclass(frozen=True)
class Option:
    """One option of a system.

    Attributes
    ----------
    name : str
        Keyword of ``build``.
    default : object
        Its value where none is given.
    description : str
        What it does, for a reader of a form.
    kind : type
        bool, int, float or str.
    choices : tuple of str
        All names it may take; empty for numbers. ``open_choice`` marks names that may carry a number,
        as ``"leaky_relu(0.1)"``.
    optional : bool
        Whether None is allowed too (then ``description`` says what None means).
    minimum : float
        Smallest number allowed.
    unit : str
        Unit of a number.
    """

    name: str
    default: Any
    description: str
    kind: type
    choices: tuple[str, ...] = ()
    open_choice: bool = False
    optional: bool = False
    minimum: float = -math.inf
    unit: str = ""

    def check(self, value: Any) -> Any:
        """Return the value in its kind.

        Raises
        ------
        ValueError
            If it is of another kind, too small, or not one of the choices.

        Examples
        --------
        >>> Option("depth", None, "number of halvings", int, minimum=2).check(3)
        3
        >>> Option("gan", "vanilla", "loss", str, choices=("vanilla", "lsgan")).check("wgan")
        Traceback (most recent call last):
        ValueError: option gan='wgan': choose one of vanilla, lsgan
        """
        if value is None and self.optional:
            return None
        if self.choices:
            bare = value.partition("(")[0] if self.open_choice and isinstance(value, str) else value
            if bare in self.choices:
                return value
            if self.kind is str:
                raise ValueError(f"option {self.name}={value!r}: choose one of {', '.join(self.choices)}")
        if not isinstance(value, _ACCEPTED[self.kind]) or (isinstance(value, bool) and self.kind is not bool):
            names = f", or one of {', '.join(self.choices)}" if self.choices else ""
            raise ValueError(f"option {self.name}={value!r}: needs {_ARTICLE[self.kind]}{names}")
        value = self.kind(value)  # numpy's numbers cannot be written as JSON
        if self.kind in (int, float) and not (math.isfinite(value) and value >= self.minimum):
            raise ValueError(f"option {self.name}={value!r}: needs a finite number ≥ {self.minimum:g}")
        return value


_ACCEPTED = {bool: bool, int: numbers.Integral, float: numbers.Real, str: str}
_ARTICLE = {bool: "True or False", int: "a whole number", float: "a number", str: "a name"}


@dataclass(frozen=True)
class SystemSpec:
    """A family of systems that ``build`` can make.

    Attributes
    ----------
    name, description : str
        Key in ``SYSTEMS``, one sentence for a reader of a form.
    options : tuple of Option
        Beside ``size``, ``width``, ``in_channels``, ``out_channels``, which all systems take.
    make : callable
        From all options, checked, to the system.
    """

    name: str
    description: str
    options: tuple[Option, ...]
    make: Callable[[dict[str, Any]], System]

    def check(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fill in the defaults, check every value.

        Raises
        ------
        ValueError
            For an unknown option (naming those which exist) or a bad value.
        """
        known = {option.name: option for option in (*COMMON, *self.options)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise ValueError(
                f"{self.name} has no option {', '.join(map(repr, unknown))}; there are: {', '.join(known)}"
            )
        return {name: option.check(values.get(name, option.default)) for name, option in known.items()}


COMMON = (
    Option("size", 256, "pixels per axis of the network's images", int, minimum=4, unit="pixel"),
    Option("width", 64, "channels of the first layer", int, minimum=1),
    Option("in_channels", 3, "channels of the condition", int, minimum=1),
    Option("out_channels", 3, "channels of the mapped image", int, minimum=1),
)
"""The options that all systems share."""
