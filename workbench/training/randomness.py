"""The random state of a training, kept apart from everybody else's."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


class Randomness:
    """Random streams (torch on CPU and GPU, numpy, python) that only :meth:`active` code draws from.

    Whatever is drawn between two steps (by probes, by recording, by another training in the same process)
    leaves these streams alone, so the weights do not depend on who watches.

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
        self._torch = torch.Generator().manual_seed(seed).get_state()
        self._cuda: torch.Tensor | None = None
        if self._device.type == "cuda":
            self._cuda = torch.Generator(self._device).manual_seed(seed).get_state()
        self._numpy: dict[str, Any] = np.random.RandomState(seed % 2**32).get_state(legacy=False)
        self._python: tuple[Any, ...] = random.Random(seed).getstate()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Draw from these streams inside, from the process's own again afterwards."""
        outside = self._swap_in()
        try:
            yield
        finally:
            self._torch, self._cuda, self._numpy, self._python = self._current()
            self._set(*outside)

    def _swap_in(self) -> tuple[Any, ...]:
        outside = self._current()
        self._set(self._torch, self._cuda, self._numpy, self._python)
        return outside

    def _current(self) -> tuple[Any, ...]:
        # the global generators of numpy and python are what a system's hooks may draw from
        cuda = torch.cuda.get_rng_state(self._device) if self._cuda is not None else None
        return torch.get_rng_state(), cuda, np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002

    def _set(self, cpu: torch.Tensor, cuda: torch.Tensor | None, numpy: Any, python: Any) -> None:
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state(cuda, self._device)
        np.random.set_state(numpy)  # noqa: NPY002
        random.setstate(python)

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Return all streams as tensors and JSON-able values."""
        numpy, (version, python, gauss) = self._numpy, self._python
        tensors = {
            "torch": self._torch.clone(),
            "numpy": torch.from_numpy(numpy["state"]["key"].astype(np.int64)),
            "python": torch.tensor(python, dtype=torch.int64),
        }
        if self._cuda is not None:
            tensors["cuda"] = self._cuda.clone()
        meta = {
            "numpy": {
                "pos": int(numpy["state"]["pos"]),
                "has_gauss": int(numpy["has_gauss"]),
                "gauss": numpy["gauss"],
            },
            "python": {"version": version, "gauss": gauss},
        }
        return tensors, meta

    def load_state(self, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> None:
        """Go on with the streams of :meth:`state` (a GPU stream is only taken over on a GPU)."""
        self._torch = tensors["torch"].clone().cpu()
        if self._cuda is not None and "cuda" in tensors:
            self._cuda = tensors["cuda"].clone().cpu()
        numpy = meta["numpy"]
        self._numpy = {
            "bit_generator": "MT19937",
            "state": {"key": tensors["numpy"].cpu().numpy().astype(np.uint32), "pos": numpy["pos"]},
            "has_gauss": numpy["has_gauss"],
            "gauss": numpy["gauss"],
        }
        python = meta["python"]
        self._python = (python["version"], tuple(tensors["python"].tolist()), python["gauss"])
