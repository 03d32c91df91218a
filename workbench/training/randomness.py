"""The random streams of a training, kept apart from everybody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


class Randomness:
    """Torch's random streams (CPU, the training's GPU), drawn from by what is :meth:`active` only.

    Whatever is drawn between two steps (by probes, by recording, by another training in the same process)
    leaves these streams alone, so the weights do not depend on who watches. Systems draw from torch only:
    numpy's global generator would take longer to exchange than everything else the engine adds to a step.

    Parameters
    ----------
    seed : int
        Seed of all streams.
    device : str or torch.device
        The GPU's stream is kept too where this is one.

    Examples
    --------
    >>> mine = Randomness(3, "cpu")
    >>> before = torch.get_rng_state()
    >>> with mine.active():
    ...     first = torch.rand(())
    >>> torch.equal(torch.get_rng_state(), before)
    True
    >>> torch.equal(first, torch.rand((), generator=torch.Generator().manual_seed(3)))
    True
    """

    def __init__(self, seed: int, device: str | torch.device) -> None:
        self._device = torch.device(device)
        self._streams = {"torch": torch.Generator().manual_seed(seed).get_state()}
        if self._device.type == "cuda":
            self._streams["cuda"] = torch.Generator(self._device).manual_seed(seed).get_state()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Draw from these streams inside, from the process's own again afterwards."""
        outside = self._exchange(self._streams)
        try:
            yield
        finally:
            self._streams = self._exchange(outside)

    def _exchange(self, streams: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        before = {"torch": torch.get_rng_state()}
        torch.set_rng_state(streams["torch"])
        if "cuda" in streams:
            before["cuda"] = torch.cuda.get_rng_state(self._device)
            torch.cuda.set_rng_state(streams["cuda"], self._device)
        return before

    def state(self) -> dict[str, torch.Tensor]:
        """Return all streams by name."""
        return {name: stream.clone() for name, stream in self._streams.items()}

    def load_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on with the streams of :meth:`state`; one for a GPU is only taken over on a GPU."""
        self._streams |= {name: tensors[name].clone().cpu() for name in self._streams if name in tensors}
