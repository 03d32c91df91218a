"""How a complex scene is fed to a module, its phase turned a full circle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from workbench.mappings import MAPPINGS, Mapping, to_network
from workbench.probes.drive_checks import checked_phases
from workbench.signals import host_array

PHASES = 16  # unless the caller says otherwise


@dataclass(frozen=True, eq=False)
class Scene:
    """The scaled, mapped image of ``s · e^{2πi j/J}``, frame j of J.

    Attributes
    ----------
    values : Tensor of complex128, shape (y, x)
        The scene s.
    mapping : Mapping
        What makes a real image of it.
    phases : int
        J.
    """

    values: Tensor
    mapping: Mapping
    phases: int

    tones = ()

    @property
    def count(self) -> int:
        """J."""
        return self.phases

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of a frame."""
        height, width = (self.mapping.factor * int(n) for n in self.values.shape)
        return self.mapping.channels, height, width

    @cached_property
    def cycle(self) -> tuple[Tensor, float]:
        """All frames, and the share of their samples that the network's range clips."""
        turn = torch.exp(2j * torch.pi * torch.arange(self.phases, dtype=torch.float64) / self.phases)
        images, clipped = to_network(self.mapping.encode(self.values * turn[:, None, None]))
        return images, float(clipped)

    def frames(self, start: int, stop: int) -> Tensor:
        """Frames `start` … `stop` − 1 as (frame, channel, y, x), float64.

        Examples
        --------
        >>> checked_scene(np.full((1, 2), 1.25), "real_imag", 4).frames(0, 1).shape
        Traceback (most recent call last):
        ValueError: a scene must be complex, found float64: its phase is what is turned
        >>> scene = checked_scene(np.full((1, 2), 1.25 + 0j), "real_imag", 4)
        >>> scene.frames(0, 2)[..., 0, 0].numpy().round(12) + 0.0
        array([[1., 0.],
               [0., 1.]])
        """
        return self.cycle[0][start:stop]


def checked_scene(scene: Any, mapping: str, phases: int | None) -> Scene:
    """Return the drive of a scene.

    Raises
    ------
    ValueError
        If the scene is not a complex array (y, x) of finite numbers that are not all 0, for an unknown
        mapping or fewer than 3 phases.
    """
    if isinstance(scene, xr.DataArray):
        if set(scene.dims) != {"y", "x"}:
            raise ValueError(f"a labelled scene needs the dimensions (y, x), found {scene.dims}: select one")
        scene = scene.transpose("y", "x").values
    values = host_array(scene)
    if values.dtype.kind != "c":
        raise ValueError(f"a scene must be complex, found {values.dtype}: its phase is what is turned")
    if values.ndim != 2 or values.size < 2:
        raise ValueError(f"a scene must be one image (y, x), found shape {values.shape}")
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise ValueError(f"the scene holds {bad} NaN or infinite values of {values.size}")
    if not values.any():
        raise ValueError("the scene is 0 everywhere: it has no phase to turn")
    image = torch.from_numpy(values.astype(np.complex128))
    return Scene(image, MAPPINGS[mapping], checked_phases(PHASES if phases is None else phases))


def refuse_tones(**given: tuple[Any, Any]) -> None:
    """Say so if what only a tone has was given with a scene, as name=(found, default)."""
    odd = [name for name, (found, default) in given.items() if not _same(found, default)]
    if odd:
        raise ValueError(f"a scene is its own signal: {', '.join(odd)} cannot be given with scene=")


def _same(found: Any, default: Any) -> bool:
    if isinstance(default, Sequence) and isinstance(found, Sequence):
        return list(found) == list(default)
    return found is default or (not isinstance(found, Sequence) and bool(np.all(found == default)))
