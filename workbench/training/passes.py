"""Which networks the terms of a step call, on which tensors."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.training.bench import at_rest

if TYPE_CHECKING:
    from workbench.systems import System


@dataclass(frozen=True)
class Pass:
    """One network at work in one term of a player.

    Attributes
    ----------
    name : str
        ``"<player>_<term>"`` as the term's scalar is called, e.g. "discriminator_real"; "#2" … per further
        call in it.
    network : Module
        What is called.
    given : Tensor
        Its input, (sample, channel, y, x).
    channels : tuple of float
        1 for the channels that hold the image judged, 0 for those that hold its condition.
    """

    name: str
    network: nn.Module
    given: Tensor
    channels: tuple[float, ...]

    @property
    def term(self) -> str:
        """The term that calls it."""
        return self.name.partition("#")[0]


def network_passes(
    system: System, batch: dict[str, Tensor], terms: Collection[str] | None = None
) -> list[Pass]:
    """Evaluate every player's terms once, as a step does, and note how they call the player's own networks.

    The networks are at rest meanwhile (eval mode, no gradients) and draw no random numbers of the training's.

    Parameters
    ----------
    system : System
        With its networks as they are (not wrapped for training).
    batch : dict of str to Tensor
        What a step is given, on the networks' device.
    terms : collection of str, optional
        Evaluate only these (``"<player>_<term>"``).

    Returns
    -------
    list of Pass
        In the order of the schedule. A generator that runs before the terms (``system.forward``) is none of
        them.
    """
    devices = {tensor.device for tensor in batch.values() if tensor.is_cuda}
    with at_rest(system.networks), torch.random.fork_rng([device.index or 0 for device in devices]):
        context = system.forward(batch)
        found: list[Pass] = []
        for name in dict.fromkeys(system.schedule):
            player = system.players[name]
            networks = [system.networks[network] for network in player.networks]
            for term in player.terms:
                if terms is not None and f"{name}_{term.name}" not in terms:
                    continue
                with _noted(networks) as calls:
                    term.function(system, context)
                for number, (network, given) in enumerate(calls, start=1):
                    label = f"{name}_{term.name}" + (f"#{number}" if number > 1 else "")
                    found.append(Pass(label, network, given, _image_channels(given, context)))
    return found


@contextmanager
def _noted(networks: list[nn.Module]) -> Iterator[list[tuple[nn.Module, Tensor]]]:
    """Collect the image that each network is called with inside."""
    calls: list[tuple[nn.Module, Tensor]] = []

    def note(network: nn.Module, args: tuple[Any, ...]) -> None:
        if args and isinstance(args[0], Tensor) and args[0].ndim == 4 and len(args) == 1:
            calls.append((network, args[0].detach()))

    with ExitStack() as stack:
        for network in networks:
            stack.callback(network.register_forward_pre_hook(note).remove)
        yield calls


def _image_channels(given: Tensor, context: dict[str, Tensor]) -> tuple[float, ...]:
    """Tell the judged image from its condition by what the step's condition holds."""
    condition = context.get("condition")
    conditions = (
        condition.unbind(1)
        if condition is not None and condition.ndim == 4 and condition.shape[2:] == given.shape[2:]
        else ()
    )
    image = tuple(
        float(not any(torch.equal(channel, known) for known in conditions)) for channel in given.unbind(1)
    )
    return image if any(image) else (1.0,) * len(image)
