"""How a module is looked at without a trace: mode, buffers, random state, gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn


def original(module: nn.Module) -> nn.Module:
    """Return the module behind ``torch.compile``; refuse what runs no Python.

    Raises
    ------
    ValueError
        If it is not a module, or it (or a part of it) is scripted or traced.

    Examples
    --------
    >>> original(nn.ReLU())
    ReLU()
    """
    if not isinstance(module, nn.Module):
        raise ValueError(f"a torch.nn.Module is needed, found {type(module).__name__}")
    module = getattr(module, "_orig_mod", module)
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            where = f"its part {name!r} is" if name else "it is"
            raise ValueError(
                f"{type(module).__name__} cannot be observed: {where} scripted or traced, so its operations "
                "run outside Python; pass the module it was made from"
            )
    return module


def placement(module: nn.Module, otherwise: torch.dtype = torch.float32) -> tuple[torch.device, torch.dtype]:
    """Device and floating type of a module's first floating parameter or buffer.

    Examples
    --------
    >>> placement(nn.Conv2d(1, 1, 1).double())
    (device(type='cpu'), torch.float64)
    """
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point() or tensor.is_complex():
            return tensor.device, tensor.real.dtype if tensor.is_complex() else tensor.dtype
    return torch.device("cpu"), otherwise


def _compiled(part: nn.Module) -> bool:
    """Whether the part was wrapped by ``torch.compile(part)`` or compiled in place by ``part.compile()``."""
    return hasattr(part, "_orig_mod") or part._compiled_call_impl is not None


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Evaluate a module in eval mode without gradients; afterwards it is as it was, also after an error.

    Restored: every part's mode, every buffer (batch norm's running statistics too), torch's random state.

    Examples
    --------
    >>> layer = nn.Dropout()
    >>> with undisturbed(layer):
    ...     print(layer.training)
    False
    >>> layer.training
    True
    """
    modes = [(part, part.training) for part in module.modules()]
    buffers = [
        (part, name, buffer, buffer.detach().clone())
        for part in module.modules()
        for name, buffer in part._buffers.items()
        if buffer is not None
    ]
    devices = {tensor.device.index or 0 for tensor in module.parameters() if tensor.is_cuda}
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=sorted(devices)))
        if any(_compiled(part) for part in module.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for part, _ in modes:
                part.training = False
            yield
        finally:
            for part, training in modes:
                part.training = training
            for part, name, buffer, copy in buffers:
                _restore(part, name, buffer, copy)


def _restore(part: nn.Module, name: str, buffer: Tensor, copy: Tensor) -> None:
    """Put a buffer back; one that did not change is not written to, so graphs that hold it stay valid."""
    part._buffers[name] = buffer
    if not torch.equal(buffer, copy):
        buffer.copy_(copy)
