"""Networks of the right shapes that hold no weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

__all__ = ["without_weights"]

_FILLING = frozenset(("constant_", "fill_", "kaiming_uniform_", "normal_", "uniform_", "zero_"))


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """Build networks on the meta device, which knows shapes only: milliseconds, no memory.

    Examples
    --------
    >>> with without_weights():
    ...     layer = torch.nn.Linear(100_000, 100_000)
    >>> layer.weight.shape, layer.weight.is_meta
    (torch.Size([100000, 100000]), True)
    """
    with torch.device("meta"), _Unfilled():
        yield


class _Unfilled(TorchFunctionMode):
    """Skips filling tensors: on the meta device it does nothing, but loads a second of torch's compiler."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(function, "__name__", "") in _FILLING:
            return args[0] if args else (kwargs or {})["tensor"]
        return function(*args, **(kwargs or {}))
