"""How a module is looked at without a trace: mode, buffers, random state, gradients."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.fx import GraphModule
from torch.nn.parameter import is_lazy

# What every module holds; the rest of its attributes are its own.
_INTERNAL = frozenset(vars(nn.Module()))


_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)


def original(module: Any, *, values: bool = True) -> nn.Module:
    """Return the module behind ``torch.compile`` or ``DataParallel``; refuse what cannot be looked at.

    Without `values` a module on the meta device, which has shapes only, is taken too.

    Raises
    ------
    ValueError
        If it is not a module, or it (or a part of it) is scripted, traced or quantised, on the meta device or
        not initialised yet.

    Examples
    --------
    >>> original(nn.ReLU())
    ReLU()
    """
    if not isinstance(module, nn.Module):
        exported = type(module).__module__.startswith("torch.export")
        raise ValueError(
            f"a torch.nn.Module is needed, found {type(module).__name__}"
            + ("; pass the module it was exported from" if exported else "")
        )
    while True:
        inner = module.module if isinstance(module, _WRAPPERS) else getattr(module, "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            break
        module = inner
    for name, part in module.named_modules():
        reason = _refusal(part, values)
        if reason:
            where = f"its part {name!r} is" if name else "it is"
            raise ValueError(f"{type(module).__name__} cannot be observed: {where} {reason}")
    return module


def _refusal(part: nn.Module, values: bool) -> str:
    """Why a part cannot be looked at, continuing "it is …"; empty if it can."""
    if isinstance(part, torch.jit.ScriptModule):
        return "scripted or traced, so its operations run outside Python; pass the module it was made from"
    if isinstance(part, GraphModule) and any(
        isinstance(node.target, OpOverload) for node in part.graph.nodes
    ):
        return "exported: its layers were dissolved into operators; pass the module it was made from"
    if ".quantized" in type(part).__module__:
        return (
            "quantised: its numbers are integers with a scale of their own; pass the floating-point module "
            "it was made from"
        )
    for name, tensor in (*part._parameters.items(), *part._buffers.items()):
        if tensor is None:
            continue
        if is_lazy(tensor):
            return f"not initialised yet ({name} has no shape): call the module once on an input"
        if tensor.is_meta and values:
            return f"on the meta device ({name} has no values): load its weights first"
    return ""


def placement(module: nn.Module, otherwise: torch.dtype = torch.float32) -> tuple[torch.device, torch.dtype]:
    """Device and type of a module's first floating (or complex) parameter or buffer.

    Examples
    --------
    >>> placement(nn.Conv2d(1, 1, 1).double())
    (device(type='cpu'), torch.float64)
    """
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.is_floating_point() or tensor.is_complex():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), otherwise


def _compiles(module: nn.Module) -> bool:
    """Whether a part was compiled, or a function may have been: then `torch._dynamo` has been imported."""
    return "torch._dynamo" in sys.modules or any(
        "_orig_mod" in part._modules or part._compiled_call_impl is not None for part in module.modules()
    )


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Evaluate a module in eval mode without gradients; afterwards it is as it was, also after an error.

    Restored: every part's mode, buffers and attributes (`unchanged`), torch's random state.

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
    devices = {tensor.device.index or 0 for tensor in module.parameters() if tensor.is_cuda}
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=sorted(devices)))
        if _compiles(module):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.enter_context(unchanged(module))
        try:
            for part, training in modes:
                if training:
                    part.training = False
            yield
        finally:
            for part, training in modes:
                if part.training is not training:
                    part.training = training


@contextmanager
def unchanged(module: nn.Module) -> Iterator[None]:
    """Put back what a forward pass wrote into a module: buffers (running statistics) and plain attributes.

    Attributes are given back their objects; tensors, lists, dicts and sets among them also their content.

    Examples
    --------
    >>> layer = nn.BatchNorm2d(1)
    >>> with unchanged(layer):
    ...     _ = layer(torch.randn(1, 1, 4, 4))
    >>> int(layer.num_batches_tracked)
    0
    """
    parts = list(module.modules())
    buffers = [
        (part, name, buffer, buffer.detach().clone())
        for part in parts
        for name, buffer in part._buffers.items()
        if buffer is not None
    ]
    attributes = [
        (part, {name: value for name, value in vars(part).items() if name not in _INTERNAL}) for part in parts
    ]
    contents = [
        (value, value.detach().clone() if isinstance(value, Tensor) else value.copy())
        for _, held in attributes
        for value in held.values()
        if isinstance(value, Tensor) or type(value) in (list, dict, set)
    ]
    try:
        yield
    finally:
        for part, name, buffer, copy in buffers:
            part._buffers[name] = buffer
            _restore(buffer, copy)
        for part, held in attributes:
            own = vars(part)
            for name in [name for name in own if name not in held and name not in _INTERNAL]:
                del own[name]
            own.update(held)
        for value, copy in contents:
            _refill(value, copy)


def _restore(tensor: Tensor, copy: Tensor) -> None:
    """Put values back; what did not change is not written to, so graphs that hold it stay valid."""
    if not torch.equal(tensor, copy):
        with torch.no_grad():
            tensor.copy_(copy)


def _refill(value: Any, copy: Any) -> None:
    if isinstance(value, Tensor):
        _restore(value, copy)
    elif isinstance(value, list):
        value[:] = copy
    else:
        value.clear()
        value.update(copy)
