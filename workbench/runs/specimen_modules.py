"""Which torch module a name in a user's Python file stands for."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from workbench.runs.specimen import SpecimenError

__all__ = ["find_model", "run_file", "where"]


def where(error: BaseException, path: Path) -> str:
    """Say in which line of the file an exception was raised, "" if in none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename) == path:
            return f" ({path.name}, line {frame.lineno})"
    return ""


def run_file(path: Path) -> ModuleType:
    """Execute a Python file as a module of a name that nothing else has.

    Raises
    ------
    SpecimenError
        If it is not Python, or raises; the message says in which line.
    """
    name = f"specimen_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        file = Path(error.filename or path).name
        raise SpecimenError(f"{file}, line {error.lineno}: not valid Python: {error.msg}", "model") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise SpecimenError(
            f"{path.name} cannot be executed: {described(error)}{where(error, path)}", "model"
        ) from None
    except SystemExit as error:
        raise SpecimenError(
            f"{path.name} ends its process (exit {error.code}){where(error, path)}: put what should only "
            'happen when it is run under if __name__ == "__main__":',
            "model",
        ) from None
    except Exception as error:
        raise SpecimenError(
            f"{path.name} failed while it was loaded: {described(error)}{where(error, path)}", "model"
        ) from None
    return module


def described(error: BaseException) -> str:
    """Return type and message of an exception on one line.

    Examples
    --------
    >>> described(KeyError("width"))
    "KeyError: 'width'"
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def find_model(module: ModuleType, name: str, path: Path) -> nn.Module:
    """Return the module that `name` is, or makes.

    Parameters
    ----------
    module : the user's file, executed
    name : a module, a class of modules or a function; the latter two are called without arguments
    path : the file

    Raises
    ------
    SpecimenError
        If there is no such name (models found are listed), it needs arguments, or makes something else.
    """
    value: Any = module
    for part in name.split(".") if name else ():
        value = getattr(value, part, None)
        if value is None:
            break
    if not name or value is None:
        found = ", ".join(candidates(module)) or "none"
        missing = f"has no {name!r}" if name else "needs the name of the model, FILE.py:MODEL"
        raise SpecimenError(f"{path.name} {missing}; models found in it: {found}")
    if isinstance(value, nn.Module):
        return value
    if not callable(value):
        raise SpecimenError(
            f"{path.name}: {name} is neither a torch module nor makes one: it is {_kind(value)}"
        )
    needed = _required(value)
    if needed:
        raise SpecimenError(
            f"{path.name}: {name} needs arguments ({', '.join(needed)}), which are not evaluated here. Write "
            f"a function without arguments in {path.name}, for example def model(): return {name}(...), and "
            f"name {path.name}:model"
        )
    try:
        made = value()
    except Exception as error:
        raise SpecimenError(
            f"{path.name}: {name}() failed: {described(error)}{where(error, path)}", "model"
        ) from None
    if not isinstance(made, nn.Module):
        raise SpecimenError(
            f"{path.name}: {name}() returned what is {_kind(made)}; needed is a torch.nn.Module"
        )
    return made


def candidates(module: ModuleType) -> Iterator[str]:
    """Yield what in an executed file is, or makes without arguments, a torch module."""
    for name, value in vars(module).items():
        if isinstance(value, nn.Module):
            yield name
        elif getattr(value, "__module__", "") == module.__name__ and (
            (inspect.isclass(value) and issubclass(value, nn.Module)) or inspect.isfunction(value)
        ):
            needed = _required(value)
            if not needed:
                yield name
            elif inspect.isclass(value):
                yield f"{name} (needs {', '.join(needed)})"


def _required(value: Any) -> list[str]:
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in variable]


def _kind(value: Any) -> str:
    if isinstance(value, ModuleType):
        return f"the Python module {value.__name__}"
    return "None" if value is None else f"of type {type(value).__name__}"
