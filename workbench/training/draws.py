"""Which patches each step trains on."""

from __future__ import annotations

from collections.abc import Mapping

import torch


class Draws:
    """An endless order of patches: one random permutation per epoch, its own generator, resumable.

    Batches always have ``batch_size`` patches: one that reaches the end of an epoch goes on with the next
    permutation, so batch statistics never see a shorter batch.

    Parameters
    ----------
    count : int
        Number of patches.
    batch_size : int
        Patches per step.
    seed : int
        Seed of the permutations.

    Examples
    --------
    >>> draws = Draws(count=4, batch_size=2, seed=0)
    >>> sorted(draws.take().tolist() + draws.take().tolist())
    [0, 1, 2, 3]
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if count < 1:
            raise ValueError("there are no training patches; at least one is needed")
        self.count = count
        self.batch_size = batch_size
        self._generator = torch.Generator().manual_seed(seed)
        self._order = self._permutation()
        self._position = 0

    def _permutation(self) -> torch.Tensor:
        return torch.randperm(self.count, generator=self._generator)

    def take(self) -> torch.Tensor:
        """Return the indices of the next batch, shape (batch_size,), int64."""
        parts: list[torch.Tensor] = []
        missing = self.batch_size
        while missing:
            if self._position == self.count:
                self._order, self._position = self._permutation(), 0
            part = self._order[self._position : self._position + missing]
            parts.append(part)
            self._position += len(part)
            missing -= len(part)
        return torch.cat(parts)

    def state(self) -> dict[str, torch.Tensor]:
        """Return what :meth:`load_state` needs to go on with the very next batch."""
        return {
            "generator": self._generator.get_state(),
            "order": self._order.clone(),
            "position": torch.tensor(self._position),
        }

    def load_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on where :meth:`state` was taken.

        Raises
        ------
        ValueError
            If that state belongs to another number of patches.
        """
        if len(tensors["order"]) != self.count:
            raise ValueError(
                f"the saved data order has {len(tensors['order'])} patches, the training data {self.count}; "
                "a run can only be continued on the data it was started with"
            )
        self._generator.set_state(tensors["generator"].cpu())
        self._order, self._position = tensors["order"].clone().cpu(), int(tensors["position"])
