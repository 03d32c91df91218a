"""What the live instruments look at, without disturbing the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from workbench.mappings import MAPPINGS, from_network

if TYPE_CHECKING:
    from torch import nn

    from workbench.systems import System
    from workbench.training.patches import Patches
    from workbench.training.plan import Plan

CHUNK = 4
"""Patches generated at a time: observing must not need much more memory than training."""


@dataclass(frozen=True)
class Bench:
    """A system in training, its patches and the plan.

    Parameters
    ----------
    system : System
        With its networks as they are (not wrapped for training).
    patches : Patches
        Training and held-out patches.
    plan : Plan
        Says how many patches and which test tone.
    device : torch.device
        Where the networks are.
    """

    system: System
    patches: Patches
    plan: Plan
    device: torch.device

    @property
    def generator(self) -> nn.Module:
        """The network that makes the images."""
        return self.system.networks["generator"]

    def generate(self, condition: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Let the generator at rest make images.

        Parameters
        ----------
        condition : Tensor
            Shape (sample, channel, N, N).

        Returns
        -------
        mapped : Tensor
            Float32 generator output in [-1, 1], (sample, mapped channel, N, N), on the CPU.
        decoded : Tensor
            Complex64 image, (sample, y, x), on the CPU.
        """
        with at_rest(self.system.networks):
            parts = [
                self.system.generate(part.to(self.device)).float().cpu() for part in condition.split(CHUNK)
            ]
        mapped = torch.cat(parts)
        return mapped, MAPPINGS[self.patches.mapping].decode(
            from_network(mapped, self.patches.scale), edge="drop"
        )


@contextmanager
def at_rest(networks: Mapping[str, nn.Module]) -> Iterator[None]:
    """Put networks in eval mode without gradients inside; give each module its own mode back afterwards."""
    modes = [(module, module.training) for network in networks.values() for module in network.modules()]
    for network in networks.values():
        network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
