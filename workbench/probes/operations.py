"""What is known of any torch function from outside: its name, its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

# Functions that hand on the values they were given.
SILENT = frozenset(
    (
        "clone",
        "contiguous",
        "to",
        "type",
        "type_as",
        "float",
        "double",
        "half",
        "bfloat16",
        "cpu",
        "cuda",
        "detach",
        "detach_",
        "requires_grad_",
        "expand",
        "expand_as",
        "resolve_conj",
        "resolve_neg",
        "view_as_real",
        "view_as_complex",
        "real",
        "imag",
        "data",
        "grad",
        "__setitem__",
        "to_dense",
    )
)
# Functions that hand the values on to what is not seen.
EXITS = frozenset(("numpy", "__array__", "tolist", "__dlpack__", "untyped_storage", "data_ptr"))
# Functions whose result does not depend on the values they are given.
CONSTANT = frozenset(
    (
        "zeros_like",
        "ones_like",
        "full_like",
        "empty_like",
        "rand_like",
        "randn_like",
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_tensor",
    )
)

_PLAIN = frozenset((int, float, bool, str, type(None), slice, type(...), torch.Size, torch.dtype))


def name_of(func: Any) -> str:
    """Name of a function; an attribute such as ``x.mT`` is one too."""
    name = str(getattr(func, "__name__", type(func).__name__))
    return str(getattr(func.__self__, "__name__", name)) if name == "__get__" else name


def storage(tensor: Tensor) -> int:
    """Address of the memory that holds a tensor's values."""
    return int(tensor.untyped_storage().data_ptr())


def tensors(value: Any) -> list[Tensor]:
    """All tensors in nested tuples, lists, mappings, dataclasses."""
    found: list[Tensor] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Tensor]) -> None:
    kind = type(value)
    if kind in _PLAIN:  # most arguments: not worth the questions below
        return
    if isinstance(value, Tensor):
        found.append(value)
    elif kind is tuple or isinstance(value, tuple | list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            _collect(getattr(value, part.name), found)
