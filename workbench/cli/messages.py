"""How the command line ends with one clear sentence instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

__all__ = ["clear_errors", "refuse"]

# By these the layers below say what was found and what is needed; anything else keeps its traceback.
EXPECTED = (
    ValueError,
    KeyError,
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    RuntimeError,
    OSError,
    TimeoutError,
)


def refuse(message: str, code: int = 2) -> typer.Exit:
    """Print one sentence on standard error; returns the exit to raise."""
    typer.secho(message, fg="red", err=True)
    return typer.Exit(code)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the expected errors of the layers below into one sentence, exit status 2."""
    try:
        yield
    except EXPECTED as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        raise refuse(str(text)) from None
