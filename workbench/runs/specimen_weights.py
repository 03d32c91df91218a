"""How a file of weights is put into a module, without unpickling anything."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.runs.specimen import SpecimenError

__all__ = ["load_state", "put_state"]

_TORCH = (".pt", ".pth", ".bin", ".ckpt")
_WRAPPERS = ("module.", "_orig_mod.")  # DataParallel and torch.compile put these before every name
_NAMED = 3  # how many names a message lists


def load_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a ``.safetensors``, ``.pt`` or ``.pth`` file.

    Raises
    ------
    SpecimenError
        If there is no such file, it is damaged or of another kind, or holds anything but tensors.
    """
    if not path.is_file():
        raise SpecimenError(f"{path}: no such file of weights")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    if path.suffix in _TORCH:
        return _read_torch(path)
    raise SpecimenError(
        f"{path.name}: weights are read from .safetensors, .pt or .pth, found {path.suffix!r}"
    )


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        raise SpecimenError(f"{path.name} is not a sound safetensors file: {error}") from None
    if any(name.startswith("networks/") for name in state):
        raise SpecimenError(
            f"{path.name} is a checkpoint of a run: probe the run itself, workbench probe RUN@STEP"
        )
    return state


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise SpecimenError(
            f"{path.name} holds more than tensors; reading it would execute code. Save "
            "torch.save(model.state_dict(), FILE), or a .safetensors file"
        ) from None
    except (RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        raise SpecimenError(f"{path.name} cannot be read by torch.load: {_first_line(error)}") from None
    state = _state_inside(content)
    if state is None:
        keys = ", ".join(map(str, list(content)[:6])) if isinstance(content, Mapping) else "no names"
        raise SpecimenError(
            f"{path.name} holds no state dict of tensors, found {type(content).__name__} ({keys})"
        )
    return state


def _state_inside(content: Any) -> dict[str, Tensor] | None:
    """Return the mapping of names to tensors, or the only one below (``{"state_dict": ...}``)."""
    if not isinstance(content, Mapping):
        return None
    if content and all(isinstance(value, Tensor) for value in content.values()):
        return dict(content)
    inner = [state for value in content.values() if (state := _state_inside(value)) is not None]
    named = _state_inside(content.get("state_dict"))
    return named if named is not None else inner[0] if len(inner) == 1 else None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def put_state(module: nn.Module, state: Mapping[str, Tensor], source: str, title: str) -> None:
    """Put a state dict into a module; names and shapes must agree exactly.

    Raises
    ------
    SpecimenError
        If they do not; names missing, unexpected and of other shapes are listed. Nothing has changed then.

    Examples
    --------
    >>> put_state(nn.Linear(2, 1), {"weight": torch.zeros(1, 2)}, "w.safetensors", "net.py:net")
    Traceback (most recent call last):
    workbench.runs.specimen.SpecimenError: w.safetensors does not fit net.py:net: 1 missing (bias)
    """
    for prefix in _WRAPPERS:
        if state and all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    own = module.state_dict()
    shapes = [
        f"{name}: file {_shape(state[name])}, model {_shape(value)}"
        for name, value in own.items()
        if name in state and isinstance(value, Tensor) and _known(value) and state[name].shape != value.shape
    ]
    problems = [
        _listed(names, what)
        for names, what in (
            ([name for name in own if name not in state], "missing"),
            ([name for name in state if name not in own], "unexpected"),
            (shapes, "of another shape"),
        )
        if names
    ]
    if problems:
        raise SpecimenError(f"{source} does not fit {title}: {'; '.join(problems)}")
    module.load_state_dict(dict(state))


def _known(value: Tensor) -> bool:
    return not isinstance(value, nn.UninitializedParameter | nn.UninitializedBuffer)


def _shape(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "scalar"


def _listed(names: list[str], what: str) -> str:
    more = ", …" if len(names) > _NAMED else ""
    return f"{len(names)} {what} ({', '.join(names[:_NAMED])}{more})"
