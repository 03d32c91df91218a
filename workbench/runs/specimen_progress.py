"""How far a long analysis has come, seen from the passes its module makes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

__all__ = ["watched"]

_EVERY = 0.25  # s between two reports


@contextmanager
def watched(module: nn.Module, frames: int, tell: Callable[..., None]) -> Iterator[None]:
    """Report which share of `frames` has passed the module, layer by layer, at most four times a second.

    Layers that do not fit into memory together are analysed in rounds of all frames each; how many there will
    be is not known beforehand, so the share counts within a round.
    """
    leaves = sum(1 for part in module.modules() if not list(part.children()))
    state = {"passed": 0, "batch": 0, "calls": 0, "told": time.monotonic()}

    def entered(_: nn.Module, arguments: tuple[Any, ...]) -> None:
        state["passed"] += state["batch"]
        state["batch"] = len(arguments[0]) if arguments and isinstance(arguments[0], Tensor) else 0
        state["calls"] = 0

    def called(_: nn.Module, __: tuple[Any, ...]) -> None:
        state["calls"] += 1
        now = time.monotonic()
        if now - state["told"] > _EVERY:
            state["told"] = now
            part = min(state["calls"] / max(leaves, 1), 1.0)
            done = (state["passed"] + part * state["batch"]) / max(frames, 1)
            rounds = int(done)
            tell(progress=done - rounds, round=rounds + 1, doing="analysing")

    handles = [module.register_forward_pre_hook(entered)]
    handles += [
        part.register_forward_pre_hook(called)
        for part in module.modules()
        if not list(part.children()) and part is not module
    ]
    tell(progress=0.0, round=1, doing="analysing")
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
