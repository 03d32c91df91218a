"""What may be written about a scene: its name, its options."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.session.user_scenes import data_folder

__all__ = ["Option", "mesh_file", "placed", "read_options", "scene_names", "scene_options"]

_OWN = ("size", "count", "seed", "cache", "workers", "progress", "folder", "path")
_FILE = {
    "select": "a name", "shape": "two or three numbers", "dtype": "a name", "offset": "a number",
    "chip": "a number or None",
}  # fmt: skip
_WORD = re.compile(r"[\w ]*")

Option = bool | int | float | str | tuple[int, ...] | None


def scene_names() -> list[str]:
    """Names of the synthetic scenes that have a complex image."""
    from workbench.scenes import PICTURES, SCENES

    return [name for name in SCENES if name not in PICTURES]


def scene_options(scene: str) -> dict[str, Any]:
    """Return the options that may be written for a scene, with their defaults.

    >>> scene_options("onetone"), list(scene_options("mine.npy"))
    ({'bands': 8}, ['select', 'shape', 'dtype', 'offset', 'chip'])
    """
    if scene not in scene_names():
        return dict.fromkeys(_FILE)
    from workbench.scenes import SCENES

    parameters = inspect.signature(SCENES[scene]).parameters
    return {name: one.default for name, one in parameters.items() if name not in _OWN}


def read_options(scene: str, text: str) -> tuple[tuple[str, Option], ...]:
    """Read options as one writes them in Python, "bands=4, sign=-1"; nothing is evaluated.

    Raises
    ------
    ValueError
        If it is not that, or there is no such option; those that exist are listed.

    >>> read_options("flat_earth", "sign=-1, baseline=300.0")
    (('baseline', 300.0), ('sign', -1))
    >>> read_options("onetone", "band=4")
    Traceback (most recent call last):
    ValueError: onetone has no option 'band'; there are: bands=8
    """
    known = scene_options(scene)
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args and isinstance(call.func, ast.Name)  # noqa: PT018
        values = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords if word.arg}
        assert len(values) == len(call.keywords)
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError):
        raise ValueError(f"options are written like bands=4, sign=-1; found {text!r}") from None
    for name, value in values.items():
        if name not in known:
            there = ", ".join(name if one is None else f"{name}={one!r}" for name, one in known.items())
            raise ValueError(f"{scene} has no option {name!r}; there are: {there or 'none'}")
        values[name] = _plain(scene, name, value)
    return tuple(sorted(values.items()))


def _plain(scene: str, name: str, value: Any) -> Option:
    """Let pass what is like the default: paths would open files outside the workspace."""
    if name == "building" and isinstance(value, str) and Path(value).suffix:
        mesh_file(value)
        return value
    plain: Option = tuple(value) if isinstance(value, list | tuple) else value
    kind = _FILE[name] if scene not in scene_names() else _kind(scene, name)
    if not _KINDS[kind](plain):
        raise ValueError(f"{scene}: {name} takes {kind} here, found {value!r}")
    return plain


def _kind(scene: str, name: str) -> str:
    """Say what an option takes: what is like its default, None where its annotation has it."""
    from workbench.scenes import SCENES

    option = inspect.signature(SCENES[scene]).parameters[name]
    kinds = {bool: "True or False", str: "a word", tuple: "a pair of numbers"}
    return kinds.get(
        type(option.default), "a number or None" if "None" in str(option.annotation) else "a number"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) < 2**53)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "True or False": lambda value: isinstance(value, bool),
    "a word": lambda value: isinstance(value, str) and _WORD.fullmatch(value) is not None,
    "a name": lambda value: isinstance(value, str),
    "a pair of numbers": lambda value: (
        isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))
    ),
    "two or three numbers": lambda value: (
        isinstance(value, tuple) and len(value) in (2, 3) and all(map(_is_number, value))
    ),
    "a number": _is_number,
    "a number or None": lambda value: value is None or _is_number(value),
}
"""What an option takes, in words -> whether a value is that."""


def mesh_file(name: str) -> Path:
    """Return where a mesh of the data folder is.

    Raises
    ------
    ValueError
        If the name leads out of the folder, is no mesh, or there is no such file.
    """
    from workbench.scenes import is_mesh_file

    path = data_folder() / name
    try:
        there = path.resolve().is_relative_to(data_folder().resolve()) and path.is_file()
    except (OSError, RuntimeError, ValueError):  # too long a name, links in a circle, a null byte
        there = False
    if not (there and is_mesh_file(name)):
        raise ValueError(f"no mesh {name!r} in {data_folder()}: a .obj, .ply or .stl file there is needed")
    return path


def placed(options: tuple[tuple[str, Option], ...]) -> dict[str, Any]:
    """Return options with the mesh of the data folder by its whole path."""
    values: dict[str, Any] = dict(options)
    if Path(str(values.get("building", ""))).suffix:
        values["building"] = str(mesh_file(values["building"]))
    return values
