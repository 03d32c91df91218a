"""Libraries that only some formats need, which are not installed by default."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from workbench.scenes.containers import UnsuitableError

COMMANDS = {
    "rasterio": 'pip install "spectral-workbench[geo]"  (or: pip install rasterio)',
    "sarxarray": 'pip install "spectral-workbench[insar]"  (or: pip install sarxarray)',
    "sarpy": 'pip install "spectral-workbench[sicd]"  (or: pip install sarpy)',
}
"""Library -> how to get it."""


def optional(library: str, purpose: str) -> ModuleType:
    """Import a library, or say what it is for with the command that installs it.

    Raises
    ------
    UnsuitableError
        If it is not installed, or broken.
    """
    try:
        return import_module(library)
    except ImportError as error:
        missing = f"{library} is not installed" if error.name == library else f"{library} is broken: {error}"
        raise UnsuitableError(
            f"{purpose} needs {library}; {missing}. Install it with: {COMMANDS[library]}. "
            "Everything else works without it"
        ) from None


def installed(library: str) -> bool:
    """Tell whether a library can be imported."""
    try:
        import_module(library)
    except ImportError:
        return False
    return True
