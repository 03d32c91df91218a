"""Formulas that a user types: parsed, never executed as code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf, expit

__all__ = ["parse_formula"]

Array = npt.NDArray[Any]
LONGEST = 200
"""Characters a formula may have."""
_DEEPEST = 30

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "cos": np.cos,
    "cosh": np.cosh,
    "erf": erf,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "max": np.maximum,
    "min": np.minimum,
    "relu": lambda z: np.maximum(z, 0.0),
    "sigmoid": expit,
    "sign": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
_CONSTANTS: dict[str, float] = {"pi": np.pi, "e": np.e}
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_UNARY: dict[type, Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_TWO_ARGUMENTS = ("max", "min")

Node = Callable[[Mapping[str, Array]], Any]


def parse_formula(text: str, variable: str = "z") -> Callable[[npt.ArrayLike], Array]:
    """Read a formula in one variable and return it as a pointwise function in float64.

    Numbers, the variable, ``pi``, ``e``, ``+ - * / **`` (or ``^``), comparisons (1 where true, 0 where not),
    and the functions abs, cos, cosh, erf, exp, expm1, log, log1p, max, min, relu, sigmoid, sign, sin, sinh,
    sqrt, tan, tanh. Nothing else is understood; no code is executed.

    Parameters
    ----------
    text : str
        Such as ``"max(z, 0.1*z)"``, at most 200 characters.
    variable : str
        Name of the variable.

    Returns
    -------
    callable
        ``function(z) -> array`` of z's shape; not finite where the formula is not defined.

    Raises
    ------
    ValueError
        If the text is no such formula; the message says what was found and what is understood.

    Examples
    --------
    >>> parse_formula("max(z, 0.1*z)")(np.array([-2.0, 3.0]))
    array([-0.2,  3. ])
    >>> parse_formula("__import__('os')")
    Traceback (most recent call last):
    ValueError: the formula calls '__import__'; functions: abs, cos, cosh, erf, exp, expm1, log, log1p, ...
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"a formula in {variable} is needed, such as 'max({variable}, 0.1*{variable})'")
    if len(text) > LONGEST:
        raise ValueError(f"the formula has {len(text)} characters; at most {LONGEST} are read")
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is not a formula: brackets or signs do not fit together") from None
    compiled = _compile(tree.body, variable, _DEEPEST)

    def function(z: npt.ArrayLike) -> Array:
        values = np.asarray(z, dtype=np.float64)
        with np.errstate(all="ignore"):
            result = np.asarray(compiled({variable: values}), dtype=np.float64)
        return np.broadcast_to(result, values.shape).copy()

    function.__name__ = text.strip()
    return function


def _compile(node: ast.expr, variable: str, deep: int) -> Node:
    if deep == 0:
        raise ValueError(f"the formula is nested more than {_DEEPEST} deep")

    def part(child: ast.expr) -> Node:
        return _compile(child, variable, deep - 1)

    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        if isinstance(node.value, bool):
            raise ValueError(f"the formula holds {node.value}, which is not understood: write 1 or 0")
        return _constant(float(node.value))
    if isinstance(node, ast.Name):
        return _name(node.id, variable)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _applied(_BINARY[type(node.op)], part(node.left), part(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _applied(_UNARY[type(node.op)], part(node.operand))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        return _applied(_COMPARE[type(node.ops[0])], part(node.left), part(node.comparators[0]))
    if isinstance(node, ast.Call):
        return _call(node, part)
    raise ValueError(
        f"the formula holds {ast.unparse(node)!r}, which is not understood: numbers, {variable}, + - * / **, "
        "comparisons, brackets, functions are"
    )


def _constant(value: float) -> Node:
    return lambda _names: np.float64(value)


def _name(name: str, variable: str) -> Node:
    if name == variable:
        return lambda names: names[variable]
    if name in _CONSTANTS:
        return _constant(_CONSTANTS[name])
    raise ValueError(f"the formula names {name!r}; it may name {variable}, {', '.join(_CONSTANTS)}")


def _applied(function: Callable[..., Any], *parts: Node) -> Node:
    return lambda names: function(*(np.asarray(part(names), dtype=np.float64) for part in parts))


def _call(node: ast.Call, part: Callable[[ast.expr], Node]) -> Node:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in _FUNCTIONS:
        raise ValueError(f"the formula calls {name!r}; functions: {', '.join(_FUNCTIONS)}")
    needed = 2 if name in _TWO_ARGUMENTS else 1
    if node.keywords or len(node.args) != needed:
        raise ValueError(f"{name} takes {needed} value{'s' if needed > 1 else ''}, found {len(node.args)}")
    return _applied(_FUNCTIONS[name], *(part(argument) for argument in node.args))
