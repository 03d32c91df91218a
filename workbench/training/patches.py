"""Scenes as the tensors that a network is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import xarray as xr

from workbench.mappings import MAPPINGS, SCALE, Mapping, to_network
from workbench.scenes import require_scene


@dataclass(frozen=True)
class Samples:
    """Patches of one kind, on the CPU.

    Parameters
    ----------
    condition : Tensor
        Float32, shape (sample, channel, N, N) on the network's grid.
    target : Tensor
        Float32 mapped and scaled truth in [-1, 1], shape (sample, mapped channel, N, N).
    reference : Tensor
        Complex64 truth, shape (sample, y, x).
    """

    condition: torch.Tensor
    target: torch.Tensor
    reference: torch.Tensor

    def __len__(self) -> int:
        return len(self.condition)

    def batch(self, which: torch.Tensor | slice) -> dict[str, torch.Tensor]:
        """Return the chosen samples as the dict that a system's ``forward`` takes."""
        return {
            "condition": self.condition[which],
            "target": self.target[which],
            "reference": self.reference[which],
        }


@dataclass(frozen=True)
class Patches:
    """What a training learns from, what it is judged on.

    Parameters
    ----------
    training, heldout : Samples
        Never the same patches.
    mapping : str
        Name of the mapping of the targets.
    scale : float
        Mapped value that the network calls 1.
    clipped_share : float
        Share of the training targets' values that the scale clipped, 0 to 1.
    """

    training: Samples
    heldout: Samples
    mapping: str
    scale: float
    clipped_share: float


def make_patches(
    scene_train: xr.Dataset, scene_heldout: xr.Dataset, mapping: str, scale: float = SCALE
) -> Patches:
    """Map two scenes of the same kind to patches.

    Targets are encoded with ``edge="drop"``, as a generator's outputs are read. Conditions are repeated where
    the mapping doubles the grid.

    Parameters
    ----------
    scene_train, scene_heldout : Dataset
        ``slc`` (sample, y, x) complex and ``condition`` (sample, channel, y, x) real.
    mapping : str
        A name in ``MAPPINGS``.
    scale : float
        Mapped value that becomes 1; the same for all images.

    Returns
    -------
    Patches
        Tensors on the CPU.

    Raises
    ------
    ValueError
        If a variable or dimension is missing, a value is not finite, ``slc`` is not complex, or the scenes
        differ in size or channels.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> def scene(count):
    ...     slc = rng.normal(size=(count, 4, 4)) + 1j * rng.normal(size=(count, 4, 4))
    ...     condition = rng.normal(size=(count, 3, 4, 4))
    ...     return xr.Dataset({"slc": (("sample", "y", "x"), slc),
    ...                        "condition": (("sample", "channel", "y", "x"), condition)})
    >>> patches = make_patches(scene(5), scene(2), "nyquist")
    >>> patches.training.target.shape, patches.heldout.condition.shape
    (torch.Size([5, 1, 8, 8]), torch.Size([2, 3, 8, 8]))
    """
    method = MAPPINGS[mapping]
    training, clipped = _samples(scene_train, "the training scene", method, scale)
    heldout, _ = _samples(scene_heldout, "the held-out scene", method, scale)
    for name in ("condition", "target"):
        a, b = getattr(training, name).shape[1:], getattr(heldout, name).shape[1:]
        if a != b:
            raise ValueError(
                f"training and held-out {name}s must agree in channels, size; found {tuple(a)}, {tuple(b)}"
            )
    return Patches(training, heldout, mapping, float(scale), clipped)


def _samples(scene: xr.Dataset, what: str, method: Mapping, scale: float) -> tuple[Samples, float]:
    scene = require_scene(scene, what)
    if "condition" not in scene:
        found = ", ".join(map(str, scene.data_vars))
        raise ValueError(f"{what}: needs a variable 'condition' beside 'slc'; found the variables: {found}")
    if "sample" not in scene["slc"].dims:
        raise ValueError(
            f"{what}: slc has the dimensions {scene['slc'].dims}; ('sample', 'y', 'x') are needed"
        )
    reference = torch.from_numpy(scene["slc"].values.copy())
    target, clipped = to_network(method.encode(reference, edge="drop"), scale)
    grid = torch.from_numpy(scene["condition"].values.copy())
    grid = grid.repeat_interleave(method.factor, dim=-2).repeat_interleave(method.factor, dim=-1)
    return Samples(grid.contiguous(), target.contiguous(), reference), float(clipped)
