"""Scenes as the tensors that a network is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from workbench.mappings import MAPPINGS, SCALE, to_network


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
    if mapping not in MAPPINGS:
        raise ValueError(f"unknown mapping {mapping!r}; there are {', '.join(MAPPINGS)}")
    training, clipped = _samples(scene_train, "training scene", mapping, scale)
    heldout, _ = _samples(scene_heldout, "held-out scene", mapping, scale)
    for name in ("condition", "target"):
        a, b = getattr(training, name).shape[1:], getattr(heldout, name).shape[1:]
        if a != b:
            raise ValueError(
                f"training and held-out {name}s must agree in channels, size; found {tuple(a)}, {tuple(b)}"
            )
    return Patches(training, heldout, mapping, float(scale), clipped)


def _samples(scene: xr.Dataset, name: str, mapping: str, scale: float) -> tuple[Samples, float]:
    slc = _values(scene, name, "slc", ("sample", "y", "x"))
    condition = _values(scene, name, "condition", ("sample", "channel", "y", "x"))
    if not np.iscomplexobj(slc):
        raise ValueError(f"the {name}'s slc must be complex; found {slc.dtype}")
    if np.iscomplexobj(condition):
        raise ValueError(f"the {name}'s condition must be real; found {condition.dtype}")
    reference = torch.from_numpy(slc.astype(np.complex64))
    method = MAPPINGS[mapping]
    target, clipped = to_network(method.encode(reference, edge="drop"), scale)
    grid = torch.from_numpy(condition.astype(np.float32))
    grid = grid.repeat_interleave(method.factor, dim=-2).repeat_interleave(method.factor, dim=-1)
    return Samples(grid.contiguous(), target.contiguous(), reference), float(clipped)


def _values(scene: xr.Dataset, name: str, variable: str, dims: tuple[str, ...]) -> np.ndarray:
    if variable not in scene:
        found = ", ".join(map(str, scene.data_vars)) or "nothing"
        raise ValueError(f"the {name} needs a variable {variable!r} {dims}; found {found}")
    array = scene[variable]
    if set(array.dims) != set(dims):
        raise ValueError(f"{variable} of the {name} needs the dimensions {dims}; found {array.dims}")
    values: np.ndarray = array.transpose(*dims).values
    if values.size == 0:
        raise ValueError(f"{variable} of the {name} is empty: shape {values.shape}")
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(
            f"{variable} of the {name} has {bad} values that are not finite; fill or drop them first"
        )
    return values
